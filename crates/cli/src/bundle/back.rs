//! `bundle import`: what a ministry filled in, row by row.

use std::collections::HashMap;

use rapporteur_proto::descriptor_pool;
use rapporteur_proto::recommendations::v1::{
    Addressee, CreateProgressReportRequest, ProgressReport, RespondAddresseeRequest,
};
use serde::Serialize;
use tonic::Code;
use uuid::Uuid;

use super::filled::{Filled, opened};
use super::out::known;
use super::sheet::{ANSWER, PROGRESS, Seal, digest};
use crate::connect::Connection;
use crate::context::Context;
use crate::error::{self, Failure, Result};
use crate::output::{self, Format};
use crate::record::{self, get};
use crate::{name, when, word};

/// Request ids of rows are made of their content under this, so that an import that was cut off can be repeated.
const TAKEN: Uuid = Uuid::from_u128(0x2d3b_8a61_4c5e_4f0a_9e17_6275_6e64_6c65);

/// Which file, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// A bundle that came back, XLSX or CSV
    #[arg(value_name = "FILE")]
    file: String,
    /// Check every row, write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Recorded,
    Unchanged,
    Clash,
    Refused,
}

#[derive(Clone, Debug, Serialize)]
struct Verdict {
    place: String,
    verdict: Outcome,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Summary {
    recorded: usize,
    unchanged: usize,
    clashes: usize,
    refused: usize,
    missing: usize,
}

pub(super) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let bytes = ctx.around.read(&ask.file)?;
    let (seal, rows) = opened(&bytes, &ask.file)?;
    let import = Import {
        to: ctx.connect()?.unreminded(),
        language: seal.language.clone(),
        dry_run: ask.dry_run,
        seal,
    };
    let mut summary = Summary {
        missing: import.seal.rows.saturating_sub(rows.len()),
        ..Summary::default()
    };
    let mut times: HashMap<&str, usize> = HashMap::new();
    for row in &rows {
        *times.entry(&row.known.key).or_default() += 1;
    }
    let mut verdicts = Vec::new();
    for row in &rows {
        let done = if times.get(row.known.key.as_str()) > Some(&1) {
            Ok((Outcome::Refused, "stands there more than once".to_owned()))
        } else {
            import.take(row).await
        };
        let (verdict, note) = match done {
            Ok(done) => done,
            // That nobody answers says nothing about the row.
            Err(failure) if [4, 6].contains(&failure.exit_code()) => return Err(failure),
            Err(failure) => (Outcome::Refused, in_words(&failure)),
        };
        match verdict {
            Outcome::Recorded => summary.recorded += 1,
            Outcome::Unchanged => summary.unchanged += 1,
            Outcome::Clash => summary.clashes += 1,
            Outcome::Refused => summary.refused += 1,
        }
        verdicts.push(Verdict {
            place: row.place.clone(),
            verdict,
            name: row.known.key.clone(),
            note,
        });
    }
    show(ctx, summary, &verdicts)?;
    if ask.dry_run {
        ctx.say("dry run: nothing was written")?;
    }
    if summary.clashes + summary.refused > 0 {
        return Err(Failure::Refused);
    }
    Ok(())
}

/// Takes rows back.
struct Import {
    to: Connection,
    seal: Seal,
    language: String,
    dry_run: bool,
}

