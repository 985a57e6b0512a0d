//! Files that mean harm: each gets a clear verdict, within bounds of time and memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod office;

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rapporteur_exchange::read::{Format, Limits, Options, read, read_all};
use rapporteur_exchange::row::{Damage, Facts};

/// Generous: a slow machine with other work.
const LONGEST: Duration = Duration::from_secs(120);

/// Reads, and says what was said first: of the file, or of a row.
fn verdict(bytes: &[u8], name: &str) -> String {
    let begun = Instant::now();
    let said = match read_all(bytes, name, &Options::default()) {
        Err(damage) => damage.to_string(),
        Ok((_, refused, _)) => refused.first().map(ToString::to_string).unwrap_or_default(),
    };
    assert!(
        begun.elapsed() < LONGEST,
        "{name} took {:?}",
        begun.elapsed()
    );
    said
}

fn assert_said(bytes: &[u8], name: &str, wanted: &str) {
    let said = verdict(bytes, name);
    assert!(
        said.contains(wanted),
        "{name}: {said:?} does not say {wanted:?}"
    );
}

/// A file of a pattern that is repeated, without being in memory.
struct Endless {
    pattern: &'static [u8],
    at: u64,
    length: u64,
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let count = to.len().min(left);
        for byte in &mut to[..count] {
            *byte = self.pattern[(self.at % self.pattern.len() as u64) as usize];
            self.at += 1;
        }
        Ok(count)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

fn endless(pattern: &'static [u8], name: &str) -> Result<(Facts, u64), Damage> {
    let source = Endless {
        pattern,
        at: 0,
        length: 12 << 20,
    };
    let mut rows = 0;
    let begun = Instant::now();
    let facts = read(source, name, &Options::default(), &mut |_| {
        rows += 1;
        ControlFlow::Continue(())
    });
    assert!(
        begun.elapsed() < LONGEST,
        "{name} took {:?}",
        begun.elapsed()
    );
    facts.map(|facts| (facts, rows))
}

#[test]
fn lines_and_cells_without_an_end() {
    for (pattern, name) in [
        (&b"a"[..], "x.ics"),
        (b"\"a\n", "x.csv"),
        (b"\"", "x.csv"),
        (b"a,", "x.csv"),
    ] {
        let damage = endless(pattern, name).unwrap_err().to_string();
        assert!(
            damage.contains("longer than") || damage.contains("more than"),
            "{name}: {damage}"
        );
    }
    // A line that is too long is passed over, and the rest is read.
    let (facts, _) = endless(b"a", "x.ndjson").unwrap();
    assert_eq!(facts.refused, 1);
    let mut many = "BEGIN:VCALENDAR\nBEGIN:VEVENT\n".to_owned();
    (0..2_000).for_each(|at| many += &format!("X-{at}:1\n"));
    assert_said(many.as_bytes(), "x.ics", "1000 properties");
    let long = format!("a,b\n{},2\n3,4\n", "x".repeat((1 << 20) + 1));
    let (rows, refused, _) = read_all(long.as_bytes(), "x.csv", &Options::default()).unwrap();
    assert_eq!((rows.len(), refused.len()), (1, 1));
    assert_eq!(
        refused[0].to_string(),
        "line 2, a: has 1048577 bytes; at most 1048576 are read"
    );
}

#[test]
fn more_rows_than_there_may_be() {
    let options = Options {
        limits: Limits {
            rows: 1_000,
            ..Limits::default()
        },
        ..Options::default()
    };
    for (text, name) in [
        ("a,b\n".to_owned() + &"1,2\n".repeat(2_000), "x.csv"),
        ("a,b\n".to_owned() + &",\n".repeat(2_000), "x.csv"),
        ("a,b\n".to_owned() + &"1\n".repeat(2_000), "x.csv"),
        ("{\"a\":1}\n".repeat(2_000), "x.jsonl"),
        (format!("[{}1]", "1,".repeat(2_000)), "x.json"),
        (
            format!(
                "BEGIN:VCALENDAR\n{}",
                "BEGIN:VEVENT\nUID:1\nEND:VEVENT\n".repeat(2_000)
            ),
            "x.ics",
        ),
    ] {
        let damage = read_all(text.as_bytes(), name, &options).unwrap_err();
        assert!(
            damage.to_string().contains("more than 1000 rows"),
            "{name}: {damage}"
        );
    }
}

#[test]
fn json_of_millions_of_items_and_rows_without_an_end() {
    // Two bytes an item: none of them is kept.
    let many = format!("[{}1]", "1,".repeat(4_000_000));
    let begun = Instant::now();
    let damage = read_all(
        many.as_bytes(),
        "x.json",
        &Options {
            limits: Limits {
                rows: 100_000,
                ..Limits::default()
            },
            ..Options::default()
        },
    );
    assert!(
        damage
            .unwrap_err()
            .to_string()
            .contains("more than 100000 rows")
    );
    assert!(begun.elapsed() < LONGEST);
    let long = format!("[{{\"a\":[{}1]}},\n{{\"a\":2}}]", "1,".repeat(3 << 20));
    let (rows, refused, _) = read_all(long.as_bytes(), "x.json", &Options::default()).unwrap();
    assert_eq!(
        (rows.len(), refused[0].to_string().as_str()),
        (1, "$[0] (line 1): is longer than 4194304 bytes")
    );
}

/// Most memory that this process has had, in MiB: all hostile files of this file together, and the tests that hold them.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_within_bounds() {
    let huge = "<w:tbl><w:tr><w:tc>".to_owned()
        + &"<w:p><w:r><w:t>xxxxxxxxxxx</w:t></w:r></w:p>".repeat(500_000);
    assert_said(&office::document(&huge), "x.docx", "longer than");
    let rows = "<row><c t=\"inlineStr\"><is><t>a</t></is></c></row>".repeat(200_000);
    let (read, ..) = read_all(&office::workbook(&rows), "x.xlsx", &Options::default()).unwrap();
    assert_eq!(read.len(), 199_999);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches("kB").trim().parse().unwrap();
    assert!(peak < 1_500_000, "{peak} kB");
}

