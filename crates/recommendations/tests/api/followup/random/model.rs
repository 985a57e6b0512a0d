//! What a history comes to, in plain memory. It shares no code with the service.

use std::collections::BTreeSet;

use super::*;

/// A report, as the model has it.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) subject: usize,
    pub(super) state: State,
    pub(super) claimed: I,
    pub(super) authors: BTreeSet<usize>,
    pub(super) author_post: usize,
    pub(super) submitted_as: BTreeSet<usize>,
}

/// Everything, as the model has it.
pub(super) struct Model {
    pub(super) reports: Vec<Written>,
    pub(super) implementations: [I; 3],
    pub(super) responses: [Response; 2],
    /// By which text each is superseded.
    pub(super) superseded_by: [Option<usize>; TEXTS],
}

/// Who is at a post on the day.
pub(super) fn holder(post: usize) -> &'static str {
    ["", "amina", "paula", "amina"][post]
}

/// Whether a verified report may say so of what stands there.
pub(super) fn may_find(from: I, to: I) -> bool {
    match (from, to) {
        (from, to) if from == to => true,
        (I::NotApplicable, _) => false,
        (I::None, _) | (_, I::NotApplicable) => true,
        (I::NotStarted, to) => to != I::Stalled,
        (I::Planned, to) => to != I::NotStarted,
        (I::InProgress, to) => matches!(to, I::PartiallyImplemented | I::Implemented | I::Stalled),
        (I::PartiallyImplemented, to) => matches!(to, I::Implemented | I::Stalled),
        (I::Stalled | I::Implemented, to) => to == I::InProgress,
        _ => false,
    }
}

pub(super) const ILLEGAL: &str = "ILLEGAL_TRANSITION";

impl Model {
    pub(super) fn new() -> Self {
        Self {
            reports: Vec::new(),
            implementations: [I::None; 3],
            responses: [Response::None; 2],
            superseded_by: [None; TEXTS],
        }
    }

    /// What the command does; or why it does nothing.
    pub(super) fn apply(&mut self, command: &Command) -> Result<(), &'static str> {
        match *command {
            Command::Create {
                subject,
                caller,
                post,
                claimed,
            } => self.reports.push(Written {
                subject,
                state: State::Draft,
                claimed,
                authors: [caller].into(),
                author_post: post,
                submitted_as: BTreeSet::new(),
            }),
            Command::Update {
                report,
                caller,
                claimed,
            } => {
                let report = &mut self.reports[report];
                if report.state != State::Draft {
                    return Err(ILLEGAL);
                }
                report.claimed = claimed;
                report.authors.insert(caller);
            }
            Command::Move {
                report,
                verb,
                caller,
                post,
            } => {
                let report = &mut self.reports[report];
                report.state = match (report.state, verb) {
                    (State::Draft, Verb::Submit) => State::Submitted,
                    (State::Submitted, Verb::Return) => State::Returned,
                    (State::Returned, Verb::Redraft) => State::Draft,
                    (State::Verified, Verb::Publish) => State::Published,
                    (State::Published, Verb::Retract) => State::Retracted,
                    _ => return Err(ILLEGAL),
                };
                if verb == Verb::Submit {
                    report.authors.insert(caller);
                    report.submitted_as.insert(post);
                    if report.author_post == 0 {
                        report.author_post = post;
                    }
                }
            }
            Command::Verify {
                report,
                caller,
                post,
                found,
            } => {
                let report = &mut self.reports[report];
                if report.state != State::Submitted {
                    return Err(ILLEGAL);
                }
                let theirs = report.submitted_as.iter().chain([&report.author_post]);
                let mut theirs = theirs.filter(|p| **p != 0);
                if report.authors.contains(&caller)
                    || (post != 0 && theirs.any(|p| *p == post || holder(*p) == holder(post)))
                {
                    return Err("FOUR_EYES");
                }
                let found = found.unwrap_or(report.claimed);
                let stands = &mut self.implementations[report.subject];
                if !may_find(*stands, found) {
                    return Err(ILLEGAL);
                }
                *stands = found;
                report.state = State::Verified;
            }
            Command::Respond { subject, response } => {
                let stands = &mut self.responses[subject];
                if response == Response::UnderConsideration && *stands != Response::None {
                    return Err(ILLEGAL);
                }
                *stands = response;
            }
            Command::Overwrite { .. } => {}
            Command::Supersede { text, successor } => {
                if text == successor {
                    return Err("INVALID_ARGUMENT");
                }
                if self.superseded_by[text].is_some() {
                    return Err(ILLEGAL);
                }
                let mut above = Some(successor);
                while let Some(next) = above {
                    if next == text {
                        return Err("INVALID_ARGUMENT");
                    }
                    above = self.superseded_by[next];
                }
                self.superseded_by[text] = Some(successor);
            }
        }
        Ok(())
    }
}
