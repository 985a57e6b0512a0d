//! Addressees: the ledger of who was asked, what they answered and how far they are.

use rapporteur_proto::recommendations::v1;

use crate::connect::method;
use crate::context::Context;
use crate::error::Result;
use crate::noun::{Noun, reflect};
use crate::output::Format;
use crate::record::{self, Adding, Move, Page, Write};
use crate::{name, output, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "addressee",
    message: "rapporteur.recommendations.v1.Addressee",
    service: "rapporteur.recommendations.v1.AddresseeService",
    pattern: name::ADDRESSEE,
    columns: &[
        "name",
        "party",
        "group",
        "response",
        "implementation",
        "next_due",
    ],
};

/// Addressees: who was asked, what they answered, how far they are
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List addressees, of one recommendation or of all
    List(List),
    /// Record an addressee
    Add(Box<Add>),
    /// Record what the addressee answers
    Respond(Box<Respond>),

    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those of this recommendation
    #[arg(long)]
    recommendation: Option<String>,
    /// Only this party
    #[arg(long)]
    party: Option<String>,
    /// Only these responses (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Response"))]
    response: Vec<i32>,
    /// Only these states of implementation (repeatable)
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.Implementation"))]
    implementation: Vec<i32>,
    /// Only with a report due on or before this day
    #[arg(long, value_name = "DATE")]
    due_by: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// The recommendation
    #[arg(long)]
    recommendation: Option<String>,
    /// Who
    #[arg(long)]
    party: Option<String>,
    /// The day whose membership decided
    #[arg(long, value_name = "DATE")]
    addressed: Option<String>,
    /// It took this on without being asked
    #[arg(long)]
    voluntary: bool,
    /// The post that answers for it
    #[arg(long, value_name = "POST")]
    lead_post: Option<String>,
    /// When the next report is due
    #[arg(long, value_name = "DATE")]
    next_due: Option<String>,
    /// Anything a reader should know
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

/// An answer.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Respond {
    #[command(flatten)]
    step: Move,
    /// The answer; what the word means in its vocabulary when not given
    #[arg(long, required_unless_present = "vocabulary",
          value_parser = word::parser("rapporteur.recommendations.v1.Response"))]
    response: Option<i32>,
    /// It says that it is done already
    #[arg(long)]
    already_implemented: bool,
    /// The day from which it holds
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// The word that the source uses, kept as written
    #[arg(long)]
    word: Option<String>,
    /// The vocabulary of the word
    #[arg(long, requires = "word")]
    vocabulary: Option<String>,
    /// The recorded source
    #[arg(long)]
    source: Option<String>,
    /// The words of the source
    #[arg(long, value_name = "WORDS")]
    quote: Option<String>,
}

/// To whom a recommendation is addressed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Address {
    /// The recommendation
    recommendation: String,
    /// A party (repeatable)
    #[arg(long, value_name = "PARTY")]
    to: Vec<String>,
    /// A group: a dialogue = all its partners, DIALOGUE/GROUP = those of one group (repeatable)
    #[arg(long, value_name = "GROUP")]
    to_group: Vec<String>,
    /// The words of the text (all partner countries)
    #[arg(long, value_name = "WORDS")]
    as_written: Option<String>,
    /// The day whose membership decides; the day of adoption when not given
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    #[command(flatten)]
    write: Write,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let parent = match &list.recommendation {
                Some(recommendation) => {
                    name::expand(name::RECOMMENDATION, recommendation, dialogue)?
                }
                None => format!("{}/recommendations/-", crate::event::any_dialogue(ctx)?),
            };
            let request = v1::ListAddresseesRequest {
                parent,
                party: name::expand_some(name::PARTY, &list.party, None)?,
                responses: list.response,
                implementations: list.implementation,
                due_by: list.due_by.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut addressee: v1::Addressee = add.adding.base(ctx)?;
            if add.party.is_some() {
                addressee.party = name::expand_some(name::PARTY, &add.party, None)?;
            }
            addressee.addressed = when::civil_some(&add.addressed).or(addressee.addressed);
            addressee.voluntary |= add.voluntary;
            if add.lead_post.is_some() {
                addressee.lead_post = name::expand_some(name::POST, &add.lead_post, dialogue)?;
            }
            addressee.next_due = when::civil_some(&add.next_due).or(addressee.next_due);
            addressee.note = add.note.unwrap_or(addressee.note);
            let parent = name::expand_some(name::RECOMMENDATION, &add.recommendation, dialogue)?;
            record::add(ctx, &NOUN, parent, addressee, &add.adding).await
        }
        Command::Respond(asked) => respond(ctx, *asked).await,
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// `addressee respond`, and `respond` for short.
pub(crate) async fn respond(ctx: &mut Context<'_>, asked: Respond) -> Result<()> {
    let request = v1::RespondAddresseeRequest {
        response: asked.response.unwrap_or_default(),
        word: asked.word.unwrap_or_default(),
        vocabulary: name::expand_some(name::VOCABULARY, &asked.vocabulary, None)?,
        on: when::civil_some(&asked.on),
        claims_already_implemented: asked.already_implemented,
        provenance: crate::source::provenance(&asked.source, &asked.quote)?,
        ..Default::default()
    };
    record::act(ctx, &NOUN, &asked.step, request).await
}

/// `recommendation address`.
pub(crate) async fn address(ctx: &mut Context<'_>, asked: Address) -> Result<()> {
    let dialogue = ctx.global.dialogue.as_deref();
    let request = v1::AddressRecommendationRequest {
        recommendation: name::expand(name::RECOMMENDATION, &asked.recommendation, dialogue)?,
        parties: name::expand_all(name::PARTY, &asked.to, None)?,
        groups: asked
            .to_group
            .iter()
            .map(|group| expand_group(group))
            .collect::<Result<_>>()?,
        as_written: asked.as_written.unwrap_or_default(),
        on: when::civil_some(&asked.on),
        ..Default::default()
    };
    let mut request = reflect(&request)?;
    asked.write.fill(&mut request)?;
    let answer = ctx
        .connect()?
        .call(&method(NOUN.service, "AddressRecommendation")?, &request)
        .await?;
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        return output::data(ctx, &answer);
    }
    let answer: v1::AddressRecommendationResponse = answer
        .transcode_to()
        .map_err(|e| crate::error::Failure::other("UNREADABLE_ANSWER", e.to_string()))?;
    let created = answer
        .created
        .iter()
        .map(reflect)
        .collect::<Result<Vec<_>>>()?;
    output::records(ctx, NOUN.columns, &created)?;
    if !answer.existing.is_empty() {
        ctx.say(format_args!("{} addressed before", answer.existing.len()))?;
    }
    asked.write.note(ctx)
}

/// `rabat` and `dialogues/rabat` are all partners, `rabat/africa` those of one group.
fn expand_group(given: &str) -> Result<String> {
    name::expand(name::DIALOGUE, given, None).or_else(|_| name::expand(name::GROUP, given, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_dialogue_or_a_part_of_one() {
        assert_eq!(expand_group("rabat").unwrap(), "dialogues/rabat");
        assert_eq!(expand_group("dialogues/rabat").unwrap(), "dialogues/rabat");
        assert_eq!(
            expand_group("rabat/africa").unwrap(),
            "dialogues/rabat/groups/africa"
        );
        assert_eq!(
            expand_group("dialogues/rabat/groups/africa").unwrap(),
            "dialogues/rabat/groups/africa"
        );
        assert!(expand_group("a/b/c").is_err());
    }
}
