//! `import`: files of others made records, by a mapping; first looked at, then committed as it was seen.

mod look;
mod report;
mod write;

use bytes::Bytes;
use rapporteur_proto::gateway::v1::{
    GetImportRequest, Import, ImportRow, ImportSummary, ListImportRowsRequest,
    ListImportRowsResponse, ListImportsRequest,
};
use tonic::Streaming;

use crate::connect::{method, unreadable};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::{Noun, reflect};
use crate::{name, output, record, word};
use look::import;
use report::Report;
use write::{agreed, commit, undo};

pub(crate) const SERVICE: &str = "rapporteur.gateway.v1.ImportService";
const IMPORTS: &str = "imports/*";

const NOUN: Noun = Noun {
    kind: "import",
    message: "rapporteur.gateway.v1.Import",
    service: SERVICE,
    pattern: IMPORTS,
    columns: &[
        "name",
        "file.name",
        "mapping",
        "dialogue",
        "state",
        "summary.created",
        "summary.updated",
        "summary.unchanged",
        "summary.refused",
        "caller",
        "create_time",
    ],
};

/// What to import, or what to do with an import.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Ask {
    #[command(subcommand)]
    command: Option<Command>,
    /// A file: CSV, XLSX, NDJSON, JSON, iCalendar or a Word document with tables
    #[arg(required = true, value_name = "FILE")]
    file: Option<String>,
    /// How its columns become records: a mapping that ships (see `mapping list`), or a file with one
    #[arg(long, required = true, value_name = "NAME|FILE")]
    map: Option<String>,
    /// The dialogue into which it goes; --dialogue when not given
    #[arg(long, value_name = "DIALOGUE")]
    into: Option<String>,
    /// A value of a parameter of the mapping
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// The format, where neither name nor content tell it
    #[arg(long, value_parser = ["csv", "xlsx", "ndjson", "json", "ical", "docx"])]
    format: Option<String>,
    /// The encoding of a text, where it is not found out: windows-1252, macintosh, ...
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// What stands between cells, where it is not found out
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
    /// The sheet of a workbook; all visible ones when not given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The file is the whole of an outside calendar, called so here (an id): each event is told that was added, changed,
    /// moved or cancelled since the last time, or is not in it any more
    #[arg(long, value_name = "ID")]
    calendar: Option<String>,
    /// What to do with events that are not in the calendar any more and were still to come
    #[arg(long, requires = "calendar", value_parser = word::parser("rapporteur.gateway.v1.ImportVanished"))]
    vanished: Option<i32>,
    /// Look only: write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    how: How,
}

/// How to commit.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct How {
    /// Do not ask before it is written
    #[arg(long)]
    yes: bool,
    /// Import the other rows when some are refused
    #[arg(long)]
    continue_on_error: bool,
    /// Why, for the change log
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// Most rows to show in a table, those that are refused besides; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

/// Imports that were made
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List imports, the latest first
    List {
        /// Only into this dialogue
        #[arg(long, value_name = "DIALOGUE")]
        into: Option<String>,
        /// Most imports to show; 0 = all
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
    },
    /// Show an import
    Show {
        /// Its name, in full or short
        name: String,
    },
    /// List the rows of an import, each with what became of it
    Rows {
        /// Name of the import, in full or short
        name: String,
        /// Only these
        #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.ImportVerdict"))]
        verdict: Option<i32>,
        /// Most rows to show; 0 = all
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
    },
    /// Commit a preview, or go on with an import that was cut off
    Resume {
        /// Name of the import, in full or short
        name: String,
        #[command(flatten)]
        how: How,
    },
    /// Take an import back: old values again, what is new is cancelled, withdrawn or hidden
    Undo {
        /// Name of the import, in full or short
        name: String,
        /// Why, for the change log
        #[arg(long, value_name = "WORDS")]
        reason: Option<String>,
        /// Do not ask before it is done
        #[arg(long)]
        yes: bool,
    },
}

fn parameter(given: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = given
        .split_once('=')
        .ok_or("should be NAME=VALUE".to_owned())?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    match ask.command {
        Some(command) => made(ctx, command).await,
        None => import(ctx, ask).await,
    }
}

async fn made(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List { into, limit } => {
            let into = into.or_else(|| ctx.global.dialogue.clone());
            let request = ListImportsRequest {
                dialogue: name::expand_some(name::DIALOGUE, &into, None)?,
                ..ListImportsRequest::default()
            };
            let method = method(SERVICE, "ListImports")?;
            let (to, request) = (ctx.connect()?, reflect(&request)?);
            let found = record::pages(&to, &method, request, limit).await?;
            output::records(ctx, NOUN.columns, &found.records)?;
            found.finish(ctx)
        }
        Command::Show { name } => {
            let request = GetImportRequest {
                name: name::expand(IMPORTS, &name, None)?,
            };
            let found: Import = ctx.connect()?.ask(SERVICE, &request).await?;
            output::record(ctx, NOUN.columns, &reflect(&found)?)
        }
        Command::Rows {
            name,
            verdict,
            limit,
        } => rows(ctx, &name, verdict, limit).await,
        Command::Resume { name, how } => {
            let name = name::expand(IMPORTS, &name, None)?;
            let to = ctx.connect()?;
            let request = GetImportRequest { name };
            let import: Import = to.ask(SERVICE, &request).await?;
            let summary = import.summary.unwrap_or_default();
            ctx.say(format_args!("{}: {}", import.name, words(&summary)))?;
            commit(ctx, &to, import, Vec::new(), &how).await
        }
        Command::Undo { name, reason, yes } => {
            let name = name::expand(IMPORTS, &name, None)?;
            if !yes && !agreed(ctx, &format!("Take {name} back?"))? {
                return ctx.say("nothing was taken back");
            }
            undo(ctx, name, reason.unwrap_or_default()).await
        }
    }
}

async fn rows(ctx: &mut Context<'_>, name: &str, verdict: Option<i32>, limit: usize) -> Result<()> {
    let to = ctx.connect()?;
    let parent = name::expand(IMPORTS, name, None)?;
    let request = GetImportRequest {
        name: parent.clone(),
    };
    let import: Import = to.ask(SERVICE, &request).await?;
    let mut request = ListImportRowsRequest {
        parent,
        page_size: 500,
        verdict: verdict.unwrap_or_default(),
        ..ListImportRowsRequest::default()
    };
    let mut rows: Vec<ImportRow> = Vec::new();
    loop {
        let page: ListImportRowsResponse = to.ask(SERVICE, &request).await?;
        rows.extend(page.rows);
        request.page_token = page.next_page_token;
        let enough = limit != 0 && rows.len() >= limit;
        if request.page_token.is_empty() || enough {
            break;
        }
    }
    let more = !request.page_token.is_empty() || (limit != 0 && rows.len() > limit);
    if limit != 0 {
        rows.truncate(limit);
    }
    report::rows(ctx, &import, &rows)?;
    if more {
        ctx.say("There are more: --limit 0 shows all.")?;
    }
    Ok(())
}

async fn next<M: prost::Message + Default>(answers: &mut Streaming<Bytes>) -> Result<Option<M>> {
    let answer = answers.message().await?;
    answer
        .map(|bytes| M::decode(bytes).map_err(unreadable))
        .transpose()
}

fn cut_off() -> Failure {
    Failure::other("CUT_OFF", "the answer ended before the import did")
}

fn words(summary: &ImportSummary) -> String {
    Report::of(summary).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_a_name_and_a_value() {
        assert_eq!(parameter("plan=gcm=1"), Ok(("plan".into(), "gcm=1".into())));
        assert!(parameter("plan").is_err());
    }
}
