//! `export`: the record, or a part of it, in the formats of others, page by page.

mod akoma;
mod begun;
mod form;
mod lines;
mod moves;
mod sink;
mod source;
mod tables;

use std::collections::BTreeMap;
use std::io::Write;

use rapporteur_exchange::write::{About, Document, Shape, markdown::Markdown};
use rapporteur_proto::events::v1::Event;
use rapporteur_views::calendar::Calendar;

use crate::cell::{self, Look, Names};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::{self, Noun};
use crate::output::{self, Format};
use crate::record::AsOf;
use form::{Form, chosen, heading};
pub(crate) use sink::Sink;
pub(crate) use source::Source;

/// Most events of one calendar, as of those that the gateway serves.
const CALENDAR: usize = 50_000;

/// What to export, and as what.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Kinds of records (events, recommendations, plan-nodes, ...), or everything that the format has a place for
    #[arg(value_name = "KIND", default_value = "everything")]
    what: Vec<String>,
    /// The format
    #[arg(short, long = "format", value_enum, default_value_t = Form::Ndjson)]
    form: Form,
    /// The file to write, or - for stdout; with akoma-ntoso and several instruments, a folder
    #[arg(short = 'o', long = "out", value_name = "FILE", default_value = "-")]
    out: String,
    // Takes the place of the global -o here, which is the file; clap shares the value by this id.
    #[arg(id = "output", long = "answer", value_enum, default_value_t = Format::Table, hide = true)]
    _format: Format,
    /// Only records that the list of this kind gives with FIELD=VALUE, a field of its request in the API
    /// (states=held,closed, from=2024-01-01, addressee=parties/pt); repeatable, of one kind
    #[arg(long = "where", value_name = "FIELD=VALUE")]
    filters: Vec<String>,
    /// What stands before names to make addresses of them; the gateway's web when not given
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    #[command(flatten)]
    when: AsOf,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let everything = ask.what.iter().any(|what| what == "everything");
    let nouns = chosen(&ask.what, ask.form)?;
    if nouns.len() > 1 && !ask.filters.is_empty() {
        return Err(Failure::usage(
            "--where is of the list of one kind; name that kind",
        ));
    }
    if ask.form == Form::Csv && nouns.len() > 1 {
        return Err(Failure::usage(
            "a CSV is one table: name one kind, or write a workbook with --format xlsx",
        ));
    }
    let to = ctx.connect()?;
    let source = Source {
        to: &to,
        dialogue: ctx.global.dialogue.clone(),
        as_of: ask.when.as_of,
        filters: ask.filters.clone(),
        own_only: everything,
    };
    let raw = ctx.global.raw;
    let look = Look {
        names: Names::Full,
        language: ctx.global.lang.as_deref(),
    };
    let about = match ask.form {
        Form::Ndjson | Form::Csv | Form::Xlsx | Form::Ics => About::default(),
        _ => About {
            base: match &ask.base {
                Some(base) => base.clone(),
                None => format!("{}/v1/", ctx.gateway()?.trim_end_matches('/')),
            },
            language: ctx.global.lang.clone(),
            titles: titles(&source, look).await?,
        },
    };
    let columns = ctx.global.columns.clone();
    let terminal = ctx.around.out_is_terminal && !raw;
    if ask.form == Form::AkomaNtoso && Sink::is_folder(&ask.out) {
        let files = akoma::folder(&source, &about, &ask.out).await?;
        return ctx.say(format_args!("{files} texts written"));
    }
    let mut sink = Sink::new(&ask.out, ctx.out, terminal)?;
    let tally = match ask.form {
        Form::Ndjson => lines::write(&source, &nouns, &mut sink).await?,
        Form::Csv => tables::csv(&source, nouns[0], &columns, look, raw, &mut sink).await?,
        Form::Xlsx => tables::xlsx(&source, &nouns, &columns, look, raw, &mut sink).await?,
        Form::Ics => calendar(&source, look.language, &mut sink).await?,
        Form::Markdown => markdown(&source, &nouns, about, &mut sink).await?,
        Form::AkomaNtoso => akoma::single(&source, &about, &mut sink).await?,
        form => match form.shape() {
            Some(shape) => document(&source, &nouns, shape, about, &mut sink).await?,
            None => Tally::default(),
        },
    };
    sink.finish()?;
    for line in tally.words() {
        ctx.say(line)?;
    }
    Ok(())
}

/// What was written.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// How many, by kind, in the order of the record.
    written: Vec<(String, u64)>,
    /// How many have no place in the format.
    left_out: u64,
    /// What else a reader should know.
    notes: Vec<String>,
}