#[test]
fn deep_nesting() {
    let deep = 200_000;
    assert_said(
        "[".repeat(deep).as_bytes(),
        "x.json",
        "nested deeper than 64",
    );
    assert_said(
        "{\"a\":".repeat(deep).as_bytes(),
        "x.jsonl",
        "nested deeper than 64",
    );
    assert_said(
        format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(deep)).as_bytes(),
        "x.ics",
        "nested deeper than 64",
    );
    let tables = "<w:tbl><w:tr><w:tc>".repeat(deep);
    assert_said(
        &office::document(&tables),
        "x.docx",
        "nested deeper than 64",
    );
}

#[test]
fn bombs_entities_and_names_that_lead_out() {
    let zeros = vec![b' '; 64 << 20];
    let bomb = office::packed(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", &zeros),
    ]);
    assert!(bomb.len() < 1 << 20);
    assert_said(&bomb, "x.docx", "unpacks to more than");
    let bomb = office::packed(&[("xl/workbook.xml", &zeros)]);
    assert_said(&bomb, "x.xlsx", "unpacks to more than");
    let entities = b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>";
    assert_said(
        &office::packed(&[("word/document.xml", entities)]),
        "x.docx",
        "declares XML entities",
    );
    assert_said(
        &office::packed(&[("xl/workbook.xml", entities)]),
        "x.xlsx",
        "declares XML entities",
    );
    let unknown = office::document(
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
    );
    assert_said(&unknown, "x.docx", "entity that nobody defines");
    for name in [
        "../../etc/passwd",
        "/etc/passwd/abcdef",
        "a\\..\\b\\c\\d\\e\\f\\",
    ] {
        // Whoever writes archives for us would mend the name.
        let mut bytes = office::packed(&[(&"x".repeat(name.len()), b"y")]);
        let plain = "x".repeat(name.len()).into_bytes();
        for at in 0..bytes.len() - name.len() {
            if bytes[at..].starts_with(&plain) {
                bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
            }
        }
        assert_said(&bytes, "x.docx", "leads out of the document");
    }
    let many: Vec<(String, Vec<u8>)> = (0..10_001)
        .map(|at| (format!("p{at}"), Vec::new()))
        .collect();
    let many: Vec<(&str, &[u8])> = many
        .iter()
        .map(|(name, bytes)| (name.as_str(), &bytes[..]))
        .collect();
    assert_said(&office::packed(&many), "x.xlsx", "10001 parts");
    // Headers that lie about their size.
    let mut lying = office::docx(&[office::cell("a", "") + &office::cell("b", "")]);
    for at in 0..lying.len().saturating_sub(4) {
        if lying[at..].starts_with(b"PK\x01\x02") {
            lying[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
        }
    }
    verdict(&lying, "x.docx");
}

