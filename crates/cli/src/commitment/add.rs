//! `commitment add`.

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::record::{self, Adding};
use crate::{name, when, word};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// What is to be done
    #[arg(long)]
    text: Option<String>,
    /// What it is
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.CommitmentKind"))]
    kind: Option<i32>,
    /// Where it stands; proposed when not given
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.CommitmentState"))]
    state: Option<i32>,
    /// Who does it (repeatable)
    #[arg(long, value_name = "PARTY")]
    owner: Vec<String>,
    /// Who helps (repeatable)
    #[arg(long, value_name = "PARTY")]
    partner: Vec<String>,
    /// The post that answers for it
    #[arg(long, value_name = "POST")]
    lead_post: Option<String>,
    /// A recommendation that it carries out (repeatable)
    #[arg(long)]
    recommendation: Vec<String>,
    /// A node of a plan that it serves (repeatable)
    #[arg(long, value_name = "NODE")]
    plan_node: Vec<String>,
    /// First day
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// By when
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
    /// How it is measured, as ID:BASELINE:TARGET:UNIT:TEXT; all but the id may be left out (repeatable)
    #[arg(long, value_name = "ID:BASELINE:TARGET:UNIT:TEXT")]
    indicator: Vec<String>,
    /// The commitment that it matches
    #[arg(long, value_name = "COMMITMENT")]
    matches: Option<String>,
    /// A theme (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// The word of the source for where it stands, kept as written
    #[arg(long)]
    word: Option<String>,
    /// The vocabulary of the word
    #[arg(long)]
    vocabulary: Option<String>,
    /// Anything a reader should know
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(super) async fn run(ctx: &mut Context<'_>, add: Add) -> Result<()> {
    let dialogue = ctx.global.dialogue.as_deref();
    let mut commitment: v1::Commitment = add.adding.base(ctx)?;
    add.adding.text(&mut commitment.title, &add.title);
    add.adding.text(&mut commitment.text, &add.text);
    commitment.kind = add.kind.unwrap_or(commitment.kind);
    commitment.state = add.state.unwrap_or(commitment.state);
    let owners = name::expand_all(name::PARTY, &add.owner, None)?;
    commitment.owners.extend(owners);
    let partners = name::expand_all(name::PARTY, &add.partner, None)?;
    commitment.partners.extend(partners);
    if add.lead_post.is_some() {
        commitment.lead_post = name::expand_some(name::POST, &add.lead_post, dialogue)?;
    }
    let recommendations = name::expand_all(name::RECOMMENDATION, &add.recommendation, dialogue)?;
    commitment.recommendations.extend(recommendations);
    let nodes = name::expand_all(name::NODE, &add.plan_node, dialogue)?;
    commitment.plan_nodes.extend(nodes);
    commitment.start = when::civil_some(&add.start).or(commitment.start);
    commitment.due = when::civil_some(&add.due).or(commitment.due);
    for given in &add.indicator {
        let measured = indicator(given, &add.adding.language)?;
        commitment.indicators.push(measured);
    }
    if add.matches.is_some() {
        commitment.matches = name::expand_some(name::COMMITMENT, &add.matches, dialogue)?;
    }
    commitment.themes.extend(add.theme);
    commitment.word = add.word.unwrap_or(commitment.word);
    if add.vocabulary.is_some() {
        commitment.vocabulary = name::expand_some(name::VOCABULARY, &add.vocabulary, None)?;
    }
    commitment.note = add.note.unwrap_or(commitment.note);
    let parent = record::parent(ctx)?;
    record::add(ctx, &super::NOUN, parent, commitment, &add.adding).await
}

/// `trained:0:50:persons:Officials trained`; without a text, its id is one.
fn indicator(given: &str, language: &str) -> Result<v1::Indicator> {
    let mut parts = given.splitn(5, ':');
    let id = parts.next().unwrap_or_default();
    let mut value = || match parts.next().unwrap_or_default() {
        "" => Ok(None),
        number => {
            let value = number.parse().map_err(|_| {
                Failure::usage(format!(
                    "{given}: write ID:BASELINE:TARGET:UNIT:TEXT, as trained:0:50:persons"
                ))
            })?;
            Ok::<_, Failure>(Some(v1::IndicatorValue {
                value,
                ..Default::default()
            }))
        }
    };
    let (baseline, target) = (value()?, value()?);
    let unit = parts.next().unwrap_or_default().to_owned();
    let words = parts
        .next()
        .map_or_else(|| id.replace('-', " "), str::to_owned);
    Ok(v1::Indicator {
        id: id.to_owned(),
        text: Some(record::text(language, &words)),
        baseline,
        target,
        unit,
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_is_written_in_one_word() {
        let indicator = |given| indicator(given, "en");
        let words = |it: &v1::Indicator| it.text.as_ref().unwrap().by_language["en"].clone();
        let full = indicator("trained:0:50.5:persons:Trained: of both sexes").unwrap();
        let value = |it: &Option<v1::IndicatorValue>| it.as_ref().map(|it| it.value);
        assert_eq!(
            (value(&full.baseline), value(&full.target)),
            (Some(0.0), Some(50.5))
        );
        assert_eq!(
            (full.unit.as_str(), words(&full).as_str()),
            ("persons", "Trained: of both sexes")
        );
        let bare = indicator("officials-trained").unwrap();
        assert_eq!(
            (words(&bare).as_str(), bare.target),
            ("officials trained", None)
        );
        assert_eq!(indicator("trained::50:%").unwrap().baseline, None);
        assert_eq!(indicator("trained:few").unwrap_err().exit_code(), 2);
    }
}
