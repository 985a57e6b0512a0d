//! What repeats what: recommendations whose texts say the same, kept up with the model.
//!
//! It is made anew at each start, in small steps beside everything else: texts with the same words are one at once, by
//! a digest; for each that is left its near-duplicates are looked for, and how far that is stands in the answers. A
//! change costs one more look. [`graph`] holds it, [`queue`] makes the suggestions of it.

mod graph;
mod queue;

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::{Duration, Instant};

use rapporteur_proto::recommendations::v1::Recommendation;
use rapporteur_records::words::date;

use self::graph::{Graph, Said};
use self::queue::Cache;
use crate::changed::Changes;
use crate::follow::Views;

pub use queue::{Suggested, Wanted};

/// Records that are taken over at a time, and texts that are looked at before anything else is asked for.
const AT_A_TIME: usize = 100;
const LOOKS: usize = 20;
/// While people search, or much is written, it rests as often as this before each step, so that they hardly notice it.
const MOST_RESTS: usize = 20;
const REST: Duration = Duration::from_millis(50);
/// So long after many changes came, more are on their way.
const QUIET: Duration = Duration::from_secs(1);
/// Longest time without looking for something to do; whoever has something rings.
const LOOK: Duration = Duration::from_secs(5);

/// The texts, and what has to be done about them.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    graph: RwLock<Graph>,
    inbox: Mutex<Inbox>,
    bell: Condvar,
    /// Whether every record was taken over once.
    filled: AtomicBool,
    /// Counts changes of the graph.
    version: AtomicU64,
    cache: Mutex<Cache>,
}

/// What changed and was not taken over yet.
#[derive(Debug)]
struct Inbox {
    names: BTreeSet<String>,
    all: bool,
    /// Some were taken out, and the graph does not show them yet.
    busy: bool,
    rung: bool,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            names: BTreeSet::new(),
            all: true,
            busy: false,
            rung: true,
        }
    }
}

impl Repeats {
    fn graph(&self) -> RwLockReadGuard<'_, Graph> {
        self.graph.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn graph_mut(&self) -> RwLockWriteGuard<'_, Graph> {
        let graph = self.graph.write().unwrap_or_else(PoisonError::into_inner);
        // Behind the lock: whoever reads this number reads the change after it.
        self.version.fetch_add(1, Ordering::AcqRel);
        graph
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These records changed, and the model shows it.
    pub(super) fn note(&self, changes: &Changes) {
        let mut inbox = self.inbox();
        let texts = changes.names.iter().filter(|name| is_text(name));
        inbox.names.extend(texts.cloned());
        inbox.all |= changes.cleared;
        inbox.rung = true;
        self.bell.notify_all();
    }

    /// There is something to do, whatever it is.
    pub(super) fn ring(&self) {
        self.inbox().rung = true;
        self.bell.notify_all();
    }

    /// Takes over what changes and looks for what is alike, until it is told to stop.
    /// While others are `busy`, or much is being written, it holds back.
    pub(super) fn run(&self, views: &Views, stopped: impl Fn() -> bool, busy: impl Fn() -> bool) {
        let mut scratch = Vec::new();
        let mut writing: Option<Instant> = None;
        while !stopped() {
            let (names, all) = {
                let mut inbox = self.inbox();
                inbox.busy = true;
                (
                    std::mem::take(&mut inbox.names),
                    std::mem::take(&mut inbox.all),
                )
            };
            if all {
                self.take_all(views, &stopped);
            }
            let names: Vec<String> = names.into_iter().collect();
            if names.len() > LOOKS {
                writing = Some(Instant::now());
            }
            for some in names.chunks(AT_A_TIME) {
                self.take(views, some);
            }
            self.inbox().busy = false;
            for _ in 0..MOST_RESTS {
                let writing = writing.is_some_and(|at| at.elapsed() < QUIET);
                if stopped() || !(busy() || writing) {
                    break;
                }
                std::thread::sleep(REST);
            }
            if !self.look(&mut scratch) {
                let inbox = self.inbox();
                let waited = self
                    .bell
                    .wait_timeout_while(inbox, LOOK, |inbox| !inbox.rung);
                waited.unwrap_or_else(PoisonError::into_inner).0.rung = false;
            }
        }
    }

    fn take_all(&self, views: &Views, stopped: &impl Fn() -> bool) {
        let mut left: BTreeSet<String> = self.graph().names().map(str::to_owned).collect();
        let mut after = String::new();
        while !stopped() {
            let some: Vec<String> = views.whole(|model| {
                let rest = (Excluded(after.as_str()), Unbounded);
                let rest = model.recommendations.range::<str, _>(rest);
                rest.take(AT_A_TIME).map(|(name, _)| name.clone()).collect()
            });
            let Some(last) = some.last() else {
                self.take(views, &left.into_iter().collect::<Vec<_>>());
                self.filled.store(true, Ordering::Release);
                return;
            };
            after.clone_from(last);
            self.take(views, &some);
            for name in &some {
                left.remove(name);
            }
        }
    }

    /// Takes over what these records say now.
    fn take(&self, views: &Views, names: &[String]) {
        let said: Vec<Option<Said>> = views.whole(|model| {
            let said = |name: &String| model.recommendations.get(name).map(said);
            names.iter().map(said).collect()
        });
        let mut graph = self.graph_mut();
        for (name, said) in names.iter().zip(said) {
            graph.put(name, said);
        }
    }

    /// Looks for what is like some of the texts that were not looked at yet; says whether there were any.
    fn look(&self, scratch: &mut Vec<f32>) -> bool {
        let looks: Vec<u32> = self.graph().to_do().take(LOOKS).collect();
        for text in &looks {
            let found = self.graph().neighbours(*text, scratch);
            self.graph_mut().link(*text, found);
        }
        !looks.is_empty()
    }

    /// How many texts were looked at, and how much is to be done yet: texts to look at, and changes to take over.
    pub(super) fn progress(&self) -> (usize, usize) {
        let graph = self.graph();
        let to_do = graph.left();
        let inbox = self.inbox();
        let filled = self.filled.load(Ordering::Acquire) && !inbox.all;
        let missing = inbox.names.len() + usize::from(!filled) + usize::from(inbox.busy);
        (graph.len() - to_do, to_do + missing)
    }
}

fn is_text(name: &str) -> bool {
    let mut parts = name.split('/').skip(2);
    parts.next() == Some("recommendations") && parts.nth(1).is_none()
}

/// What a recommendation says, and since when: a text that was not adopted is later than all that were.
fn said(text: &Recommendation) -> Said {
    let adopted = date::days(text.adopted.as_ref());
    let by_language = text.text.iter().flat_map(|text| &text.by_language);
    Said {
        day: adopted.map_or(i64::MAX, |days| date::ordinal(days.first)),
        recorded: text.create_time.map_or(0, |time| time.seconds),
        texts: by_language
            .map(|(language, text)| (language.clone(), text.clone()))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
