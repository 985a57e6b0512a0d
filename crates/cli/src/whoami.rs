//! `whoami`: whom the gateway takes the caller for, and what that caller is granted.

use rapporteur_proto::gateway::v1::{GetCallerRequest, GetCallerResponse, Grant, Role};

use crate::context::Context;
use crate::error::Result;
use crate::key::SERVICE;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{when, word};

pub(crate) async fn run(ctx: &mut Context<'_>) -> Result<()> {
    let connection = ctx.connect()?;
    let answer: GetCallerResponse = connection.ask(SERVICE, &GetCallerRequest {}).await?;
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        return output::data(ctx, &reflect(&answer)?);
    }
    let row = |field: &str, value: String| vec![field.to_owned(), value];
    let mut rows = vec![row("caller", answer.caller)];
    if !answer.by.is_empty() {
        rows.push(row("known by", answer.by));
    }
    if let Some(until) = answer.expire_time {
        rows.push(row("until", when::show(until.seconds, until.nanos)));
    }
    if answer.everything {
        rows.push(row("may", "everything".to_owned()));
    }
    rows.extend(answer.grants.iter().map(|grant| row("is", words(grant))));
    output::table(ctx, &["field", "value"], &rows)
}

/// `focal-point in dialogues/rabat for parties/pt`.
fn words(grant: &Grant) -> String {
    let role = Role::try_from(grant.role).unwrap_or_default();
    let mut words = word::of(role.as_str_name(), "ROLE_");
    words += match &*grant.dialogue {
        "" => " in all dialogues".to_owned(),
        dialogue => format!(" in {dialogue}"),
    }
    .as_str();
    if !grant.party.is_empty() {
        words += &format!(" for {}", grant.party);
    }
    if let Some(until) = grant.expire_time {
        words += &format!(" until {}", when::show(until.seconds, until.nanos));
    }
    words
}
