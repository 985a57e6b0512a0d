//! The ledger: what one addressee answers and how far it is, change by change.
//!
//! Two machines move it, one for the response and one for the implementation; each change is a dated entry
//! that keeps the word of its source. Silence (`NONE`) is where every addressee begins; nobody reports it.

use jiff::civil::Date;
use rapporteur_proto::recommendations::v1::{Addressee, Implementation, LedgerEntry, Response};
use rapporteur_records::edit::illegal_move;
use rapporteur_records::words::date;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::{Error, Result, Violations};

use crate::addressee::PARTY;
use crate::dated;
use crate::vocabulary::{VOCABULARY, path};

use Implementation as I;
use Response as R;

/// The answers that may follow an answer.
fn answers_after(from: Response) -> &'static [Response] {
    const FINAL: [R; 4] = [R::Supported, R::SupportedInPart, R::Noted, R::NotSupported];
    match from {
        R::Unspecified | R::None => &[
            R::UnderConsideration,
            R::Supported,
            R::SupportedInPart,
            R::Noted,
            R::NotSupported,
        ],
        R::UnderConsideration | R::Supported | R::SupportedInPart | R::Noted | R::NotSupported => {
            &FINAL
        }
    }
}

/// The states of implementation that may follow a state.
fn states_after(from: Implementation) -> &'static [Implementation] {
    match from {
        I::Unspecified | I::None => &[
            I::NotStarted,
            I::Planned,
            I::InProgress,
            I::PartiallyImplemented,
            I::Implemented,
            I::Stalled,
            I::NotApplicable,
        ],
        I::NotStarted => &[
            I::Planned,
            I::InProgress,
            I::PartiallyImplemented,
            I::Implemented,
            I::NotApplicable,
        ],
        I::Planned => &[
            I::InProgress,
            I::PartiallyImplemented,
            I::Implemented,
            I::Stalled,
            I::NotApplicable,
        ],
        // Straight to implemented too: the most usual of all moves, which nobody reports in two steps.
        I::InProgress => &[
            I::PartiallyImplemented,
            I::Implemented,
            I::Stalled,
            I::NotApplicable,
        ],
        I::PartiallyImplemented => &[I::Implemented, I::Stalled, I::NotApplicable],
        I::Stalled => &[I::InProgress, I::NotApplicable],
        // Back to in progress is a regression: with a reason, and verified.
        I::Implemented => &[I::InProgress, I::NotApplicable],
        I::NotApplicable => &[],
    }
}

fn is_final(response: Response) -> bool {
    !matches!(response, R::Unspecified | R::None | R::UnderConsideration)
}

/// `supported_in_part`.
fn answer(response: Response) -> String {
    response
        .as_str_name()
        .trim_start_matches("RESPONSE_")
        .to_lowercase()
}

/// `in_progress`.
fn state(implementation: Implementation) -> String {
    implementation
        .as_str_name()
        .trim_start_matches("IMPLEMENTATION_")
        .to_lowercase()
}

/// Appends a change to the ledger of an addressee and moves it there. `at` is the path of the entry in the
/// request; a change without a day is of `today`.
pub fn append(
    addressee: &mut Addressee,
    mut entry: LedgerEntry,
    at: &str,
    today: Date,
) -> Result<()> {
    let field = |name: &str| path(at, name);
    if entry.on.is_none() {
        entry.on = Some(dated::on(today));
    }
    date::complete(&mut entry.on);
    check(&entry, &field, today)?;
    let (response, implementation) = (entry.response(), entry.implementation());
    if response != R::Unspecified {
        respond(addressee, response, &entry, &field)?;
    }
    if implementation != I::Unspecified {
        confirm_or_move_at(&addressee.name, addressee.implementation(), &entry, &field)?;
        addressee.implementation = implementation.into();
    }
    insert(&mut addressee.entries, entry, &field)
}

fn check(entry: &LedgerEntry, field: &impl Fn(&str) -> String, today: Date) -> Result<()> {
    let mut violations = Violations::default();
    violations.choice::<Response>(&field("response"), entry.response, true);
    violations.choice::<Implementation>(&field("implementation"), entry.implementation, true);
    // A word of another system that tells neither is kept all the same.
    let says = entry.response != 0 || entry.implementation != 0 || !entry.vocabulary.is_empty();
    violations.require(
        says,
        &field("response"),
        "must be stated, or how far the implementation is",
    );
    let days = violations.date(&field("on"), entry.on.as_ref());
    violations.require(
        days.is_none_or(|d| d.first <= today),
        &field("on.value"),
        "lies in the future",
    );
    violations.plain(&field("word"), &entry.word, SHORT);
    violations.plain(&field("reason"), &entry.reason, LONG);
    violations.name(&field("verifier"), &entry.verifier, PARTY);
    violations.name(&field("vocabulary"), &entry.vocabulary, VOCABULARY.pattern);
    if let Some(provenance) = &entry.provenance {
        violations.one_provenance(&field("provenance"), provenance);
    }
    violations.done()
}

