//! The index kept up with the model: what changed is written again, made durable together with how far that is, and
//! seen at once.
//!
//! At start the index says how far it had read. When that is not where the model is, each record is compared with
//! its documents by a digest, and what differs is written: nothing can be lost or doubled, whenever the process
//! ended. An index that cannot be used is made anew; so is one that an operator asks for, beside the one that goes
//! on answering, and takes its place when it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rapporteur_search::{Generation, Generations, Index, Result, Writer};

use super::after::{AT_A_TIME, After};
use super::depends::dependents;
use super::recent::Recent;
use super::remembered::Remembered;
use super::repeats::Repeats;
use super::said::Sayings;
use super::thing::documents;
use super::{KEYWORDS, Standing};
use crate::changed::Changes;
use crate::follow::{SERVICES, Views};

/// Memory in which a writer collects what it writes.
const HEAP: usize = 64 << 20;
/// How long changes are collected before they are written: what comes together is made durable together.
const COLLECT: Duration = Duration::from_millis(30);
/// The same while so many come that making each few durable would be most of the work, and how many that are.
const COLLECT_MUCH: Duration = Duration::from_millis(250);
const MUCH: usize = 200;
/// How long the keeper rests after a failure.
const REST: Duration = Duration::from_secs(1);
/// Longest time without looking; whoever has something to do rings.
const LOOK: Duration = Duration::from_secs(5);

/// What the keeper and those who ask share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) views: Views,
    pub(super) folder: PathBuf,
    /// The index that is asked; none before it was opened.
    /// With it, the how-manieth it is.
    pub(super) live: std::sync::RwLock<(u64, Option<Arc<Index>>)>,
    /// What was answered of late.
    pub(super) recent: Recent,
    pub(super) remembered: Remembered,
    pub(super) repeats: Repeats,
    pub(super) sayings: Sayings,
    pub(super) standing: tokio::sync::watch::Sender<Standing>,
    pub(super) rebuild: AtomicBool,
    pub(super) stop: AtomicBool,
}