impl Import {
    async fn take(&self, row: &Filled) -> Result<(Outcome, String)> {
        let refuse = |why: &str| Ok((Outcome::Refused, why.to_owned()));
        if row.known.check(&self.seal.bundle) != row.check {
            return refuse(
                "is not a row of this bundle: its hidden columns were changed, or it came from another",
            );
        }
        if !row.answers() && !row.reports() {
            return Ok((Outcome::Unchanged, String::new()));
        }
        let answer = self.wanted("Response", ANSWER, &row.answer)?;
        let progress = self.wanted("Implementation", PROGRESS, &row.progress)?;
        if row.answers() && answer == 0 {
            return refuse("answer: is empty; an answer that was given stays, write the new one");
        }
        if row.reports() && progress == 0 {
            return refuse("progress: is empty; a report says how far it is");
        }
        let record = get(&self.to, &crate::addressee::NOUN, &row.known.key, None).await?;
        let addressee: Addressee = record
            .transcode_to()
            .map_err(|e| Failure::other("UNREADABLE_ANSWER", e.to_string()))?;
        if addressee.party != self.seal.party {
            return refuse("is addressed to another party than the bundle");
        }
        let now = known(&record, &addressee)?;
        let answered = addressee.response == answer && now.word.trim() == row.word;
        let id = format!(
            "bundle-{}",
            digest(&[
                &self.seal.bundle,
                &row.known.key,
                &row.report,
                &row.progress
            ])
        );
        let (dialogue, _) = name::split(name::split(&row.known.key).0);
        let report = format!("{dialogue}/reports/{id}");
        let reported = !row.reports() || self.is_there(&report).await?;
        let answers = row.answers() && !answered;
        if !answers && reported {
            return Ok((Outcome::Unchanged, "is recorded already".to_owned()));
        }
        // What this very file has answered is no change of somebody else.
        let own = row.answers() && answered;
        if now.version != row.known.version && !own {
            let since = |answer: &str, word: &str| match (answer, word) {
                ("", "") => "no answer".to_owned(),
                (answer, "") => answer.to_owned(),
                (answer, word) => format!("{answer} ({word})"),
            };
            return Ok((
                Outcome::Clash,
                format!(
                    "was changed since the bundle was written: there is {}, the file has {}; nothing was written",
                    since(&now.answer, &now.word),
                    since(&row.answer, &row.word)
                ),
            ));
        }
        let mut done = Vec::new();
        if answers {
            let request = RespondAddresseeRequest {
                name: row.known.key.clone(),
                etag: now.version,
                reason: row.remark.clone(),
                request_id: self.request_id(row, "answer"),
                validate_only: self.dry_run,
                response: answer,
                word: row.word.clone(),
                on: (!row.on.is_empty()).then(|| when::civil(&row.on)),
                ..Default::default()
            };
            let _: Addressee = self
                .to
                .ask(crate::addressee::NOUN.service, &request)
                .await?;
            done.push(format!("answered {}", row.answer));
        }
        if !reported {
            let request = CreateProgressReportRequest {
                parent: dialogue.to_owned(),
                progress_report_id: id,
                progress_report: Some(ProgressReport {
                    subject: row.known.key.clone(),
                    author_party: self.seal.party.clone(),
                    narrative: (!row.report.is_empty())
                        .then(|| record::text(&self.language, &row.report)),
                    claimed: progress,
                    note: row.remark.clone(),
                    ..Default::default()
                }),
                request_id: self.request_id(row, "report"),
                validate_only: self.dry_run,
                reason: format!("bundle {}", self.seal.bundle),
            };
            let _: ProgressReport = self.to.ask(crate::report::NOUN.service, &request).await?;
            done.push(format!("drafted {}", name::short(&report)));
        }
        Ok((Outcome::Recorded, done.join(", ")))
    }

    fn wanted(&self, values: &str, column: &str, text: &str) -> Result<i32> {
        if text.is_empty() {
            return Ok(0);
        }
        let full = format!("rapporteur.recommendations.v1.{values}");
        let values = descriptor_pool()
            .get_enum_by_name(&full)
            .ok_or_else(|| Failure::other("UNKNOWN_MESSAGE", full))?;
        let spelled = text.to_lowercase().replace(' ', "-");
        word::number(&values, &spelled)
            .map_err(|why| Failure::other("UNKNOWN_WORD", format!("{column}: {why}")))
    }

    async fn is_there(&self, report: &str) -> Result<bool> {
        match get(&self.to, &crate::report::NOUN, report, None).await {
            Ok(_) => Ok(true),
            Err(Failure::Status(status)) if status.code() == Code::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    fn request_id(&self, row: &Filled, what: &str) -> String {
        let own = [
            what,
            &self.seal.bundle,
            &row.known.key,
            &row.answer,
            &row.word,
            &row.on,
            &row.remark,
            &row.report,
            &row.progress,
        ];
        Uuid::new_v5(&TAKEN, digest(&own).as_bytes()).to_string()
    }
}

fn in_words(failure: &Failure) -> String {
    match failure.status() {
        Some(status) => error::brief(status),
        None => failure.to_string().trim_start_matches("error: ").to_owned(),
    }
}

fn show(ctx: &mut Context<'_>, summary: Summary, verdicts: &[Verdict]) -> Result<()> {
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        #[derive(Serialize)]
        struct Report<'a> {
            summary: Summary,
            rows: &'a [Verdict],
        }
        let rows = verdicts;
        return output::data(ctx, &Report { summary, rows });
    }
    let rows: Vec<Vec<String>> = verdicts
        .iter()
        .map(|it| {
            let verdict = format!("{:?}", it.verdict).to_lowercase();
            vec![
                it.place.clone(),
                verdict,
                name::short(&it.name),
                it.note.clone(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        output::table(ctx, &["row", "verdict", "name", "what"], &rows)?;
    }
    let Summary {
        recorded,
        unchanged,
        clashes,
        refused,
        missing,
    } = summary;
    ctx.say(format_args!(
        "{recorded} recorded, {unchanged} unchanged, {clashes} clashes, {refused} refused"
    ))?;
    if missing > 0 {
        ctx.say(format_args!(
            "{missing} rows of the bundle are not in the file; their records are left as they are"
        ))?;
    }
    Ok(())
}