#[test]
fn workbooks_that_claim_to_be_huge() {
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a</t></is></c><c r=\"XFD1\" t=\"inlineStr\"><is><t>b</t></is></c></row>";
    assert_said(&office::workbook(cells), "x.xlsx", "names columns too far");
    let back = "<row r=\"5\"><c r=\"A5\" t=\"str\"><v>a</v></c></row><row r=\"2\"><c r=\"A2\" t=\"str\"><v>b</v></c></row>";
    assert_said(&office::workbook(back), "x.xlsx", "comes after a later row");
    let far = "<row r=\"4294967295\"><c r=\"ZZZZZZZ4294967295\" t=\"str\"><v>a</v></c></row>";
    verdict(&office::workbook(far), "x.xlsx");
    let shared = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>4000000000</v></c></row>";
    verdict(&office::workbook(shared), "x.xlsx");
    let formula = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c></row><row r=\"2\"><c r=\"A2\" t=\"str\"><f>cmd|' /C calc'!A0</f><v>=1+1</v></c></row>";
    let (rows, ..) = read_all(&office::workbook(formula), "x.xlsx", &Options::default()).unwrap();
    // A text that looks like a formula is a text.
    assert_eq!(rows[0].get("a").unwrap(), "=1+1");
    let spans = office::cell("a", "<w:gridSpan w:val=\"4294967295\"/>").repeat(100);
    assert_said(
        &office::docx(&[spans]),
        "x.docx",
        "has more than 4096 cells",
    );
}

#[test]
fn nuls_broken_utf8_and_carriage_returns() {
    assert_said(b"a,b\n1,x\0y\n", "x.csv", "line 2, b: holds a NUL");
    assert_said(
        b"{\"a\":\"x\\u0000\"}\n",
        "x.jsonl",
        "line 1, a: holds a NUL",
    );
    let mut broken = "a,b\né é é é é é é é,1\n".as_bytes().to_vec();
    broken.extend(b"\xFF,2\n");
    assert_said(
        &broken,
        "x.csv",
        "line 3, a: holds bytes that are not UTF-8",
    );
    assert_said(
        b"{\"a\":\"\xFF\"}\n",
        "x.jsonl",
        "line 1, a: holds bytes that are not UTF-8",
    );
    // A value cannot smuggle a property in: a line ends where it ends, and an escape is a line feed.
    let text = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:a\\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let (rows, ..) = read_all(text, "x.ics", &Options::default()).unwrap();
    assert_eq!(rows[0].get("SUMMARY").unwrap(), "a\nSTATUS:CANCELLED");
    assert!(rows[0].get("STATUS").is_none());
}

#[test]
fn what_is_not_what_it_says() {
    for format in Format::ALL {
        let name = format!("x.{}", format.word());
        assert!(
            !verdict(b"", &name).is_empty() || format == Format::Ndjson,
            "{name}"
        );
        verdict(b"\xFE\xFF", &name);
        verdict(&[0; 1_000], &name);
    }
    assert_said(b"a", "x.docx", "is not a document that can be unpacked");
    assert_said(
        b"PK\x03\x04",
        "x.xlsx",
        "is not a document that can be unpacked",
    );
    assert_said(
        &office::docx(&["".to_owned()]),
        "x.xlsx",
        "is not a workbook",
    );
    assert_said(&office::workbook(""), "x.docx", "has no word/document.xml");
    assert_said(
        b"\x7FELF\0\0",
        "program",
        "is of no format that is read here",
    );
    let options = Options {
        encoding: Some("klingon".to_owned()),
        ..Options::default()
    };
    let damage = read_all(b"a", "x.csv", &options).unwrap_err().to_string();
    assert!(
        damage.contains("\"klingon\" is not an encoding"),
        "{damage}"
    );
    let mut cursor = Cursor::new(b"a,b\n1,2\n3,4\n");
    let facts = read(&mut cursor, "x.csv", &Options::default(), &mut |_| {
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(facts.rows, 1);
}