impl Shared {
    fn publish(&self, index: Option<&Arc<Index>>) {
        let mut live = self
            .live
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *live = (live.0 + 1, index.cloned());
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How far an index had read: the token of the feed of each service.
type Note = BTreeMap<String, String>;

/// Writes the index, on a thread of its own.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    desk: Option<Desk>,
    /// Whether all records have to be compared.
    compare: bool,
    build: Option<JoinHandle<Result<Built>>>,
    /// What changed since the build began.
    since: BTreeSet<String>,
    /// How many changes came the last time.
    came: usize,
    /// What has been said is read again: under way, and wanted.
    pass: Option<JoinHandle<()>>,
    again: bool,
}

/// What is written on.
struct Desk {
    generations: Generations,
    live: Generation,
    writer: Writer,
}

/// An index that was made, but for what changed meanwhile.
struct Built {
    live: Generation,
    writer: Writer,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            desk: None,
            compare: false,
            build: None,
            since: BTreeSet::new(),
            came: 0,
            pass: None,
            again: true,
        }
    }

    /// Goes on until it is told to stop.
    pub(super) fn run(mut self) {
        while !self.shared.stopped() {
            // A damaged index may make the library panic; that must not end the keeping.
            let done = catch_unwind(AssertUnwindSafe(|| self.step()));
            let trouble = match done {
                Ok(Ok(())) => String::new(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the index failed in an unforeseen way".to_owned(),
            };
            if trouble.is_empty() {
                self.shared.views.changed().wait(LOOK);
                if !self.shared.stopped() {
                    std::thread::sleep(if self.came > MUCH {
                        COLLECT_MUCH
                    } else {
                        COLLECT
                    });
                }
            } else {
                tracing::error!(trouble, "the search index does not get on");
                // What was taken in hand is not known to be written: everything is compared again.
                self.desk = None;
                self.compare = true;
                self.again = true;
                std::thread::sleep(REST);
            }
            self.shared.standing.send_if_modified(|now| {
                let news = now.trouble != trouble;
                now.trouble = trouble;
                news
            });
        }
        // They look at the same flag.
        if let Some(build) = self.build.take() {
            let _ = build.join();
        }
        if let Some(pass) = self.pass.take() {
            let _ = pass.join();
        }
        if let Some(desk) = self.desk.take()
            && let Err(error) = desk.writer.finish()
        {
            tracing::warn!(%error, "the search index was not left in order; it is compared at the next start");
        }
    }

    /// What changed; it is said at once, and has to be written yet.
    fn changes(&mut self) -> Changes {
        let changes = self.shared.views.changed().take();
        self.came = changes.names.len();
        let names: Vec<&String> = changes.names.iter().collect();
        self.shared.sayings.take(&self.shared.views, &names);
        self.shared.repeats.note(&changes);
        self.compare |= changes.cleared;
        self.again |= changes.cleared;
        changes
    }

    /// Has what was said read again when that is wanted, on a thread of its own.
    fn read_again(&mut self) {
        if let Some(pass) = self.pass.take_if(|pass| pass.is_finished()) {
            self.again |= pass.join().is_err();
            self.shared.sayings.set_whole(!self.again);
        }
        if self.again && self.pass.is_none() {
            self.again = false;
            self.shared.sayings.set_whole(false);
            let shared = self.shared.clone();
            self.pass = Some(std::thread::spawn(move || {
                shared.sayings.pass(&shared.views, || shared.stopped());
                let (texts, bytes) = shared.sayings.size();
                tracing::info!(texts, bytes, "what has been said can be compared");
                shared.views.changed().ring();
            }));
        }
    }

    fn step(&mut self) -> Result<()> {
        let mut desk = match self.desk.take() {
            Some(desk) => desk,
            None => self.open()?,
        };
        if self.shared.rebuild.swap(false, Ordering::Relaxed) && self.build.is_none() {
            let live = desk.generations.create()?;
            self.since.clear();
            self.build = Some(begin(self.shared.clone(), live));
        }
        if self.build.as_ref().is_some_and(JoinHandle::is_finished) {
            desk = self.swap(desk)?;
        }
        // First: whatever is taken over meanwhile is not claimed.
        let positions = self.shared.views.read_up_to();
        let note = note(&self.shared.views);
        let changes = self.changes();
        self.read_again();
        if self.build.is_some() {
            self.since.extend(changes.names.iter().cloned());
        }
        // One or the other: a writer takes a record once between two commits, and a comparison looks at all.
        let wrote = if self.compare {
            self.shared.remembered.forget_all();
            self.compare(&mut desk)?;
            self.compare = false;
            true
        } else {
            self.write(&mut desk.writer, changes.names)?
        };
        if wrote {
            desk.writer.commit(&note, true)?;
        }
        let documents = desk.live.index.len();
        self.desk = Some(desk);
        self.shared.standing.send_if_modified(|now| {
            let news = !now.whole || now.positions != positions || now.documents != documents;
            (now.whole, now.positions, now.documents) = (true, positions, documents);
            news
        });
        Ok(())
    }

    /// Takes up the index that is there, or begins one.
    fn open(&mut self) -> Result<Desk> {
        // Only one may write; whoever asks keeps what they have.
        let mut opened = Generations::open(&self.shared.folder, KEYWORDS)?;
        for why in &opened.discarded {
            tracing::warn!(why, "a search index cannot be used and is made anew");
        }
        let live = match opened.whole {
            Some((live, there)) => {
                self.compare |= there != note(&self.shared.views);
                self.shared.publish(Some(&live.index));
                live
            }
            None => {
                self.compare = true;
                let live = opened.generations.create()?;
                self.shared.publish(Some(&live.index));
                self.shared.standing.send_modify(|now| now.whole = false);
                live
            }
        };
        let writer = live.index.writer(HEAP)?;
        Ok(Desk {
            generations: opened.generations,
            live,
            writer,
        })
    }

    /// Writes the documents that these records have a say in.
    fn write(&self, writer: &mut Writer, names: BTreeSet<String>) -> Result<bool> {
        if names.is_empty() {
            return Ok(false);
        }
        let views = &self.shared.views;
        let names: Vec<String> = views
            .whole(|model| dependents(model, names))
            .into_iter()
            .collect();
        for name in &names {
            self.shared.remembered.forget(name);
        }
        let mut wrote = false;
        for some in names.chunks(AT_A_TIME) {
            wrote |= put(views, writer, some)?;
        }
        Ok(wrote)
    }

    /// Compares every record with its documents, and every document with its record.
    fn compare(&self, desk: &mut Desk) -> Result<()> {
        let views = &self.shared.views;
        let mut there = desk.live.index.digests()?;
        let mut after = After::default();
        loop {
            let some = views.whole(|model| after.next(model));
            if some.is_empty() || self.shared.stopped() {
                break;
            }
            put(views, &mut desk.writer, &some)?;
            for name in &some {
                there.remove(name);
            }
        }
        if self.shared.stopped() {
            return Err(stopped());
        }
        let left: Vec<String> = there.into_keys().collect();
        for some in left.chunks(AT_A_TIME) {
            put(views, &mut desk.writer, some)?;
        }
        Ok(())
    }

    /// Puts the index that was made in the place of the one that is asked.
    fn swap(&mut self, mut desk: Desk) -> Result<Desk> {
        let Some(build) = self.build.take() else {
            return Ok(desk);
        };
        self.shared.standing.send_modify(|now| now.building = None);
        let failed = || std::io::Error::other("it failed in an unforeseen way").into();
        let mut built = match build.join().unwrap_or_else(|_| Err(failed())) {
            Ok(built) => built,
            Err(error) => {
                tracing::error!(%error, "the search index was not made anew; the old one goes on");
                return Ok(desk);
            }
        };
        let note = note(&self.shared.views);
        let changes = self.changes();
        self.since.extend(changes.names);
        let since = std::mem::take(&mut self.since);
        self.write(&mut built.writer, since)?;
        built.writer.commit(&note, true)?;
        self.shared.publish(Some(&built.live.index));
        let old = desk.live.number;
        desk.writer = built.writer;
        desk.live = built.live;
        desk.generations.remove(old)?;
        tracing::info!(
            documents = desk.live.index.len(),
            "the search index was made anew"
        );
        Ok(desk)
    }
}

