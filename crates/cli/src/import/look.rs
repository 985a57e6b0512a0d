//! A file goes to the gateway, which says what would become of it.

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::Stream;
use prost::Message as _;
use rapporteur_proto::gateway::v1::{Import, PreviewImportRequest, PreviewImportResponse};

use super::report::{self, Shown};
use super::write::commit;
use super::{Ask, SERVICE, cut_off, next, words};
use crate::connect::method;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{load, name};

/// Bytes of one message.
const PART: usize = 1 << 20;

pub(super) async fn import(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
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
        calendar: ask.calendar.clone().unwrap_or_default(),
        vanished: ask.vanished.unwrap_or_default(),
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
    if let Some(calendar) = &import.calendar {
        ctx.say(report::Changes::of(calendar))?;
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
}
