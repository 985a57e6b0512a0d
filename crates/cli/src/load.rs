//! `load`: takes a record file over, one JSON object a line. Loading twice changes nothing.
//!
//! Lines go out in waves: a wave is a run of lines of one kind that do not speak of each other, and
//! only when all of it is answered does the next begin. So what a line refers to is there before it.
//! Beside `kind` and `record` a line may say `reason`, `by` (who did so, see --as-recorded), `begins` (a later line
//! completes the record, so what is there stays) and `entry` (the place of a move in its record's ledger).

mod apply;
mod line;
mod moves;
mod verdict;

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use apply::Loader;
use line::Line;
pub(crate) use verdict::{Outcome, Summary, Verdict};

/// Lines of a wave that are on their way at a time.
const AT_A_TIME: usize = 32;
/// Longest wave.
const WAVE: usize = 1_024;

/// Which files, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Record files, or - for stdin; {"kind":"event","record":{...}} a line. The kinds are the nouns of the
    /// record (progress_report, plan_node, ...), address and respond, and verbs (retire_recommendation,
    /// submit_progress_report, ...), which take the request of that call
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Check every line, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on after a line that is refused
    #[arg(long)]
    continue_on_error: bool,
    /// Why, for the change log
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// Show only lines that are not `unchanged`
    #[arg(long)]
    quiet: bool,
    /// Take each line over in the name of whom it says (`by`); for the admin key
    #[arg(long)]
    as_recorded: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let mut texts = Vec::new();
    for file in &ask.files {
        let bytes = ctx.around.read(file)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::other("UNREADABLE_FILE", format!("{file}: is not UTF-8")))?;
        texts.push((file.clone(), text));
    }
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let loader = Loader::new(
        ctx.connect()?.unreminded(),
        ask.dry_run,
        ask.reason.unwrap_or_default(),
    )
    .in_names(ask.as_recorded);
    let visible = ctx.around.err_is_terminal;
    let (verdicts, broken) = load(&loader, &files, ask.continue_on_error, visible).await;
    finish(ctx, &verdicts, broken, ask.dry_run, ask.quiet)
}

/// How to take over what ships with the product.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Install {
    /// Check every line, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Why, for the change log
    #[arg(long, value_name = "WORDS", default_value = "shipped with the product")]
    reason: String,
}

/// Takes over what ships with the product, as `load` would.
pub(crate) async fn install(
    ctx: &mut Context<'_>,
    files: &[(&str, &str)],
    ask: Install,
) -> Result<()> {
    let loader = Loader::new(ctx.connect()?.unreminded(), ask.dry_run, ask.reason);
    let (verdicts, broken) = load(&loader, files, false, ctx.around.err_is_terminal).await;
    finish(ctx, &verdicts, broken, ask.dry_run, false)
}

/// Takes over lines that a command has made, as `load` would; a refused line does not stop those after it.
pub(crate) async fn made(
    ctx: &mut Context<'_>,
    file: &str,
    lines: &str,
    dry_run: bool,
    reason: &str,
) -> Result<()> {
    let loader = Loader::new(ctx.connect()?, dry_run, reason.to_owned());
    let (verdicts, broken) = load(&loader, &[(file, lines)], true, false).await;
    finish(ctx, &verdicts, broken, dry_run, false)
}

/// Shows what became of each line.
fn finish(
    ctx: &mut Context<'_>,
    verdicts: &[Verdict],
    broken: Option<Failure>,
    dry_run: bool,
    quiet: bool,
) -> Result<()> {
    verdict::show(ctx, verdicts, quiet)?;
    if dry_run {
        ctx.say("dry run: nothing was written")?;
    }
    let refused = verdicts
        .iter()
        .any(|verdict| verdict.outcome == Outcome::Refused);
    match broken {
        Some(failure) => Err(failure),
        None if refused => Err(Failure::Refused),
        None => Ok(()),
    }
}

/// The names of the records of a file, or why one cannot be read.
#[cfg(test)]
pub(crate) fn names(text: &str) -> std::result::Result<Vec<String>, String> {
    line::read("file", text)
        .into_iter()
        .map(|line| line.content.map(|content| content.name))
        .collect()
}

/// Loads what ships with the product.
pub(crate) async fn sample(to: Connection, files: &[(&str, &str)]) -> Result<Summary> {
    let loader = Loader::new(to, false, "sample record".to_owned());
    let (verdicts, broken) = load(&loader, files, false, false).await;
    if let Some(failure) = broken {
        return Err(failure);
    }
    match verdicts
        .iter()
        .find(|verdict| verdict.outcome == Outcome::Refused)
    {
        Some(refused) => Err(Failure::other("SAMPLE_REFUSED", refused.to_string())),
        None => Ok(Summary::of(&verdicts)),
    }
}

