//! Search: the records as documents of an index, kept up with the model, asked within what a reader may see.
//!
//! The index is derived twice over: from the model, which is derived from the feeds. A record has one document
//! where everybody is shown the same of it, and two where those inside its dialogue are shown more; each is made
//! only from records that its readers see, so that no count and no date tells of what is hidden.
//!
//! | module | holds |
//! | --- | --- |
//! | [`lens`] | what the readers of a version see |
//! | [`thing`] | a record as something that can be found |
//! | [`classes`] | themes and nodes of plans as classes of texts |
//! | [`suggest`] | which of them a text may belong to |
//! | [`depends`] | which other documents a record has a say in |
//! | [`words`] | what `field:value` stands for |
//! | [`question`] | a request, read |
//! | [`answer`] | what was found, shown |
//! | [`recent`] | answers as they were last given |
//! | [`remembered`] | records as they were read to be put in order |
//! | [`repeats`] | recommendations that say what others said, as suggestions |
//! | [`said`] | what has been said, to be compared with what is about to be said |
//! | [`similar`] | what says the same as a text, and what a draft repeats |
//! | [`related`] | what has to do with a record, and why |
//! | [`after`] | all records, some at a time |
//! | [`keep`] | the index kept up, made anew, taken up again |

mod after;
mod answer;
mod classes;
mod depends;
mod keep;
mod lens;
mod question;
mod recent;
mod related;
mod remembered;
mod repeats;
mod said;
mod similar;
mod suggest;
mod thing;
mod words;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::gateway::v1::{Position, SearchRequest};
use rapporteur_records::{Error, Result, Sight};
use rapporteur_search::Index;
use rapporteur_search::rank::Text;
use rapporteur_search::similar::{Match, Texts};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use self::answer::{shown, texts};
use self::keep::{Keeper, Shared};
use self::recent::{Recent, State};
use self::remembered::Remembered;
use self::repeats::Repeats;
use self::said::Sayings;
use crate::follow::{SERVICES, Views};
use crate::page::Asked;

pub use answer::Found;
pub use question::SearchQuestion;
pub use repeats::{Suggested, Wanted};
pub use said::{Draft, Said};

/// How the index is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How far it has read each of [`SERVICES`].
    pub positions: [u64; 2],
    /// Whether it has every record up to there; it is opened, or made for the first time, otherwise.
    pub whole: bool,
    /// Documents that can be found, over all sights.
    pub documents: u64,
    /// Records that are in the index that is being made to take its place, when one is.
    pub building: Option<u64>,
    /// Why it does not get on; empty when it does.
    pub trouble: String,
}

/// Answers searches, and keeps the index.
#[derive(Clone, Debug)]
pub struct Search {
    shared: Arc<Shared>,
    /// Searches at a time: as many as the machine can do at once, so that none makes all others slow.
    turns: Arc<Semaphore>,
    classes: Arc<classes::Ready>,
}