/// Makes an index of all records, on a thread of its own.
fn begin(shared: Arc<Shared>, live: Generation) -> JoinHandle<Result<Built>> {
    tracing::info!("the search index is being made anew");
    shared.standing.send_modify(|now| now.building = Some(0));
    std::thread::spawn(move || {
        let made = build(&shared, live);
        shared.views.changed().ring();
        made
    })
}

fn build(shared: &Shared, live: Generation) -> Result<Built> {
    let mut writer = live.index.writer(HEAP)?;
    let mut after = After::default();
    let mut count = 0u64;
    loop {
        let some = shared.views.whole(|model| after.next(model));
        if some.is_empty() {
            break;
        }
        if shared.stopped() {
            return Err(stopped());
        }
        put(&shared.views, &mut writer, &some)?;
        count += some.len() as u64;
        shared
            .standing
            .send_modify(|now| now.building = Some(count));
    }
    writer.commit("", false)?;
    Ok(Built { live, writer })
}

fn stopped() -> rapporteur_search::Error {
    std::io::Error::new(std::io::ErrorKind::Interrupted, "the keeper was stopped").into()
}

/// Writes the documents of these records as they are now.
fn put(views: &Views, writer: &mut Writer, names: &[String]) -> Result<bool> {
    let made: Vec<_> =
        views.whole(|model| names.iter().map(|name| documents(model, name)).collect());
    let mut wrote = false;
    for (name, documents) in names.iter().zip(made) {
        wrote |= writer.put(name, &documents)?;
    }
    Ok(wrote)
}

/// How far the model is, to be kept with the index.
fn note(views: &Views) -> String {
    let token = |service| {
        (
            crate::follow::name_of(service).to_owned(),
            views.seen(service),
        )
    };
    let note: Note = SERVICES.into_iter().map(token).collect();
    serde_json::to_string(&note).unwrap_or_default()
}
