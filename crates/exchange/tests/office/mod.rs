//! Workbooks and documents, made for tests.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A packed document of named parts.
pub fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A workbook of one sheet, whose rows are texts.
pub fn xlsx(rows: &[Vec<String>]) -> Vec<u8> {
    let rows: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(at, cells)| {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| {
                    format!(
                        "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                        escaped(cell)
                    )
                })
                .collect();
            format!("<row r=\"{}\">{}</row>", at + 1, cells.concat())
        })
        .collect();
    workbook(&rows.concat())
}

/// A workbook of one sheet with these rows.
pub fn workbook(rows: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let related = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
         Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let root = related
        .replace("/worksheet\"", "/officeDocument\"")
        .replace("worksheets/sheet1.xml", "xl/workbook.xml");
    packed(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", related.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A cell of a document's table: lines become paragraphs.
pub fn cell(text: &str, properties: &str) -> String {
    let paragraphs: Vec<String> = text
        .lines()
        .map(|line| format!("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>{line}</w:t></w:r><w:del><w:r><w:t>struck out</w:t></w:r></w:del></w:p>"))
        .collect();
    format!(
        "<w:tc><w:tcPr>{properties}</w:tcPr>{}</w:tc>",
        paragraphs.concat()
    )
}

/// A document with one table of these rows.
pub fn docx(rows: &[String]) -> Vec<u8> {
    let rows: Vec<String> = rows
        .iter()
        .map(|cells| format!("<w:tr>{cells}</w:tr>"))
        .collect();
    document(&format!("<w:tbl>{}</w:tbl>", rows.concat()))
}

/// A document with this body.
pub fn document(body: &str) -> Vec<u8> {
    let xml = format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    packed(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", xml.as_bytes()),
    ])
}
