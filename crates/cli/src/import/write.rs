//! What was seen is written, or taken back, when somebody agrees.

use std::io::{BufRead as _, IsTerminal as _};

use rapporteur_proto::gateway::v1::{
    CommitImportRequest, CommitImportResponse, Import, ImportRow, ImportState, UndoImportRequest,
    UndoImportResponse,
};
use uuid::Uuid;

use super::report::{self, Shown};
use super::{How, SERVICE, cut_off, next};
use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{load, name};

pub(super) async fn commit(
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

pub(super) async fn undo(ctx: &mut Context<'_>, name: String, reason: String) -> Result<()> {
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

/// Asks somebody. Where nobody can be asked, it is not agreed.
pub(super) fn agreed(ctx: &mut Context<'_>, question: &str) -> Result<bool> {
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