impl Tally {
    fn count(&mut self, kind: &str) {
        match self.written.last_mut() {
            Some((last, count)) if last == kind => *count += 1,
            _ => self.written.push((kind.to_owned(), 1)),
        }
    }

    fn words(&self) -> Vec<String> {
        let parts: Vec<String> = self
            .written
            .iter()
            .map(|(kind, count)| format!("{count} {}", kind.replace('_', " ")))
            .collect();
        let mut words = vec![match parts.as_slice() {
            [] => "nothing to write".to_owned(),
            parts => format!("written: {}", parts.join(", ")),
        }];
        if self.left_out > 0 {
            words.push(format!(
                "{} records have no place in this format and are left out",
                self.left_out
            ));
        }
        words.extend(self.notes.iter().cloned());
        words
    }
}

/// What people call parties and dialogues.
async fn titles(source: &Source<'_>, look: Look<'_>) -> Result<BTreeMap<String, String>> {
    let mut titles = BTreeMap::new();
    for noun in [&crate::party::NOUN, &crate::dialogue::NOUN] {
        let mut walk = source.all(noun)?;
        while let Some(page) = walk.next(crate::record::PAGE).await? {
            for record in page {
                let title = cell::at(&record, "title", look).map_err(Failure::Usage)?;
                titles.insert(noun::text(&record, "name"), title);
            }
        }
    }
    titles.retain(|_, title| !title.is_empty());
    Ok(titles)
}

async fn document(
    source: &Source<'_>,
    nouns: &[&'static Noun],
    shape: Shape,
    about: About,
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut document = Document::new(shape, about);
    for noun in nouns {
        let mut walk = source.walk(noun)?;
        while let Some(page) = walk.next(crate::record::PAGE).await? {
            for record in page {
                if !source.holds(noun, &noun::text(&record, "name")) {
                    continue;
                }
                let record = output::steady(&record)?;
                if document.add(noun.kind, &record).map_err(Failure::Io)? {
                    tally.count(noun.kind);
                } else {
                    tally.left_out += 1;
                }
            }
        }
    }
    document.finish(sink).map_err(Failure::Io)?;
    Ok(tally)
}

async fn markdown(
    source: &Source<'_>,
    nouns: &[&'static Noun],
    about: About,
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let title = match &source.dialogue {
        Some(dialogue) => {
            let name = crate::name::expand(crate::name::DIALOGUE, dialogue, None)?;
            about.title(&name).to_owned()
        }
        None => "The record".to_owned(),
    };
    let mut notes = Markdown::new(sink, &title, about).map_err(Failure::Io)?;
    for noun in nouns {
        let mut walk = source.walk(noun)?;
        while let Some(page) = walk.next(crate::record::PAGE).await? {
            for record in page {
                if !source.holds(noun, &noun::text(&record, "name")) {
                    continue;
                }
                let record = output::steady(&record)?;
                notes
                    .record(&heading(noun.kind), &record)
                    .map_err(Failure::Io)?;
                tally.count(noun.kind);
            }
        }
    }
    notes.finish().map_err(Failure::Io)?;
    Ok(tally)
}

/// A calendar is small, and what it is part of may come later: it is put together in memory.
async fn calendar(
    source: &Source<'_>,
    language: Option<&str>,
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut events: Vec<Event> = Vec::new();
    let mut walk = source.walk(&crate::event::NOUN)?;
    while let Some(page) = walk.next(crate::record::PAGE).await? {
        for record in page {
            let event = record
                .transcode_to()
                .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))?;
            events.push(event);
        }
        if events.len() > CALENDAR {
            return Err(Failure::usage(format!(
                "a calendar holds at most {CALENDAR} events; choose fewer with --dialogue or --where"
            )));
        }
    }
    let has_day = |event: &&Event| {
        event
            .start
            .as_ref()
            .is_some_and(|day| !day.value.is_empty())
    };
    for event in &events {
        if rapporteur_views::calendar::is_announced(event) && has_day(&event) {
            tally.count("event");
        } else {
            tally.left_out += 1;
        }
    }
    let calendar = Calendar {
        title: source.dialogue.clone().unwrap_or("rapporteur".to_owned()),
        language: language.map(str::to_owned),
        events: events.iter().collect(),
        ..Calendar::default()
    };
    sink.write_all(calendar.write().as_bytes())
        .map_err(Failure::Io)?;
    Ok(tally)
}
