//! Histories of concurrent operations on one record, and the question whether they are linearizable: whether
//! each operation can have happened at one moment between its call and its answer.
//!
//! A client knows a value by number; each write brings a number that no other write brings. So what a
//! version or an etag guards is the value that was read with it, and one model serves every layer.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a module of several test binaries, each uses its part"
)]

use std::future::Future;
use std::sync::Mutex;

use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester, SequentialSpec};

/// What the record holds; none when it is absent.
pub type Value = Option<u64>;

/// An operation on the record.
#[derive(Clone, Debug)]
pub enum Op {
    Read,
    /// Sets `new` whatever is there.
    Write {
        new: Value,
    },
    /// Sets `new` if the record still is what the client had `seen`.
    Replace {
        seen: Value,
        new: Value,
    },
}

/// What it answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Is(Value),
    Done,
    /// The record is not what had been seen, and nothing was done.
    Conflict,
}

/// A record that serves one operation at a time: what the real one must look like.
#[derive(Clone, Debug)]
struct Record(Value);

impl SequentialSpec for Record {
    type Op = Op;
    type Ret = Answer;

    fn invoke(&mut self, op: &Op) -> Answer {
        match *op {
            Op::Read => Answer::Is(self.0),
            Op::Replace { seen, .. } if seen != self.0 => Answer::Conflict,
            Op::Write { new } | Op::Replace { new, .. } => {
                self.0 = new;
                Answer::Done
            }
        }
    }

    fn is_valid_step(&mut self, op: &Op, answer: &Answer) -> bool {
        // Somebody else came in between; the caller is told that nothing was done, and it was not.
        let refused = matches!(op, Op::Write { .. }) && *answer == Answer::Conflict;
        refused || self.invoke(op) == *answer
    }
}

/// What happened to one record, as its clients saw it.
pub struct History(Mutex<Inside>);

struct Inside {
    tester: LinearizabilityTester<u64, Record>,
    clients: u64,
    unknown: u64,
}

impl History {
    /// The history of a record that holds `first`.
    pub fn new(first: Value) -> Self {
        Self(Mutex::new(Inside {
            tester: LinearizabilityTester::new(Record(first)),
            clients: 0,
            unknown: 0,
        }))
    }

    /// Somebody who does one thing after the other.
    pub fn client(&self) -> Client<'_> {
        Client {
            history: self,
            id: self.next_client(),
        }
    }

    fn next_client(&self) -> u64 {
        let mut inside = self.0.lock().unwrap();
        inside.clients += 1;
        inside.clients
    }

    /// How many operations there were, and how many of them had an outcome that nobody knows.
    pub fn operations(&self) -> (usize, u64) {
        let inside = self.0.lock().unwrap();
        (inside.tester.len(), inside.unknown)
    }

    /// Holds when there is an order in which one record alone could have answered all this; else says
    /// what happened.
    pub fn check(&self) -> Result<(), String> {
        let inside = self.0.lock().unwrap();
        match inside.tester.is_consistent() {
            true => Ok(()),
            false => Err(format!("not linearizable: {:#?}", inside.tester)),
        }
    }
}

/// One client of a [`History`].
pub struct Client<'a> {
    history: &'a History,
    id: u64,
}

impl Client<'_> {
    /// Does `op` by polling `call`, which answers none when the outcome is not known: then the operation
    /// may have happened at any moment since, or never.
    pub async fn call(&mut self, op: Op, call: impl Future<Output = Option<Answer>>) {
        let tell = |inside: &mut Inside| inside.tester.on_invoke(self.id, op).map(drop);
        tell(&mut self.history.0.lock().unwrap()).unwrap();
        match call.await {
            Some(answer) => {
                let mut inside = self.history.0.lock().unwrap();
                inside.tester.on_return(self.id, answer).unwrap();
            }
            // For the tester the client is stuck in this call; what it does next is done by another.
            None => {
                self.history.0.lock().unwrap().unknown += 1;
                self.id = self.history.next_client();
            }
        }
    }
}
