//! `bundle export`.

use prost_reflect::{DynamicMessage, Value};
use rapporteur_exchange::write::table::{Csv, Xlsx};
use rapporteur_proto::recommendations::v1::Addressee;
use uuid::Uuid;

use super::sheet::{COLUMNS, Known, Seal};
use crate::cell::{self, Look, Names};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::export::{Sink, Source};
use crate::noun::text;
use crate::record::{PAGE, get};
use crate::{language, name};

/// For whom, and where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// The party that the bundle is for
    #[arg(long)]
    party: String,
    /// The file to write: FILE.xlsx or FILE.csv
    #[arg(long, value_name = "FILE")]
    to: String,
}

pub(super) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let is_book = match ask
        .to
        .rsplit_once('.')
        .map(|(_, end)| end.to_ascii_lowercase())
    {
        Some(end) if end == "xlsx" => true,
        Some(end) if end == "csv" => false,
        _ => return Err(Failure::usage("--to must end with .xlsx or .csv")),
    };
    let party = name::expand(name::PARTY, &ask.party, None)?;
    let to = ctx.connect()?;
    // There is a party of this name, and its bundle says how it is called.
    let record = get(&to, &crate::party::NOUN, &party, None).await?;
    let look = Look {
        names: Names::Full,
        language: ctx.global.lang.as_deref(),
    };
    let at =
        |record: &DynamicMessage, path: &str| cell::at(record, path, look).map_err(Failure::Usage);
    let title = at(&record, "title")?;
    let source = Source {
        to: &to,
        dialogue: ctx.global.dialogue.clone(),
        as_of: None,
        filters: vec![format!("party={party}")],
        own_only: false,
    };
    let mut seal = Seal {
        party,
        language: ctx.global.lang.clone().unwrap_or_else(|| "en".to_owned()),
        bundle: Uuid::now_v7().to_string(),
        rows: 0,
    };
    let mut nowhere = std::io::sink();
    let mut table = Table::new(is_book, Sink::new(&ask.to, &mut nowhere, false)?)?;
    let mut checks = Vec::new();
    let mut walk = source.walk(&crate::addressee::NOUN)?;
    while let Some(page) = walk.next(PAGE).await? {
        for record in page {
            let addressee: Addressee = record
                .transcode_to()
                .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))?;
            // An addressee stands below what it was asked.
            let about = name::split(&addressee.name).0.to_owned();
            let asked = get(&to, &crate::recommendation::NOUN, &about, None).await?;
            let known = known(&record, &addressee)?;
            let check = known.check(&seal.bundle);
            let label = match at(&asked, "citation")? {
                citation if citation.is_empty() => name::short(&about),
                citation => citation,
            };
            let words = asked
                .get_field_by_name("text")
                .as_deref()
                .and_then(Value::as_message)
                .and_then(|text| text.transcode_to().ok());
            let answered = match known.word.as_str() {
                "" => known.answer.clone(),
                word => format!("{} ({word})", known.answer),
            };
            table.row(&[
                label,
                language::words(&words, look.language),
                at(&record, "addressed")?,
                at(&record, "next_due")?,
                answered,
                silent(at(&record, "implementation")?),
                known.answer.clone(),
                known.word.clone(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                known.key,
                known.version,
                known.answer,
                known.word,
                check.clone(),
            ])?;
            checks.push(check);
        }
    }
    seal.rows = checks.len();
    let known = seal.known();
    let mut last = vec![String::new(); COLUMNS.len()];
    title.clone_into(&mut last[0]);
    last[1] = "Fill in the columns from \"answer\" on. Leave this row and the hidden columns as they are.".to_owned();
    let hidden = COLUMNS.len() - 5;
    let check = seal.check(&checks);
    for (place, value) in [known.key, known.version, known.answer, known.word, check]
        .into_iter()
        .enumerate()
    {
        last[hidden + place] = value;
    }
    table.row(&last)?;
    table.finish()?;
    ctx.say(format_args!(
        "{} recommendations to {title} written to {}",
        seal.rows, ask.to
    ))
}

/// What a row says of the record as it is now.
pub(super) fn known(record: &DynamicMessage, addressee: &Addressee) -> Result<Known> {
    let answer = cell::at(record, "response", Look::PLAIN).map_err(Failure::Usage)?;
    let last = addressee.entries.iter().rfind(|entry| entry.response != 0);
    Ok(Known {
        key: addressee.name.clone(),
        version: text(record, "etag"),
        answer: silent(answer),
        word: last.map(|entry| entry.word.clone()).unwrap_or_default(),
    })
}

/// Silence is an empty cell.
fn silent(word: String) -> String {
    if word == "none" { String::new() } else { word }
}

/// A workbook or a CSV.
enum Table<'o> {
    Book(Box<Xlsx>, Sink<'o>),
    Csv(Box<Csv<Sink<'o>>>),
}

impl<'o> Table<'o> {
    fn new(is_book: bool, sink: Sink<'o>) -> Result<Self> {
        let columns: Vec<String> = COLUMNS.iter().map(|it| (*it).to_owned()).collect();
        if !is_book {
            let csv = Csv::new(sink, &columns, false).map_err(Failure::Io)?;
            return Ok(Self::Csv(Box::new(csv)));
        }
        let hidden: Vec<usize> = (0..COLUMNS.len())
            .filter(|at| COLUMNS[*at].starts_with('#'))
            .collect();
        let mut book = Xlsx::new(false);
        book.sheet("Bundle", &columns, &hidden)
            .map_err(Failure::Io)?;
        Ok(Self::Book(Box::new(book), sink))
    }

    fn row(&mut self, cells: &[String]) -> Result<()> {
        match self {
            Self::Book(book, _) => book.row(cells),
            Self::Csv(csv) => csv.row(cells),
        }
        .map_err(|e| Failure::other("UNWRITABLE", e.to_string()))
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Book(book, mut sink) => {
                book.finish(&mut sink).map_err(Failure::Io)?;
                sink.finish()
            }
            Self::Csv(csv) => csv.into_inner().map_err(Failure::Io)?.finish(),
        }
    }
}
