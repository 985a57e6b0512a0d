//! The life of a text: draft -> tabled -> adopted, and what may come after.

use rapporteur_proto::recommendations::v1::RecommendationState as State;
use rapporteur_records::Result;
use rapporteur_records::edit::illegal_move;

/// What can be done with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A draft is put before the meeting.
    Table,
    /// It goes back to its drafters.
    Redraft,
    /// It is taken back.
    Withdraw,
    /// It is adopted.
    Adopt,
    /// It is not adopted.
    Reject,
    /// Another takes its place.
    Supersede,
    /// Its time limit has passed.
    Elapse,
    /// A decision ends it.
    Retire,
    /// It is adopted again.
    Revive,
    /// A corrigendum replaces the text.
    CorrectText,
}

/// Every move that there is: from, verb, to.
const MOVES: [(State, Verb, State); 12] = [
    (State::Draft, Verb::Table, State::Tabled),
    (State::Tabled, Verb::Redraft, State::Draft),
    (State::Tabled, Verb::Withdraw, State::Withdrawn),
    (State::Tabled, Verb::Adopt, State::Adopted),
    (State::Tabled, Verb::Reject, State::Rejected),
    (State::Adopted, Verb::Supersede, State::Superseded),
    (State::Adopted, Verb::Elapse, State::Elapsed),
    (State::Adopted, Verb::Retire, State::Retired),
    (State::Adopted, Verb::CorrectText, State::Adopted),
    (State::Elapsed, Verb::Revive, State::Adopted),
    (State::Retired, Verb::Revive, State::Adopted),
    // Records made before states were required are drafts.
    (State::Unspecified, Verb::Table, State::Tabled),
];

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Redraft => "redraft",
            Self::Withdraw => "withdraw",
            Self::Adopt => "adopt",
            Self::Reject => "reject",
            Self::Supersede => "supersede",
            Self::Elapse => "elapse",
            Self::Retire => "retire",
            Self::Revive => "revive",
            Self::CorrectText => "correct text",
        }
    }
}

/// The state after a move of the text called `name`.
pub fn step(name: &str, from: State, verb: Verb) -> Result<State> {
    let legal = || MOVES.iter().filter(move |(state, ..)| *state == from);
    match legal().find(|(_, v, _)| *v == verb) {
        Some((.., to)) => Ok(*to),
        None => {
            let verbs: Vec<&str> = legal().map(|(_, verb, _)| verb.word()).collect();
            Err(illegal_move(name, word(from), verb.word(), &verbs))
        }
    }
}

/// Whether the text was adopted once; it does not change any more then.
pub fn was_adopted(state: State) -> bool {
    matches!(
        state,
        State::Adopted | State::Superseded | State::Elapsed | State::Retired
    )
}

fn word(state: State) -> &'static str {
    match state {
        State::Unspecified | State::Draft => "a draft",
        State::Tabled => "tabled",
        State::Adopted => "adopted",
        State::Rejected => "rejected",
        State::Withdrawn => "withdrawn",
        State::Superseded => "superseded",
        State::Elapsed => "elapsed",
        State::Retired => "retired",
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_records::Error;

    use super::*;

    const VERBS: [Verb; 10] = [
        Verb::Table,
        Verb::Redraft,
        Verb::Withdraw,
        Verb::Adopt,
        Verb::Reject,
        Verb::Supersede,
        Verb::Elapse,
        Verb::Retire,
        Verb::Revive,
        Verb::CorrectText,
    ];

    /// domain.md, section 2: one row a state, its verbs; anything else is refused.
    const LEGAL: [(State, &[Verb]); 8] = [
        (State::Draft, &[Verb::Table]),
        (
            State::Tabled,
            &[Verb::Redraft, Verb::Withdraw, Verb::Adopt, Verb::Reject],
        ),
        (
            State::Adopted,
            &[
                Verb::Supersede,
                Verb::Elapse,
                Verb::Retire,
                Verb::CorrectText,
            ],
        ),
        (State::Rejected, &[]),
        (State::Withdrawn, &[]),
        (State::Superseded, &[]),
        (State::Elapsed, &[Verb::Revive]),
        (State::Retired, &[Verb::Revive]),
    ];

    #[test]
    fn every_pair_of_state_and_verb() {
        for (from, legal) in LEGAL {
            for verb in VERBS {
                match step("x", from, verb) {
                    Ok(_) => assert!(legal.contains(&verb), "{from:?} {verb:?}"),
                    Err(Error::Precondition {
                        reason,
                        legal: told,
                        ..
                    }) => {
                        assert!(!legal.contains(&verb), "{from:?} {verb:?}");
                        assert_eq!(reason, "ILLEGAL_TRANSITION");
                        assert_eq!(
                            told,
                            legal
                                .iter()
                                .map(|v| v.word().to_owned())
                                .collect::<Vec<_>>()
                        );
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }

    #[test]
    fn where_moves_lead() {
        let way = [
            Verb::Table,
            Verb::Redraft,
            Verb::Table,
            Verb::Adopt,
            Verb::Elapse,
            Verb::Revive,
            Verb::Retire,
        ];
        let end = way
            .into_iter()
            .fold(State::Draft, |state, verb| step("x", state, verb).unwrap());
        assert_eq!(end, State::Retired);
        assert!(was_adopted(end) && !was_adopted(State::Rejected));
    }
}
