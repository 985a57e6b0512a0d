//! `import`: files of others made records, by a mapping; first looked at, then committed as it was seen.

mod report;

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::Stream;
use prost::Message as _;
use rapporteur_proto::gateway::v1::{
    CommitImportRequest, CommitImportResponse, GetImportRequest, Import, ImportRow, ImportState,
    ImportSummary, ListImportRowsRequest, ListImportRowsResponse, ListImportsRequest,
    PreviewImportRequest, PreviewImportResponse, UndoImportRequest, UndoImportResponse,
};
use tonic::Streaming;
use uuid::Uuid;

use crate::connect::{Connection, method, unreadable};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::{Noun, reflect};
use crate::{load, name, output, record, word};
use report::{Report, Shown};

pub(crate) const SERVICE: &str = "rapporteur.gateway.v1.ImportService";
const IMPORTS: &str = "imports/*";
/// Bytes of one message.
const PART: usize = 1 << 20;

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

async fn import(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let missing = |what: &str| Failure::usage(format!("{what} is missing"));
    let file = ask.file.as_deref().ok_or_else(|| missing("FILE"))?;
    let map = ask.map.as_deref().ok_or_else(|| missing("--map"))?;
    let into = ask.into.clone().or_else(|| ctx.global.dialogue.clone());
    let into = into.ok_or_else(|| missing("--into"))?;
    let head = PreviewImportRequest {
        dialogue: name::expand(name::DIALOGUE, &into, None)?,
        mapping: mapping(ctx, map)?,
        file_name: (if file == "-" { "stdin" } else { file }).to_owned(),
        parameters: ask.parameters.iter().cloned().collect(),
        format: ask.format.clone().unwrap_or_default(),
        encoding: ask.encoding.clone().unwrap_or_default(),
        delimiter: ask.delimiter.map(String::from).unwrap_or_default(),
        sheet: ask.sheet.clone().unwrap_or_default(),
        data: Vec::new(),
    };
    let (to, broken) = (ctx.connect()?, Broken::default());
    let parts: Box<dyn Stream<Item = Bytes> + Send + Unpin> = if file == "-" {
        let bytes = ctx.around.read(file)?;
        Box::new(parts(head, std::io::Cursor::new(bytes), broken.clone()))
    } else {
        let open = std::fs::File::open(file);
        let open = open.map_err(|e| Failure::other("UNREADABLE_FILE", format!("{file}: {e}")))?;
        Box::new(parts(head, open, broken.clone()))
    };
    let method = method(SERVICE, "PreviewImport")?;
    let mut answers = to.upload(&method, parts).await?;
    let (mut rows, mut import) = (Vec::new(), None);
    let bar = load::progress(0, ctx.around.err_is_terminal);
    while let Some(answer) = next::<PreviewImportResponse>(&mut answers).await? {
        bar.inc_length(answer.rows.len() as u64);
        bar.inc(answer.rows.len() as u64);
        rows.extend(answer.rows);
        import = answer.import.or(import);
    }
    bar.finish_and_clear();
    let error = broken.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(error) = error {
        // What was seen is a part of the file: it is left as a preview that nobody commits.
        return Err(Failure::other(
            "UNREADABLE_FILE",
            format!("{file}: {error}"),
        ));
    }
    let import = import.ok_or_else(cut_off)?;
    let summary = import.summary.unwrap_or_default();
    if ask.dry_run {
        let shown = Shown {
            import: &import,
            rows: &rows,
            written: false,
        };
        report::show(ctx, &shown, ask.how.limit)?;
        ctx.say("dry run: nothing was written")?;
        return report::exit(&summary);
    }
    facts(ctx, &import)?;
    commit(ctx, &to, import, rows, &ask.how).await
}

/// What was found out about the file, for who sent it.
fn facts(ctx: &mut Context<'_>, import: &Import) -> Result<()> {
    let file = import.file.clone().unwrap_or_default();
    let mut said = vec![format!("{} ({})", file.name, file.format)];
    if !file.encoding.is_empty() {
        said.push(format!("{} by {}", file.encoding, file.encoding_by));
    }
    ctx.say(said.join(", "))?;
    for note in &file.notes {
        ctx.say(format_args!("  {note}"))?;
    }
    let summary = import.summary.unwrap_or_default();
    ctx.say(format_args!("would be: {}", words(&summary)))
}

/// A mapping that ships goes by its name, another with its text.
fn mapping(ctx: &Context<'_>, given: &str) -> Result<String> {
    let ships = |name: &str| rapporteur_exchange::map::Mapping::shipped(name).is_some();
    if ships(given) {
        return Ok(given.to_owned());
    }
    let text = ctx.around.read(given).map_err(|_| {
        let why = format!("{given} is no mapping that ships, and no file; see `mapping list`");
        Failure::usage(why)
    })?;
    let text = String::from_utf8(text)
        .map_err(|_| Failure::other("UNREADABLE_FILE", format!("{given}: is not UTF-8")))?;
    // Said here, with the name of the file, before anything is sent.
    rapporteur_exchange::map::Mapping::parse(&text)
        .map_err(|wrong| Failure::other("WRONG_MAPPING", format!("{given}: {wrong}")))?;
    Ok(text)
}

/// Why a file cannot be read any further, if that is so.
type Broken = Arc<Mutex<Option<std::io::Error>>>;

