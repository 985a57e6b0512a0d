//! Writers at both gateways, who repeat what they asked for until they know what became of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tonic::Code;

use super::door::Door;
use super::record::{Call, DIALOGUE, Noun, Seen};
use crate::harness::PATIENCE;

const WRITERS: usize = 32;
/// Records of each noun that all writers count in.
pub(crate) const COUNTERS: usize = 4;

/// What the writers know at the end.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The operations that were acknowledged.
    pub(crate) acked: BTreeSet<String>,
    /// How many were refused, since somebody else came first.
    pub(crate) conflicts: u64,
    /// How often a call was repeated.
    pub(crate) repeated: u64,
    /// The longest time in which nobody was acknowledged anything.
    pub(crate) longest: Duration,
}

/// What the writers have in common.
struct Shared {
    enough: AtomicBool,
    acked: AtomicU64,
    /// When the last answer came, and the longest time between two.
    pace: Mutex<(Instant, Duration)>,
}

impl Shared {
    fn ack(&self) {
        self.acked.fetch_add(1, SeqCst);
        let (last, longest) = &mut *self.pace.lock().unwrap();
        *longest = (*longest).max(last.elapsed());
        *last = Instant::now();
    }
}

/// A load that runs.
pub(crate) struct Load {
    shared: Arc<Shared>,
    writers: JoinSet<Known>,
}

impl Load {
    /// Starts it; half of the writers begin at each gateway, and half write to each service.
    pub(crate) fn start(doors: &[Door; 2], kind: &str) -> Self {
        let shared = Arc::new(Shared {
            enough: AtomicBool::new(false),
            acked: AtomicU64::new(0),
            pace: Mutex::new((Instant::now(), Duration::ZERO)),
        });
        let mut writers = JoinSet::new();
        for number in 0..WRITERS {
            let noun = [Noun::Event, Noun::Instrument][number / 2 % 2];
            let door = doors[number % 2].clone();
            let who = format!("{kind}-{number}");
            writers.spawn(write(noun, door, who, number, shared.clone()));
        }
        Self { shared, writers }
    }

    /// Waits until so many more are acknowledged.
    pub(crate) async fn more(&self, count: u64) {
        let (deadline, wanted) = (
            Instant::now() + PATIENCE,
            self.shared.acked.load(SeqCst) + count,
        );
        while self.shared.acked.load(SeqCst) < wanted {
            assert!(
                Instant::now() < deadline,
                "nothing is acknowledged any more"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets the writers end with what they have in hand.
    pub(crate) async fn end(self) -> Known {
        self.shared.enough.store(true, SeqCst);
        let mut known = Known::default();
        for one in self.writers.join_all().await {
            known.acked.extend(one.acked);
            known.conflicts += one.conflicts;
            known.repeated += one.repeated;
        }
        known.longest = self.shared.pace.lock().unwrap().1;
        known
    }
}

/// The name of a record in which all writers of a noun count.
pub(crate) fn counter(noun: Noun, number: usize) -> String {
    let collection = match noun {
        Noun::Event => "events",
        Noun::Instrument => "instruments",
    };
    format!("{DIALOGUE}/{collection}/counter-{number}")
}

/// In turns: a record of its own, a count in it, and a count in one that others count in too.
async fn write(
    noun: Noun,
    mut door: Door,
    who: String,
    number: usize,
    shared: Arc<Shared>,
) -> Known {
    let mut known = Known::default();
    let mut own: Option<Seen> = None;
    for round in 0.. {
        if shared.enough.load(SeqCst) {
            break;
        }
        let op = format!("{who}-{round}");
        let call = match (round % 3, own.take()) {
            (1, Some(seen)) => Call::Count(seen),
            (2, _) => {
                let get = Call::Get(counter(noun, (round + number) % COUNTERS));
                Call::Count(door.insist(noun, &get, "").await.unwrap())
            }
            _ => Call::Create(op.clone()),
        };
        let written = match door.insist(noun, &call, &op).await {
            Ok(seen) => {
                own = Some(seen);
                true
            }
            // Nobody else writes its own records: a conflict there would be a request that was done twice.
            Err(status) => {
                assert_eq!((round % 3, status.code()), (2, Code::Aborted), "{status:?}");
                false
            }
        };
        if written {
            shared.ack();
            known.acked.insert(op);
        } else {
            known.conflicts += 1;
        }
    }
    known.repeated = door.repeated;
    known
}