impl Search {
    /// A search over the index in a folder. It answers nothing before [`Search::keep`] has opened or made it. Make
    /// it before the views follow anything.
    pub fn new(views: &Views, folder: &Path) -> Self {
        views.changed().begin();
        let shared = Shared {
            views: views.clone(),
            folder: folder.to_owned(),
            live: RwLock::default(),
            recent: Recent::default(),
            remembered: Remembered::default(),
            repeats: Repeats::default(),
            sayings: Sayings::default(),
            standing: watch::Sender::new(Standing::default()),
            rebuild: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        };
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            shared: Arc::new(shared),
            turns: Arc::new(Semaphore::new(turns)),
            classes: Arc::default(),
        }
    }

    /// Keeps the index up until [`Search::stop`] is called, or nobody waits for this any more.
    pub async fn keep(&self) {
        // The keeper has a thread of its own, which a runtime that ends would wait for.
        let _ending = Ending(self);
        let keeper = Keeper::new(self.shared.clone());
        let mut kept = spawn_blocking(move || keeper.run());
        let shared = self.shared.clone();
        let turns = self.turns.clone();
        let reckoned = spawn_blocking(move || {
            let (stopped, busy) = (|| shared.stopped(), || turns.available_permits() == 0);
            shared.repeats.run(&shared.views, stopped, busy);
        });
        let mut progress = SERVICES.map(|service| self.shared.views.watch(service));
        let [events, recommendations] = &mut progress;
        loop {
            tokio::select! {
                Some(_) = async { events.as_mut()?.changed().await.ok() } => {}
                Some(_) = async { recommendations.as_mut()?.changed().await.ok() } => {}
                ended = &mut kept => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the search index is kept up no more");
                    }
                    if let Err(error) = reckoned.await {
                        tracing::error!(%error, "what repeats what is reckoned no more");
                    }
                    return;
                }
            }
            // There may be nothing to write, but it is further all the same.
            self.shared.views.changed().ring();
        }
    }

    /// Has [`Search::keep`] end when it has done what it is about.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.repeats.ring();
        self.shared.views.changed().ring();
    }

    /// How the index is, as it changes.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.shared.standing.subscribe()
    }

    /// How many texts have to be compared with all others yet, for suggestions of what repeats what.
    pub fn to_compare(&self) -> u64 {
        self.shared.repeats.progress().1 as u64
    }

    /// How far it has read each service.
    pub fn positions(&self) -> Vec<Position> {
        let positions = self.shared.standing.borrow().positions;
        let position = |(service, position): (&Service, u64)| Position {
            service: (*service).into(),
            position,
        };
        SERVICES.iter().zip(positions).map(position).collect()
    }

    /// Has the index made anew beside the one that answers; says whether that was under way already.
    pub fn rebuild(&self) -> bool {
        let already = self.shared.standing.borrow().building.is_some();
        if !already {
            self.shared.rebuild.store(true, Ordering::Relaxed);
            self.shared.views.changed().ring();
        }
        already
    }

    /// Returns when the index is whole and at least this far; says who is behind when that takes too long.
    pub async fn at_least(&self, asked: &[Position], within: Duration) -> Result<()> {
        let end = tokio::time::Instant::now() + within;
        self.shared.views.at_least(asked, within).await?;
        let wanted = SERVICES.map(|service| {
            let of = asked
                .iter()
                .filter(|position| position.service() == service);
            of.map(|position| position.position)
                .max()
                .unwrap_or_default()
        });
        let mut standing = self.standing();
        let there = |now: &Standing| {
            now.whole
                && now
                    .positions
                    .iter()
                    .zip(wanted)
                    .all(|(is, wanted)| *is >= wanted)
        };
        let waited = tokio::time::timeout_at(end, standing.wait_for(there)).await;
        if matches!(waited, Ok(Ok(_))) {
            return Ok(());
        }
        let now = self.shared.standing.borrow().clone();
        let description = if now.whole {
            format!(
                "it has read up to {:?}, and {wanted:?} was asked for",
                now.positions
            )
        } else {
            "its index is being made; try again in a while".to_owned()
        };
        let because = if now.trouble.is_empty() {
            String::new()
        } else {
            format!(" ({})", now.trouble)
        };
        Err(Error::Upstream {
            service: "search".to_owned(),
            description: format!("{description}{because}"),
        })
    }

    /// Answers a request for a reader with this sight: at most `size` hits after a key (empty for the first page),
    /// and what that rests on.
    pub async fn search(
        &self,
        request: &SearchRequest,
        sight: &Sight,
        size: usize,
        after: Vec<u8>,
    ) -> Result<(Found, Vec<Position>)> {
        let views = &self.shared.views;
        // First: whatever is taken over meanwhile is not claimed.
        let positions = self.positions();
        let (number, index) = self.live()?;
        let state = State::now(&self.shared, number, &index, &positions);
        let asked = Recent::asked(request, sight, size, &after);
        if let Some(found) = self.shared.recent.get(&asked, &state) {
            return Ok((Arc::unwrap_or_clone(found), positions));
        }
        let question = views.whole(|model| SearchQuestion::read(request, model, sight))?;
        let (search, views) = (self.clone(), views.clone());
        self.of_index(move || {
            let sight = question.sight().clone();
            let remembered = &search.shared.remembered;
            let texts = |names: &[&str], show: &mut dyn FnMut(&[Text])| {
                views.whole(|model| texts((model, remembered), &sight, names, show));
            };
            let answer = question.ask(&index, size, &after, &texts)?;
            let readings = &remembered.readings;
            let found = views.whole(|model| shown((model, readings), &question, answer));
            Ok((search.shared.recent.keep(asked, state, found), positions))
        })
        .await
    }

    /// What is suggested to a reader with this sight: at most `size` after a key (empty for the first page), and what
    /// that rests on.
    pub async fn suggest(
        &self,
        wanted: Wanted,
        sight: &Sight,
        size: usize,
        after: Vec<u8>,
    ) -> Result<(Suggested, Vec<Position>)> {
        let (shared, sight) = (self.shared.clone(), sight.clone());
        self.in_turn(move || {
            // First: whatever is taken over meanwhile is not claimed.
            let positions = shared.views.positions();
            let after = after.as_slice();
            let asked = Asked { after, size };
            let suggested = shared
                .repeats
                .suggest(&shared.views, &wanted, &sight, asked)?;
            Ok((suggested, positions))
        })
        .await
    }

    /// What has been said that is like a draft, as far as its reader may see it: the most alike first, at most one
    /// text of each record. `except` leaves more out, before anything is counted. UNAVAILABLE while it is being made.
    pub async fn alike(
        &self,
        draft: Draft,
        except: impl Fn(&Said) -> bool + Send + 'static,
    ) -> Result<Vec<Match<Said>>> {
        let shared = self.shared.clone();
        self.in_turn(move || shared.sayings.alike(&shared.views, &draft, except))
            .await
    }

    /// Does what takes a while on a thread of its own, when its turn has come. The turn is kept until it is done:
    /// whoever asked may have gone by then.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|_| Error::Internal("searching has ended".to_owned()))?;
        let done = spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await
            .unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
    }

    /// The same with the index, which is made anew when it fails: a damaged one may make the library panic.
    async fn of_index<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let done = self.in_turn(work).await;
        if let Err(error @ Error::Internal(_)) = &done {
            tracing::error!(%error, "the search index failed; it is made anew");
            self.rebuild();
        }
        done
    }

    /// Asks everything that has been said at once, whoever may see it ([`Said::is_seen`]); it takes as long as
    /// `ask` does, and what changes waits. UNAVAILABLE while it is being made.
    pub fn said<T>(&self, ask: impl FnOnce(&Texts<Said>) -> T) -> Result<T> {
        self.shared.sayings.ask(ask)
    }

    /// How many texts have been said, and about how many bytes of memory they take.
    pub fn said_size(&self) -> (usize, usize) {
        self.shared.sayings.size()
    }

    /// The index that answers, and the how-manieth it is.
    fn live(&self) -> Result<(u64, Arc<Index>)> {
        let live = self.shared.live.read();
        let (number, index) = live.unwrap_or_else(PoisonError::into_inner).clone();
        let index = index.ok_or_else(|| Error::Upstream {
            service: "search".to_owned(),
            description: "its index is being opened; try again in a while".to_owned(),
        })?;
        Ok((number, index))
    }
}