/// The head with the first part of the file, then the other parts. A stream cannot fail: who sends it looks at `broken`.
fn parts(
    head: PreviewImportRequest,
    file: impl std::io::Read + Send + Unpin,
    broken: Broken,
) -> impl Stream<Item = Bytes> + Send + Unpin {
    let mut begun = Some((head, file));
    let mut file = None;
    futures::stream::iter(std::iter::from_fn(move || {
        let (mut message, first) = match begun.take() {
            Some((head, open)) => {
                file = Some(open);
                (head, true)
            }
            None => (PreviewImportRequest::default(), false),
        };
        let open = file.as_mut()?;
        match open.take(PART as u64).read_to_end(&mut message.data) {
            Ok(length) => (first || length > 0).then(|| message.encode_to_vec().into()),
            Err(error) => {
                *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            }
        }
    }))
}

async fn commit(
    ctx: &mut Context<'_>,
    to: &Connection,
    import: Import,
    mut rows: Vec<ImportRow>,
    how: &How,
) -> Result<()> {
    let summary = import.summary.unwrap_or_default();
    let later = format!("rapporteur import resume {}", name::short(&import.name));
    if summary.refused > 0 && !how.continue_on_error && import.state() != ImportState::Committed {
        let shown = Shown {
            import: &import,
            rows: &rows,
            written: false,
        };
        report::show(ctx, &shown, how.limit)?;
        ctx.say(format_args!(
            "nothing was written; the other rows are imported by: {later} --continue-on-error"
        ))?;
        return Err(Failure::Refused);
    }
    let changes = summary.created + summary.updated > 0;
    if changes && !how.yes && !agreed(ctx, "Write it?")? {
        let shown = Shown {
            import: &import,
            rows: &rows,
            written: false,
        };
        report::show(ctx, &shown, how.limit)?;
        return ctx.say(format_args!("nothing was written; do it by: {later} --yes"));
    }
    let request = CommitImportRequest {
        name: import.name.clone(),
        continue_on_error: how.continue_on_error,
        reason: how.reason.clone().unwrap_or_default(),
        request_id: Uuid::new_v4().to_string(),
    };
    let mut answers = to.stream(SERVICE, &request).await?;
    let (mut done, mut end) = (Vec::new(), None);
    let total = summary.created + summary.updated + summary.unchanged + summary.refused;
    let bar = load::progress(
        usize::try_from(total).unwrap_or(0),
        ctx.around.err_is_terminal,
    );
    loop {
        let answer = next::<CommitImportResponse>(&mut answers).await;
        match answer {
            Ok(None) => break,
            Ok(Some(answer)) => {
                bar.set_position(u64::try_from(answer.done).unwrap_or(0));
                done.extend(answer.rows);
                end = answer.import.or(end);
            }
            Err(failure) => {
                bar.finish_and_clear();
                ctx.say(format_args!("cut off; go on by: {later} --yes"))?;
                return Err(failure);
            }
        }
    }
    bar.finish_and_clear();
    let end = end.ok_or_else(cut_off)?;
    // Of an import that was committed before, nothing is told again.
    if !done.is_empty() {
        rows = done;
    }
    let shown = Shown {
        import: &end,
        rows: &rows,
        written: true,
    };
    report::show(ctx, &shown, how.limit)?;
    report::exit(&end.summary.unwrap_or_default())
}

async fn undo(ctx: &mut Context<'_>, name: String, reason: String) -> Result<()> {
    let request = UndoImportRequest {
        name,
        reason,
        request_id: Uuid::new_v4().to_string(),
    };
    let mut answers = ctx.connect()?.stream(SERVICE, &request).await?;
    let (mut rows, mut end) = (Vec::new(), None);
    while let Some(answer) = next::<UndoImportResponse>(&mut answers).await? {
        rows.extend(answer.rows);
        end = answer.import.or(end);
    }
    report::undone(ctx, &end.ok_or_else(cut_off)?, &rows)
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

/// Asks somebody. Where nobody can be asked, it is not agreed.
fn agreed(ctx: &mut Context<'_>, question: &str) -> Result<bool> {
    let mut answer = String::new();
    match &ctx.around.stdin {
        Some(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            text.lines()
                .next()
                .unwrap_or_default()
                .clone_into(&mut answer);
        }
        None if std::io::stdin().is_terminal() => {
            ctx.say(format_args!("{question} [y/N]"))?;
            std::io::stdin()
                .lock()
                .read_line(&mut answer)
                .map_err(Failure::Io)?;
        }
        None => {}
    }
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn words(summary: &ImportSummary) -> String {
    Report::of(summary).to_string()
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_file_goes_in_parts_after_its_head() {
        let head = PreviewImportRequest {
            dialogue: "dialogues/r".into(),
            ..PreviewImportRequest::default()
        };
        for length in [0, 1, PART, PART + 1] {
            let file = std::io::Cursor::new(vec![7; length]);
            let sent: Vec<Bytes> = parts(head.clone(), file, Broken::default()).collect().await;
            let sent: Vec<PreviewImportRequest> = sent
                .into_iter()
                .map(|bytes| PreviewImportRequest::decode(bytes).unwrap())
                .collect();
            assert_eq!(sent[0].dialogue, head.dialogue);
            assert!(sent[1..].iter().all(|part| part.dialogue.is_empty()));
            let whole: usize = sent.iter().map(|part| part.data.len()).sum();
            assert_eq!(whole, length);
            assert_eq!(sent.len(), length.div_ceil(PART).max(1));
        }
    }

    #[test]
    fn parameters_have_a_name_and_a_value() {
        assert_eq!(parameter("plan=gcm=1"), Ok(("plan".into(), "gcm=1".into())));
        assert!(parameter("plan").is_err());
    }
}
