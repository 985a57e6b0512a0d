//! Trace: the life of a record, hop by hop.

use std::collections::HashSet;

use rapporteur_proto::gateway::v1::{Hop, TraceRequest, TraceResponse};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::record::AsOf;
use crate::{language, name, status};

const SERVICE: &str = "rapporteur.gateway.v1.TraceService";

/// Which record.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// An event, an instrument, a recommendation, an addressee or a commitment: its name in full, or short
    /// with its noun (event:rabat/x)
    name: String,
    /// Wait until everything recorded before this call is seen
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    when: AsOf,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let name = full(&ask.name, ctx.global.dialogue.as_deref())?;
    let to = ctx.connect()?;
    let at_least = if ask.fresh {
        status::heads(&to).await?
    } else {
        Vec::new()
    };
    let answer: TraceResponse = to
        .ask(
            SERVICE,
            &TraceRequest {
                name,
                at_least,
                as_of: ask.when.as_of,
            },
        )
        .await?;
    let asked = ctx.global.lang.clone();
    let asked = asked.as_deref();
    match ctx.global.output {
        Format::Json | Format::Yaml => output::data(ctx, &reflect(&answer)?),
        Format::Csv => {
            let rows: Vec<Vec<String>> = answer
                .hops
                .iter()
                .enumerate()
                .map(|(at, hop)| row(at, hop, asked))
                .collect();
            output::table(ctx, &HEADINGS, &rows)
        }
        Format::Table => {
            let rows = folded(&answer.hops, asked);
            output::table(ctx, &HEADINGS, &rows)
        }
    }
}

const HEADINGS: [&str; 9] = [
    "hop", "date", "kind", "record", "state", "how", "who", "what", "quote",
];

/// A row a hop, but one for all addressees of a recommendation that stand alike and lead no further.
fn folded(hops: &[Hop], asked: Option<&str>) -> Vec<Vec<String>> {
    let leads_on: HashSet<usize> = hops
        .iter()
        .filter_map(|hop| usize::try_from(hop.from_hop?).ok())
        .collect();
    let folds = |at: usize| hops[at].kind == "addressee" && !leads_on.contains(&at);
    let alike = |one: &Hop, other: &Hop| {
        (one.from_hop, &one.state, &one.date) == (other.from_hop, &other.state, &other.date)
    };
    let mut rows = Vec::new();
    let mut at = 0;
    while at < hops.len() {
        let run = (at..hops.len())
            .take_while(|next| folds(at) && folds(*next) && alike(&hops[at], &hops[*next]))
            .count();
        let mut row = row(at, &hops[at], asked);
        if run > 1 {
            let who = hops[at..at + run]
                .iter()
                .flat_map(|hop| &hop.actors)
                .map(|actor| name::short(actor));
            row[0] = format!("{}-{}", at + 1, at + run);
            row[3] = String::new();
            row[6] = who.collect::<Vec<_>>().join(" ");
            row[7] = format!("{run} addressees");
            row[8] = String::new();
        }
        rows.push(row);
        at += run.max(1);
    }
    rows
}

/// `event:x`, `instrument:x`, `recommendation:x`, or a full name.
fn full(given: &str, dialogue: Option<&str>) -> Result<String> {
    let patterns = [
        ("event", name::EVENT),
        ("instrument", name::INSTRUMENT),
        ("recommendation", name::RECOMMENDATION),
        ("addressee", name::ADDRESSEE),
        ("commitment", name::COMMITMENT),
    ];
    if let Some((noun, short)) = given.split_once(':') {
        let found = patterns.iter().find(|(known, _)| *known == noun);
        let (_, pattern) = found.ok_or_else(|| {
            let known: Vec<&str> = patterns.iter().map(|(known, _)| *known).collect();
            Failure::usage(format!("{noun} has no trace; {} have", known.join(", ")))
        })?;
        return name::expand(pattern, short, dialogue);
    }
    if given.starts_with("dialogues/") {
        return Ok(given.to_owned());
    }
    Err(Failure::usage(format!(
        "{given}: say what it is, as recommendation:{given}"
    )))
}

fn row(at: usize, hop: &Hop, asked: Option<&str>) -> Vec<String> {
    let how = match hop.from_hop {
        Some(from) if !hop.relation.is_empty() => format!("{} {}", hop.relation, from + 1),
        _ => hop.relation.clone(),
    };
    let date = hop.date.as_ref().map(|d| {
        if d.value.is_empty() {
            d.as_written.clone()
        } else {
            d.value.clone()
        }
    });
    vec![
        (at + 1).to_string(),
        date.unwrap_or_default(),
        hop.kind.clone(),
        name::short(&hop.name),
        state(&hop.state),
        how,
        hop.actors
            .iter()
            .map(|actor| name::short(actor))
            .collect::<Vec<_>>()
            .join(", "),
        language::words(&hop.title, asked),
        hop.provenance
            .iter()
            .map(|it| it.quote.as_str())
            .find(|quote| !quote.is_empty())
            .unwrap_or_default()
            .to_owned(),
    ]
}

/// `EVENT_STATE_HELD` as `held`.
fn state(spelled: &str) -> String {
    let known = rapporteur_proto::descriptor_pool()
        .all_enums()
        .find_map(|values| {
            let value = values.get_value_by_name(spelled)?;
            Some(crate::word::word(&values, value.number()))
        });
    known.unwrap_or_else(|| spelled.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_with_its_noun_or_in_full() {
        let name = "dialogues/rabat/events/x";
        assert_eq!(full("event:x", Some("rabat")).unwrap(), name);
        assert_eq!(full("event:rabat/x", None).unwrap(), name);
        assert_eq!(full(name, None).unwrap(), name);
        assert_eq!(full("rabat/x", None).unwrap_err().exit_code(), 2);
        assert_eq!(full("party:pt", None).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn addressees_that_stand_alike_share_a_row() {
        let hop = |kind: &str, who: &str, state: &str, from_hop| Hop {
            kind: kind.into(),
            actors: vec![format!("parties/{who}")],
            state: state.into(),
            from_hop,
            ..Hop::default()
        };
        let hops = [
            hop("recommendation", "x", "", None),
            hop("addressee", "at", "IMPLEMENTATION_NONE", Some(0)),
            hop("addressee", "be", "IMPLEMENTATION_NONE", Some(0)),
            hop("addressee", "ch", "IMPLEMENTATION_PLANNED", Some(0)),
            hop("response", "ch", "", Some(3)),
        ];
        let rows = folded(&hops, None);
        assert_eq!(
            rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
            ["1", "2-3", "4", "5"]
        );
        assert_eq!(
            (rows[1][6].as_str(), rows[1][7].as_str()),
            ("at be", "2 addressees")
        );
    }

    #[test]
    fn a_hop_says_who_acts_in_which_words() {
        let quoted = |quote: &str| rapporteur_proto::r#type::v1::Provenance {
            quote: quote.into(),
            ..Default::default()
        };
        let hop = Hop {
            kind: "response".into(),
            actors: vec!["parties/pt".into()],
            provenance: vec![quoted(""), quoted("Portugal accepts"), quoted("later")],
            ..Hop::default()
        };
        let row = row(0, &hop, None);
        assert_eq!(
            (row[6].as_str(), row[8].as_str()),
            ("pt", "Portugal accepts")
        );
    }

    #[test]
    fn states_are_shown_as_words() {
        assert_eq!(state("EVENT_STATE_HELD"), "held");
        assert_eq!(state("RESPONSE_SUPPORTED_IN_PART"), "supported-in-part");
        assert_eq!(state(""), "");
    }
}
