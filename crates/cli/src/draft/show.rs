//! Proposals for people and for programs.

use rapporteur_posts::{Body, Draft, Event, Proposal};

use crate::context::Context;
use crate::error::Result;
use crate::output::{self, Format};

/// Longest quote of a table, in characters.
const QUOTE: usize = 80;

/// Every proposal with its rule, confidence and words; as JSON the whole draft.
pub(super) fn all(ctx: &mut Context<'_>, draft: &Draft) -> Result<()> {
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        return output::data(ctx, draft);
    }
    let proposals: Vec<&Proposal> = draft
        .posts
        .iter()
        .flat_map(|post| &post.proposals)
        .collect();
    let row = |(at, proposal): (usize, &&Proposal)| {
        let evidence = &proposal.evidence;
        vec![
            (at + 1).to_string(),
            proposal.id.clone(),
            format!("{:.2}", evidence.confidence),
            evidence.rule.clone(),
            says(&proposal.record),
            shortened(&evidence.quote.text),
        ]
    };
    let rows: Vec<Vec<String>> = proposals.iter().enumerate().map(row).collect();
    output::table(
        ctx,
        &["nr", "proposal", "confidence", "rule", "says", "quote"],
        &rows,
    )?;
    ctx.say(format_args!(
        "{} proposals from {} posts; nothing was written",
        rows.len(),
        draft.posts.len()
    ))
}

fn shortened(quote: &str) -> String {
    let line = quote.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= QUOTE {
        return line;
    }
    let head: String = line.chars().take(QUOTE - 1).collect();
    format!("{head}…")
}

/// What a proposal says, on one line.
pub(super) fn says(record: &Body) -> String {
    match record {
        Body::Event(event) => of_event(event),
        Body::Claim(claim) => {
            let value = claim
                .value
                .map_or("an unknown number of".to_owned(), |value| value.to_string());
            let total = claim
                .total
                .map_or(String::new(), |total| format!(" of {total}"));
            let unit = if claim.unit.is_empty() {
                String::new()
            } else {
                format!(" {}", claim.unit)
            };
            let period = if claim.period.is_empty() {
                String::new()
            } else {
                format!(" in {}", claim.period)
            };
            format!(
                "{value}{total}{unit} {}{period}{}",
                claim.measure,
                of(&claim.event)
            )
        }
        Body::Takeaway(it) => format!("{} {}: {}{}", it.list, it.number, it.text, of(&it.event)),
        Body::Instrument(it) => {
            let number = it
                .number
                .map_or(it.symbol.clone(), |number| format!("no. {number}"));
            let year = it.year.map_or(String::new(), |year| format!(" of {year}"));
            let title = if it.title.is_empty() {
                String::new()
            } else {
                format!(": {}", it.title)
            };
            format!("{} {number}{year}{title}", it.kind)
        }
        Body::Theme(it) => format!("theme {} (#{}){}", it.theme, it.hashtag, of(&it.event)),
        Body::Link(it) => format!("{} {}{}", it.url, it.title, of(&it.event)),
        Body::Party(it) => format!("new {} {} ({})", it.kind, it.title, it.id),
    }
}

fn of(event: &str) -> String {
    if event.is_empty() {
        String::new()
    } else {
        format!(" [{event}]")
    }
}

fn of_event(event: &Event) -> String {
    let mut parts = vec![format!("{} \"{}\"", event.kind, event.title)];
    if let Some(start) = &event.start {
        let day = if start.value.is_empty() {
            format!("\"{}\"", start.as_written)
        } else {
            start.value.clone()
        };
        parts.push(
            event
                .end
                .as_ref()
                .map_or(day.clone(), |end| format!("{day} to {}", end.value)),
        );
    }
    if let Some(place) = &event.place {
        let place: Vec<&str> = [place.name.as_str(), place.country.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        parts.push(place.join(" "));
    }
    let role = |role: &rapporteur_posts::Role| {
        let who = if role.party.is_empty() {
            format!("\"{}\" (unknown)", role.written)
        } else {
            role.party.clone()
        };
        format!("{} {who}", role.role)
    };
    parts.extend(event.roles.iter().map(role));
    if !event.agenda.is_empty() {
        parts.push(format!("{} points on the agenda", event.agenda.len()));
    }
    parts.push(if event.name.is_empty() {
        "of no dialogue yet: edit name".to_owned()
    } else {
        format!("as {}", event.name)
    });
    parts.join("; ")
}
