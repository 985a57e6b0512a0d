//! Which records have changed between two states of the record.

use rapporteur_proto::gateway::v1::FigureChange;
use rapporteur_proto::r#type::v1::LocalizedText;

use crate::model::{Model, Table};
use crate::scope::dialogue_of;

/// The records of a dialogue that are new or other than they were, in the order of names.
pub(super) fn changes(then: &Model, now: &Model, dialogue: &str) -> Vec<FigureChange> {
    let mut found = Vec::new();
    macro_rules! compare {
        ($($table:ident: $text:expr, $state:expr;)*) => {
            $(compare((&then.$table, &now.$table), dialogue, &mut found, $text, $state);)*
        };
    }
    compare! {
        dialogues: |one| &one.title, |_| "";
        posts: |_| &None, |_| "";
        chairmanships: |_| &None, |one| one.state().as_str_name();
        plans: |one| &one.title, |one| one.state().as_str_name();
        nodes: |one| &one.text, |_| "";
        crosswalks: |_| &None, |one| one.kind().as_str_name();
        events: |one| &one.title, |one| one.state().as_str_name();
        instruments: |one| &one.title, |_| "";
        recommendations: |one| &one.text, |one| one.state().as_str_name();
        addressees: |_| &None, |one| one.implementation().as_str_name();
        commitments: |one| &one.title, |one| one.state().as_str_name();
        reports: |one| &one.narrative, |one| one.state().as_str_name();
        assessments: |one| &one.text, |one| one.status().as_str_name();
        schedules: |one| &one.title, |_| "";
        verdicts: |_| &None, |one| one.decision().as_str_name();
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn compare<T: PartialEq>(
    (then, now): (&Table<T>, &Table<T>),
    dialogue: &str,
    found: &mut Vec<FigureChange>,
    text: impl Fn(&T) -> &Option<LocalizedText>,
    state: impl Fn(&T) -> &'static str,
) {
    for (name, one) in now.iter().filter(|(name, _)| dialogue_of(name) == dialogue) {
        let what = match then.get(name) {
            None => "recorded",
            Some(before) if before == one => continue,
            Some(before) if state(before) != state(one) => state(one),
            Some(_) => "changed",
        };
        found.push(FigureChange {
            name: name.clone(),
            what: what.to_owned(),
            text: text(one).clone(),
        });
    }
}
