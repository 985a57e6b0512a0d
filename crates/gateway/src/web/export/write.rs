//! Records to bytes, page by page.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use prost_reflect::{DynamicMessage, MessageDescriptor};
use rapporteur_exchange::write::cell::{self, Look, Names};
use rapporteur_exchange::write::markdown::Markdown;
use rapporteur_exchange::write::table::{Csv, Xlsx};
use rapporteur_exchange::write::{About, Document, heading, steady};
use rapporteur_records::{Error, Result};
use tokio::sync::mpsc;

use super::form::Form;
use super::query::Query;

/// What is written, and how.
#[derive(Debug)]
pub(super) struct Sheet {
    form: Form,
    kind: String,
    columns: Vec<String>,
    language: Option<String>,
    about: About,
    title: String,
}

impl Sheet {
    /// Of records of this kind; a column that it does not have is an error.
    pub(super) fn new(
        query: &Query,
        kind: &str,
        message: MessageDescriptor,
        about: About,
    ) -> Result<Self> {
        let columns = if query.columns.is_empty() {
            message
                .fields()
                .map(|field| field.name().to_owned())
                .collect()
        } else {
            query.columns.clone()
        };
        let sheet = Self {
            form: query.form,
            kind: kind.to_owned(),
            columns,
            language: query.language.clone(),
            about,
            title: "The record".to_owned(),
        };
        let wrong = |why| Error::invalid("columns", why);
        sheet.row(&DynamicMessage::new(message)).map_err(wrong)?;
        Ok(sheet)
    }

    /// The same, called by the dialogue in which the records are, where it is one.
    pub(super) fn of(mut self, parent: &str) -> Self {
        let dialogue = parent.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        if dialogue.starts_with("dialogues/") && dialogue != "dialogues/-" {
            self.title = self.about.title(&dialogue).to_owned();
        }
        self
    }

    fn row(&self, record: &DynamicMessage) -> std::result::Result<Vec<String>, String> {
        let look = Look {
            names: Names::Full,
            language: self.language.as_deref(),
        };
        let cells = self
            .columns
            .iter()
            .map(|column| cell::at(record, column, look));
        cells.collect()
    }

    /// Writes all pages that come into a file that has no name.
    pub(super) fn write(self, mut pages: mpsc::Receiver<Vec<DynamicMessage>>) -> io::Result<File> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let mut records = std::iter::from_fn(|| pages.blocking_recv()).flatten();
        match self.form {
            Form::Csv => {
                let mut table = Csv::new(&mut file, &self.columns, false)?;
                records.try_for_each(|record| {
                    table.row(&self.row(&record).map_err(io::Error::other)?)
                })?;
                table.finish()?;
            }
            Form::Xlsx => {
                let mut book = Xlsx::new(false);
                book.sheet(&heading(&self.kind), &self.columns, &[])?;
                records.try_for_each(|record| {
                    book.row(&self.row(&record).map_err(io::Error::other)?)
                })?;
                book.finish(&mut file)?;
            }
            Form::Markdown => {
                let plural = heading(&self.kind);
                let mut notes = Markdown::new(&mut file, &self.title, self.about)?;
                records.try_for_each(|record| notes.record(&plural, &steady(&record)?))?;
                notes.finish()?;
            }
            form => {
                let shape = form
                    .shape()
                    .ok_or_else(|| io::Error::other("is no document"))?;
                let mut document = Document::new(shape, self.about);
                records.try_for_each(|record| {
                    document.add(&self.kind, &steady(&record)?).map(|_| ())
                })?;
                document.finish(&mut file)?;
            }
        }
        file.flush()?;
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }
}