/// Verdicts in the order of the lines; they end after a refused one unless told to go on, and where
/// nobody answers any more.
async fn load(
    loader: &Loader,
    files: &[(&str, &str)],
    go_on: bool,
    visible: bool,
) -> (Vec<Verdict>, Option<Failure>) {
    let lines: Vec<Arc<Line>> = files
        .iter()
        .flat_map(|(file, text)| line::read(file, text))
        .map(Arc::new)
        .collect();
    let bar = progress(lines.len(), visible);
    let mut verdicts = Vec::with_capacity(lines.len());
    let mut rest = lines.as_slice();
    // What earlier lines bring into being: a dry run cannot ask the service about it.
    let mut earlier: HashSet<String> = HashSet::new();
    while !rest.is_empty() {
        let (wave, after) = rest.split_at(wave_length(rest));
        let known = &earlier;
        let mut answers = futures::stream::iter(wave.iter().cloned())
            .map(|line| async move { loader.apply(&line, known).await })
            .buffered(AT_A_TIME);
        let mut refused = false;
        while let Some(answer) = answers.next().await {
            bar.inc(1);
            match answer {
                Ok(verdict) => {
                    refused |= verdict.outcome == Outcome::Refused;
                    verdicts.push(verdict);
                }
                Err(failure) => {
                    bar.finish_and_clear();
                    return (verdicts, Some(failure));
                }
            }
        }
        drop(answers);
        if refused && !go_on {
            break;
        }
        earlier.extend(
            wave.iter()
                .filter_map(|line| Some(line.content.as_ref().ok()?.name.clone())),
        );
        rest = after;
    }
    bar.finish_and_clear();
    (verdicts, None)
}

/// How many lines from here may go out together.
fn wave_length(lines: &[Arc<Line>]) -> usize {
    let mut names: HashSet<&str> = HashSet::new();
    for (at, line) in lines.iter().enumerate() {
        // A line that cannot be read is refused before what follows it is tried.
        let Ok(content) = &line.content else {
            return at.max(1);
        };
        let first = lines[..at]
            .iter()
            .find_map(|line| line.content.as_ref().ok());
        let other_kind = first.is_some_and(|first| first.kind != content.kind);
        // A new chair closes the one before: their order is their meaning.
        let in_turn = at > 0 && content.kind == "chairmanship";
        if at == WAVE || other_kind || in_turn || content.speaks_of(&names) {
            return at.max(1);
        }
        names.insert(&content.name);
    }
    lines.len()
}

/// A bar of so many lines on stderr, where somebody sees it.
pub(crate) fn progress(lines: usize, visible: bool) -> ProgressBar {
    let target = if visible {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(lines as u64), target);
    match ProgressStyle::with_template("{bar:40} {pos} of {len} lines, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(text: &str) -> Vec<usize> {
        let lines: Vec<Arc<Line>> = line::read("x", text).into_iter().map(Arc::new).collect();
        let (mut rest, mut found) = (lines.as_slice(), Vec::new());
        while !rest.is_empty() {
            let length = wave_length(rest);
            found.push(length);
            rest = &rest[length..];
        }
        found
    }

    #[test]
    fn lines_wait_for_what_they_speak_of() {
        let party = |id: &str| format!(r#"{{"kind":"party","record":{{"name":"parties/{id}"}}}}"#);
        let below = |id: &str, of: &str| {
            format!(
                r#"{{"kind":"party","record":{{"name":"parties/{id}","parentParty":"parties/{of}"}}}}"#
            )
        };
        let source = r#"{"kind":"source","record":{"name":"sources/a"}}"#;
        let term = |id: &str| {
            format!(
                r#"{{"kind":"chairmanship","record":{{"name":"dialogues/r/chairmanships/{id}"}}}}"#
            )
        };
        assert_eq!(waves(&[party("a"), party("b"), party("c")].join("\n")), [3]);
        assert_eq!(
            waves(&[party("a"), below("b", "a"), below("c", "a")].join("\n")),
            [1, 2]
        );
        assert_eq!(
            waves(&[party("a"), source.to_owned(), party("b")].join("\n")),
            [1, 1, 1]
        );
        assert_eq!(waves(&[party("a"), party("a")].join("\n")), [1, 1]);
        assert_eq!(waves(&[term("a"), term("b")].join("\n")), [1, 1]);
        assert_eq!(
            waves(&["not json".to_owned(), party("a"), party("b")].join("\n")),
            [1, 2]
        );
    }
}