/// Stops the keeper when it goes.
struct Ending<'a>(&'a Search);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The fields by which what was found is filtered and counted, as they are written in a query.
pub(crate) mod field {
    pub(crate) const DIALOGUE: &str = "dialogue";
    pub(crate) const THEME: &str = "theme";
    pub(crate) const KIND: &str = "kind";
    pub(crate) const STATE: &str = "state";
    pub(crate) const PARTY: &str = "party";
    pub(crate) const YEAR: &str = "year";
    pub(crate) const NODE: &str = "node";
    pub(crate) const LANGUAGE: &str = "lang";
    pub(crate) const RESPONSE: &str = "response";
    pub(crate) const IMPLEMENTATION: &str = "implementation";
    /// Themes in one spelling, so that hashtags lead to them.
    pub(crate) const TAG: &str = "tag";
    /// Who sees the document; see [`super::lens`].
    pub(crate) const SEEN: &str = "seen";
}

/// All keyword fields of the index.
pub const KEYWORDS: &[&str] = &[
    field::DIALOGUE,
    field::THEME,
    field::KIND,
    field::STATE,
    field::PARTY,
    field::YEAR,
    field::NODE,
    field::LANGUAGE,
    field::RESPONSE,
    field::IMPLEMENTATION,
    field::TAG,
    field::SEEN,
];

#[cfg(test)]
mod tests;