fn respond(
    addressee: &mut Addressee,
    to: Response,
    entry: &LedgerEntry,
    field: &impl Fn(&str) -> String,
) -> Result<()> {
    let from = addressee.response();
    let legal = answers_after(from);
    if !legal.contains(&to) {
        let legal: Vec<String> = legal
            .iter()
            .map(|r| format!("respond {}", answer(*r)))
            .collect();
        let legal: Vec<&str> = legal.iter().map(String::as_str).collect();
        return Err(illegal_move(
            &addressee.name,
            &answer(from),
            &format!("respond {}", answer(to)),
            &legal,
        ));
    }
    if is_final(from) {
        need(
            &entry.reason,
            field("reason"),
            "changing a final answer needs one",
        )?;
    }
    addressee.response = to.into();
    Ok(())
}

/// Whether a verified report may say of what `name` is about what its entry says.
pub fn confirm_or_move(name: &str, from: Implementation, entry: &LedgerEntry) -> Result<()> {
    confirm_or_move_at(name, from, entry, &str::to_owned)
}

fn confirm_or_move_at(
    name: &str,
    from: Implementation,
    entry: &LedgerEntry,
    field: &impl Fn(&str) -> String,
) -> Result<()> {
    // A verified report may confirm what stands: an entry without a move.
    if !entry.report.is_empty() && entry.implementation() == from && from != I::None {
        return Ok(());
    }
    may_track(name, from, entry, field)
}

/// Whether what `name` is about may move from a state to that of the entry; of addressees and commitments alike.
fn may_track(
    name: &str,
    from: Implementation,
    entry: &LedgerEntry,
    field: &impl Fn(&str) -> String,
) -> Result<()> {
    let to = entry.implementation();
    if to == I::None {
        return Err(Error::invalid(
            field("implementation"),
            "is silence, which nobody reports",
        ));
    }
    let legal = states_after(from);
    if !legal.contains(&to) {
        let legal: Vec<String> = legal
            .iter()
            .map(|i| format!("verify {}", state(*i)))
            .collect();
        let legal: Vec<&str> = legal.iter().map(String::as_str).collect();
        return Err(illegal_move(
            name,
            &state(from),
            &format!("verify {}", state(to)),
            &legal,
        ));
    }
    if to == I::NotApplicable {
        need(
            &entry.reason,
            field("reason"),
            "that it does not apply needs one",
        )?;
    }
    if from == I::Implemented && to == I::InProgress {
        need(
            &entry.reason,
            field("reason"),
            "going back from implemented needs one",
        )?;
        need(
            &entry.verifier,
            field("verifier"),
            "going back from implemented needs one",
        )?;
    }
    Ok(())
}

fn need(value: &str, field: String, why: &str) -> Result<()> {
    if value.trim().is_empty() {
        Err(Error::invalid(field, format!("is empty; {why}")))
    } else {
        Ok(())
    }
}

/// Puts an entry in its place, by its day. Within one machine the days follow the moves.
fn insert(
    entries: &mut Vec<LedgerEntry>,
    entry: LedgerEntry,
    field: &impl Fn(&str) -> String,
) -> Result<()> {
    let Some(days) = date::days(entry.on.as_ref()) else {
        // A day that is not known comes after what is recorded already.
        entries.push(entry);
        return Ok(());
    };
    let same_machine = |e: &&LedgerEntry| {
        (e.response != 0 && entry.response != 0)
            || (e.implementation != 0 && entry.implementation != 0)
    };
    let last = entries
        .iter()
        .filter(same_machine)
        .filter_map(|e| date::days(e.on.as_ref()))
        .map(|d| d.first)
        .max();
    if let Some(last) = last.filter(|last| days.last < *last) {
        return Err(Error::invalid(
            field("on.value"),
            format!("lies before the last change, of {last}"),
        ));
    }
    let after = entries.iter().rposition(|e| {
        same_machine(&e) || date::days(e.on.as_ref()).is_none_or(|d| d.first <= days.last)
    });
    entries.insert(after.map_or(0, |place| place + 1), entry);
    Ok(())
}

#[cfg(test)]
mod tests;
