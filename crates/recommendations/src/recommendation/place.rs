//! Where a recommendation stands: its index rows, the order of the elements, the tree.

use bytes::Bytes;
use rapporteur_proto::recommendations::v1::Recommendation;
use rapporteur_records::{Draft, Error, Range, Records, Result, layout, name};
use rapporteur_store::key::Key;

use super::RECOMMENDATION;

/// dialogue, instrument or event, path, order: everything, in the order of the instruments.
const ALL: u8 = 1;
/// instrument, path, order.
const INSTRUMENT: u8 = 2;
/// event, path, order: only those that name the event themselves.
const EVENT: u8 = 3;
/// instrument, path, order: only those that name no event; theirs is that of the instrument.
const INSTRUMENT_ONLY: u8 = 4;
/// parent, order, path.
const BELOW: u8 = 5;

/// Deepest tree of elements.
const DEEPEST: usize = 100;

/// The index rows of a recommendation.
pub(super) fn index(r: &Recommendation) -> Vec<Bytes> {
    let begin = |index| layout::index(RECOMMENDATION.kind, index);
    let place = |key: Key| {
        key.str(&natural(&r.path))
            .i64(r.order.into())
            .str(&r.name)
            .into_bytes()
    };
    let made_by = if r.instrument.is_empty() {
        &r.event
    } else {
        &r.instrument
    };
    let mut rows = vec![place(begin(ALL).str(name::parent_of(&r.name)).str(made_by))];
    if !r.instrument.is_empty() {
        rows.push(place(begin(INSTRUMENT).str(&r.instrument)));
    }
    if !r.event.is_empty() {
        rows.push(place(begin(EVENT).str(&r.event)));
    } else {
        rows.push(place(begin(INSTRUMENT_ONLY).str(&r.instrument)));
    }
    if !r.parent_recommendation.is_empty() {
        let below = begin(BELOW)
            .str(&r.parent_recommendation)
            .i64(r.order.into());
        rows.push(below.str(&natural(&r.path)).str(&r.name).into_bytes());
    }
    rows
}

fn range(index: u8, of: &str) -> Range {
    let key = layout::index(RECOMMENDATION.kind, index);
    Range::prefix(if of.is_empty() { key } else { key.str(of) }.into_bytes())
}

/// Rows of a dialogue, or of all when it is empty.
pub(super) fn of_dialogue(dialogue: &str) -> Range {
    range(ALL, dialogue)
}

/// Rows of the elements of an instrument.
pub fn of_instrument(instrument: &str) -> Range {
    range(INSTRUMENT, instrument)
}

/// Rows of the elements that name an event.
pub(super) fn of_event(event: &str) -> Range {
    range(EVENT, event)
}

/// Rows of the elements of an instrument that name no event.
pub(super) fn of_instrument_only(instrument: &str) -> Range {
    range(INSTRUMENT_ONLY, instrument)
}

/// Rows of the elements directly below another.
pub(super) fn below(parent: &str) -> Range {
    range(BELOW, parent)
}

/// A path so that `R.2` comes before `R.10`, and `2` before `2(a)` before `3`.
fn natural(path: &str) -> String {
    let mut sorted = String::new();
    let mut digits = String::new();
    for c in path.chars().map(Some).chain([None]) {
        match c.filter(char::is_ascii_digit) {
            Some(digit) => digits.push(digit),
            None => {
                if !digits.is_empty() {
                    sorted += &format!("{digits:0>9}");
                    digits.clear();
                }
                sorted.extend(c.into_iter().flat_map(char::to_lowercase));
            }
        }
    }
    sorted
}

/// An element may stand anywhere but below itself. The commit holds only if every element above is as it was
/// read, so of two moves that would make a cycle together the second fails.
pub(super) async fn under_no_cycle(
    records: &Records,
    draft: &mut Draft<'_, Recommendation>,
) -> Result<()> {
    let field = "recommendation.parent_recommendation";
    let unmoved = draft
        .old
        .as_ref()
        .is_some_and(|(old, _)| old.parent_recommendation == draft.new.parent_recommendation);
    // Nothing can stand below a record that does not exist yet.
    if draft.old.is_none() && draft.new.parent_recommendation != draft.new.name || unmoved {
        return Ok(());
    }
    let name = draft.new.name.clone();
    let mut above = draft.new.parent_recommendation.clone();
    let mut walked = vec![name.clone()];
    while !above.is_empty() {
        if above == name {
            return Err(Error::invalid(
                field,
                format!("makes a cycle: {} < {name}", walked.join(" < ")),
            ));
        }
        if walked.len() > DEEPEST {
            return Err(Error::invalid(
                field,
                format!("has more than {DEEPEST} elements above it"),
            ));
        }
        let (record, version) = records.referred(&RECOMMENDATION, field, &above).await?;
        draft.change.check_record(&RECOMMENDATION, &above, version);
        walked.push(above);
        above = record.parent_recommendation;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_sort_as_they_are_read() {
        let sorted = [
            "", "1", "2", "2(a)", "2(b)", "2(b)(i)", "3", "10", "R.2", "R.14",
        ];
        for pair in sorted.windows(2) {
            assert!(natural(pair[0]) < natural(pair[1]), "{pair:?}");
        }
        // Longest keys stay within the store's bound.
        let longest = Recommendation {
            name: format!("dialogues/{0}/recommendations/{0}", "a".repeat(63)),
            instrument: format!("dialogues/{0}/instruments/{0}", "a".repeat(63)),
            path: "1a".repeat(20),
            ..Recommendation::default()
        };
        assert!(index(&longest).iter().all(|key| key.len() < 1_024));
    }
}
