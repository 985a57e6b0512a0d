//! The life of a report: draft -> submitted -> verified -> published, with a way back to its authors.

use rapporteur_proto::recommendations::v1::ProgressReportState as State;
use rapporteur_records::Result;
use rapporteur_records::edit::illegal_move;

/// What can be done with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It is written on.
    Update,
    /// It is handed in.
    Submit,
    /// It goes back to its authors.
    Return,
    /// They take it up again.
    Redraft,
    /// Somebody else finds it right.
    Verify,
    /// It is published.
    Publish,
    /// It is taken back.
    Retract,
}

/// Every move that there is: from, verb, to.
pub const MOVES: [(State, Verb, State); 7] = [
    (State::Draft, Verb::Update, State::Draft),
    (State::Draft, Verb::Submit, State::Submitted),
    (State::Submitted, Verb::Return, State::Returned),
    (State::Submitted, Verb::Verify, State::Verified),
    (State::Returned, Verb::Redraft, State::Draft),
    (State::Verified, Verb::Publish, State::Published),
    (State::Published, Verb::Retract, State::Retracted),
];

impl Verb {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Submit => "submit",
            Self::Return => "return",
            Self::Redraft => "redraft",
            Self::Verify => "verify",
            Self::Publish => "publish",
            Self::Retract => "retract",
        }
    }

    /// Whether it undoes or refuses something, so that somebody will ask why.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Return | Self::Retract)
    }
}

/// The state after a move of the report called `name`.
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

fn word(state: State) -> &'static str {
    match state {
        State::Unspecified | State::Draft => "a draft",
        State::Submitted => "submitted",
        State::Returned => "returned",
        State::Verified => "verified",
        State::Published => "published",
        State::Retracted => "retracted",
    }
}
