//! `recommendation add`: one element of an instrument or of an event.

use rapporteur_proto::recommendations::v1;
use rapporteur_proto::r#type::v1::PlanLinkKind;

use super::NOUN;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::event::{number, plan_link};
use crate::record::{self, Adding};
use crate::{name, when, word};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its text
    #[arg(long)]
    text: Option<String>,
    /// The instrument that it is part of
    #[arg(long)]
    instrument: Option<String>,
    /// The event that made it
    #[arg(long)]
    event: Option<String>,
    /// Its number as printed: R.14, 2(b)
    #[arg(long)]
    path: Option<String>,
    /// The element above it
    #[arg(long, value_name = "RECOMMENDATION")]
    parent: Option<String>,
    /// Place among its siblings
    #[arg(long)]
    order: Option<i32>,
    /// What it asks
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.RecommendationKind"))]
    kind: Option<i32>,
    /// Strength of the action asked, 1 (minimal) to 5 (specific)
    #[arg(long)]
    strength: Option<i32>,
    /// Where the text stands; draft when not given
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.RecommendationState"))]
    state: Option<i32>,
    /// When it was adopted
    #[arg(long, value_name = "DATE")]
    adopted: Option<String>,
    /// By when
    #[arg(long, value_name = "DATE")]
    time_limit: Option<String>,
    /// A theme, a lower-case code (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// A node of a plan that it addresses, as NODE or NODE=QUOTE (repeatable)
    #[arg(long, value_name = "NODE")]
    addressed: Vec<String>,
    /// How it stands to another record, as KIND:NAME with the name in full (repeatable)
    #[arg(long, value_name = "KIND:NAME")]
    relation: Vec<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(super) async fn run(ctx: &mut Context<'_>, add: Add) -> Result<()> {
    let dialogue = ctx.global.dialogue.as_deref();
    let mut made: v1::Recommendation = add.adding.base(ctx)?;
    add.adding.text(&mut made.text, &add.text);
    if add.instrument.is_some() {
        made.instrument = name::expand_some(name::INSTRUMENT, &add.instrument, dialogue)?;
    }
    if add.event.is_some() {
        made.event = name::expand_some(name::EVENT, &add.event, dialogue)?;
    }
    made.path = add.path.unwrap_or(made.path);
    if add.parent.is_some() {
        made.parent_recommendation = name::expand_some(NOUN.pattern, &add.parent, dialogue)?;
    }
    made.order = add.order.unwrap_or(made.order);
    made.kind = add.kind.unwrap_or(made.kind);
    made.strength = add.strength.unwrap_or(made.strength);
    made.state = add.state.unwrap_or(made.state);
    made.adopted = when::civil_some(&add.adopted).or(made.adopted);
    made.time_limit = when::civil_some(&add.time_limit).or(made.time_limit);
    made.themes.extend(add.theme);
    for given in &add.addressed {
        made.plan_links.push(plan_link(
            given,
            PlanLinkKind::Addressed,
            dialogue,
            &add.adding,
        )?);
    }
    for given in &add.relation {
        made.relations.push(v1::Relation {
            provenance: add.adding.provenance(None)?,
            ..relation(given)?
        });
    }
    record::add(ctx, &NOUN, record::parent(ctx)?, made, &add.adding).await
}

/// `follows-up:dialogues/rabat/recommendations/x`.
fn relation(given: &str) -> Result<v1::Relation> {
    let Some((kind, target)) = given.split_once(':') else {
        return Err(Failure::usage(format!(
            "{given}: write KIND:NAME, as follows-up:dialogues/rabat/recommendations/x"
        )));
    };
    let kind = number("rapporteur.recommendations.v1.RelationKind", kind)?;
    Ok(v1::Relation {
        kind,
        target: target.to_owned(),
        provenance: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_a_kind_and_a_name() {
        let read = relation("follows-up:dialogues/rabat/events/x").unwrap();
        assert_eq!(read.kind, i32::from(v1::RelationKind::FollowsUp));
        assert_eq!(read.target, "dialogues/rabat/events/x");
        assert_eq!(relation("likes:x").unwrap_err().exit_code(), 2);
        assert_eq!(relation("x").unwrap_err().exit_code(), 2);
    }
}
