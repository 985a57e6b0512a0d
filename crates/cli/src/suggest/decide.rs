//! Suggestions decided: each a verdict, and with it what the recommendation says.

use rapporteur_proto::FieldMask;
use rapporteur_proto::gateway::v1::{ListSuggestionsRequest, Suggestion};
use rapporteur_proto::recommendations::v1::{
    CreateVerdictRequest, GetVerdictRequest, UpdateVerdictRequest, Verdict, VerdictDecision,
};
use tonic::Code;
use uuid::Uuid;

use super::{all, classes, kind};
use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::reflect;
use crate::record::Write;
use crate::verdict::NOUN;
use crate::{name, output};

/// Which suggestions.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Which {
    /// Their ids, as `suggest` shows them
    #[arg(value_name = "ID", required_unless_present = "object")]
    ids: Vec<String>,
    /// All that repeat this recommendation
    #[arg(long, value_name = "RECOMMENDATION", conflicts_with = "ids")]
    object: Option<String>,
    #[command(flatten)]
    write: Write,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Accept {
    #[command(flatten)]
    which: Which,
    /// As what, when not as it was suggested
    #[arg(long = "as", value_name = "KIND", value_parser = ["repeats", "duplicate-of"])]
    kind: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Reject {
    #[command(flatten)]
    which: Which,
}

pub(super) async fn accept(ctx: &mut Context<'_>, ask: Accept) -> Result<()> {
    let decision = VerdictDecision::Accepted;
    decide(ctx, ask.which, decision, ask.kind.as_deref()).await
}

pub(super) async fn reject(ctx: &mut Context<'_>, ask: Reject) -> Result<()> {
    if ask.which.write.reason.is_none() {
        let wrong = "say why with --reason: whoever comes next wants to know";
        return Err(Failure::usage(wrong));
    }
    decide(ctx, ask.which, VerdictDecision::Rejected, None).await
}

async fn decide(
    ctx: &mut Context<'_>,
    which: Which,
    decision: VerdictDecision,
    as_kind: Option<&str>,
) -> Result<()> {
    let to = ctx.connect()?;
    let dialogue = ctx.global.dialogue.as_deref();
    let verdicts = name::expand_all(name::VERDICT, &which.ids, dialogue)?;
    let request = ListSuggestionsRequest {
        object: name::expand_some(name::RECOMMENDATION, &which.object, dialogue)?,
        verdicts: verdicts.clone(),
        ..Default::default()
    };
    let (mut found, _) = all(&to, request, 0).await?;
    found.extend(classes::meant(&to, &verdicts).await?);
    let mut done = Vec::new();
    for verdict in verdicts {
        if !found.iter().any(|suggestion| suggestion.verdict == verdict) {
            done.push(decided(&to, verdict, decision).await?);
        }
    }
    let mut broken = None;
    for mut suggestion in found {
        if let Some(word) = as_kind {
            suggestion.set_kind(kind(word));
        }
        match write(&to, &which.write, suggestion, decision).await {
            Ok(verdict) => done.push(verdict),
            Err(failure) => {
                broken = Some(failure);
                break;
            }
        }
    }
    if let Some(failure) = broken.take_if(|_| done.is_empty()) {
        return Err(failure);
    }
    let rows: Result<Vec<_>> = done.iter().map(reflect).collect();
    output::records(ctx, NOUN.columns, &rows?)?;
    if let Some(failure) = broken {
        return Err(Failure::Partial(Box::new(failure)));
    }
    which.write.note(ctx)
}

/// What is not suggested any more: fine, if it was decided just so.
async fn decided(to: &Connection, name: String, decision: VerdictDecision) -> Result<Verdict> {
    let request = GetVerdictRequest {
        name: name.clone(),
        as_of: None,
    };
    let known: Result<Verdict> = to.ask(NOUN.service, &request).await;
    let is = |failure: &Failure, code| failure.status().is_some_and(|s| s.code() == code);
    let short = name::short(&name);
    match known {
        Ok(verdict) if verdict.decision() == decision => Ok(verdict),
        Ok(_) => Err(Failure::other(
            "DECIDED_OTHERWISE",
            format!("{short} was decided otherwise; `rapporteur verdict edit` changes that"),
        )),
        Err(failure) if is(&failure, Code::NotFound) => Err(Failure::other(
            "NOT_SUGGESTED",
            format!("{short} is not suggested; `rapporteur suggest` shows what is"),
        )),
        Err(failure) => Err(failure),
    }
}

async fn write(
    to: &Connection,
    how: &Write,
    suggestion: Suggestion,
    decision: VerdictDecision,
) -> Result<Verdict> {
    let reason = how.reason.clone().unwrap_or_default();
    // One id for each verdict, and the same ones when the command is repeated.
    let id = match &how.request_id {
        Some(id) => {
            let of = format!("{id} {} {}", suggestion.verdict, suggestion.kind);
            Uuid::new_v5(&Uuid::NAMESPACE_URL, of.as_bytes())
        }
        None => Uuid::new_v4(),
    };
    let verdict = Verdict {
        kind: suggestion.kind,
        object: suggestion.object,
        decision: decision.into(),
        score: Some(suggestion.score),
        reasons: suggestion.reasons,
        remark: reason.clone(),
        ..Verdict::default()
    };
    let create = CreateVerdictRequest {
        parent: suggestion.subject.clone(),
        verdict: Some(verdict.clone()),
        request_id: id.to_string(),
        validate_only: how.dry_run,
        reason: reason.clone(),
        ..Default::default()
    };
    let made: Result<Verdict> = to.ask(NOUN.service, &create).await;
    let exists = |failure: &Failure| {
        let status = failure.status();
        status.is_some_and(|status| status.code() == Code::AlreadyExists)
    };
    match made {
        Err(failure) if exists(&failure) => {}
        answer => return answer,
    }
    // A verdict that was taken back is there still, and is what is decided anew.
    let name = rapporteur_records::words::verdict::name(
        &suggestion.subject,
        verdict.kind(),
        &verdict.object,
    );
    let get = GetVerdictRequest {
        name: name.clone(),
        as_of: None,
    };
    let known: Verdict = to.ask(NOUN.service, &get).await?;
    if known.decision() != VerdictDecision::Withdrawn {
        return decided(to, name, decision).await;
    }
    let update = UpdateVerdictRequest {
        verdict: Some(Verdict {
            name,
            etag: known.etag,
            ..verdict
        }),
        update_mask: Some(FieldMask {
            paths: ["decision", "remark", "score", "reasons"]
                .map(str::to_owned)
                .into(),
        }),
        request_id: Uuid::new_v4().to_string(),
        validate_only: how.dry_run,
        reason,
    };
    to.ask(NOUN.service, &update).await
}
