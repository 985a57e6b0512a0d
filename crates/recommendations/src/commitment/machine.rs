//! The life of a commitment: proposed -> accepted -> in progress -> completed -> verified -> closed, and its
//! detours. One table says which verb does what.

use rapporteur_proto::recommendations::v1::CommitmentState as State;
use rapporteur_records::Result;
use rapporteur_records::edit::illegal_move;

/// What can be done with a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// An owner takes it on.
    Accept,
    /// Nobody takes it on.
    Decline,
    /// Work begins.
    Start,
    /// Work stops for now.
    Hold,
    /// Work goes on.
    Resume,
    /// Its owner says that it is done.
    Complete,
    /// It is not done after all.
    Reopen,
    /// A verified report says that it is done.
    Verify,
    /// Nothing more is expected.
    Close,
    /// It will not be done.
    Cancel,
    /// Others take it over.
    Reassign,
}

/// Where a move leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To this state.
    State(State),
    /// To where it stood before it was put on hold.
    Back,
    /// Nowhere: it stays where it is.
    Same,
}

/// Every move that there is: from, verb, to.
pub const MOVES: [(State, Verb, To); 17] = [
    (State::Proposed, Verb::Accept, To::State(State::Accepted)),
    (State::Proposed, Verb::Decline, To::State(State::Declined)),
    (State::Accepted, Verb::Start, To::State(State::InProgress)),
    (State::Accepted, Verb::Hold, To::State(State::OnHold)),
    (State::Accepted, Verb::Cancel, To::State(State::Cancelled)),
    (State::Accepted, Verb::Reassign, To::Same),
    (
        State::InProgress,
        Verb::Complete,
        To::State(State::Completed),
    ),
    (State::InProgress, Verb::Hold, To::State(State::OnHold)),
    (State::InProgress, Verb::Cancel, To::State(State::Cancelled)),
    (State::InProgress, Verb::Reassign, To::Same),
    (State::OnHold, Verb::Resume, To::Back),
    (State::OnHold, Verb::Cancel, To::State(State::Cancelled)),
    // Who does it may be just why it stands still.
    (State::OnHold, Verb::Reassign, To::Same),
    (
        State::Completed,
        Verb::Verify,
        To::State(State::VerifiedComplete),
    ),
    (State::Completed, Verb::Reopen, To::State(State::InProgress)),
    (
        State::VerifiedComplete,
        Verb::Close,
        To::State(State::Closed),
    ),
    // Records made before states were required are proposals.
    (State::Unspecified, Verb::Accept, To::State(State::Accepted)),
];

impl Verb {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Start => "start",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Complete => "complete",
            Self::Reopen => "reopen",
            Self::Verify => "verify",
            Self::Close => "close",
            Self::Cancel => "cancel",
            Self::Reassign => "reassign",
        }
    }

    /// Whether it undoes or refuses something, so that somebody will ask why.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Decline | Self::Hold | Self::Reopen | Self::Cancel | Self::Reassign
        )
    }
}

/// Where a move of the commitment called `name` leads.
pub fn step(name: &str, from: State, verb: Verb) -> Result<To> {
    let legal = || MOVES.iter().filter(move |(state, ..)| *state == from);
    match legal().find(|(_, v, _)| *v == verb) {
        Some((.., to)) => Ok(*to),
        None => {
            let verbs: Vec<&str> = legal().map(|(_, verb, _)| verb.word()).collect();
            Err(illegal_move(name, word(from), verb.word(), &verbs))
        }
    }
}

/// Whether a commitment may be recorded afterwards as standing there; the others follow from what others said.
pub fn may_begin(state: State) -> bool {
    matches!(
        state,
        State::Proposed
            | State::Accepted
            | State::Declined
            | State::InProgress
            | State::OnHold
            | State::Cancelled
    )
}

/// The word for a state.
pub fn word(state: State) -> &'static str {
    match state {
        State::Unspecified | State::Proposed => "proposed",
        State::Accepted => "accepted",
        State::Declined => "declined",
        State::InProgress => "in progress",
        State::OnHold => "on hold",
        State::Completed => "completed",
        State::VerifiedComplete => "verified complete",
        State::Closed => "closed",
        State::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_records::Error;

    use super::*;

    /// domain.md, section 2: one row a state, its verbs; anything else is refused.
    const LEGAL: [(State, &[Verb]); 9] = [
        (State::Proposed, &[Verb::Accept, Verb::Decline]),
        (
            State::Accepted,
            &[Verb::Start, Verb::Hold, Verb::Cancel, Verb::Reassign],
        ),
        (State::Declined, &[]),
        (
            State::InProgress,
            &[Verb::Complete, Verb::Hold, Verb::Cancel, Verb::Reassign],
        ),
        (State::OnHold, &[Verb::Resume, Verb::Cancel, Verb::Reassign]),
        (State::Completed, &[Verb::Verify, Verb::Reopen]),
        (State::VerifiedComplete, &[Verb::Close]),
        (State::Closed, &[]),
        (State::Cancelled, &[]),
    ];
    const VERBS: [Verb; 11] = [
        Verb::Accept,
        Verb::Decline,
        Verb::Start,
        Verb::Hold,
        Verb::Resume,
        Verb::Complete,
        Verb::Reopen,
        Verb::Verify,
        Verb::Close,
        Verb::Cancel,
        Verb::Reassign,
    ];

    #[test]
    fn every_pair_of_state_and_verb() {
        for (from, legal) in LEGAL {
            for verb in VERBS {
                match step("x", from, verb) {
                    Ok(_) => assert!(legal.contains(&verb), "{from:?} {verb:?}"),
                    Err(Error::Precondition { legal: told, .. }) => {
                        assert!(!legal.contains(&verb), "{from:?} {verb:?}");
                        let words: Vec<_> = legal.iter().map(|v| v.word().to_owned()).collect();
                        assert_eq!(told, words, "{from:?} {verb:?}");
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
}
