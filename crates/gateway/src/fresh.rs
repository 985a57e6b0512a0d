//! How fresh the gateway's copies of a service are, known without comparing clocks of two machines.
//!
//! The service is asked where the end of its log is. What it had acknowledged when the question left is at or before
//! that end: once the mirror has come so far, the copies are as fresh as the moment of the question. It is asked only
//! while somebody wants to know: by a read that finds the copies too old, or about to be.
//!
//! Nobody goes back in time. Whoever was answered by the service, be it a read or a write, is answered from copies only
//! when these are fresher than that answer.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use rapporteur_proto::changes::v1::ListChangesRequest;
use rapporteur_records::{FeedToken, Introduction};
use rapporteur_server::tls::Peer;
use rapporteur_views::copies::Copied;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Request, Status};

use crate::upstream::Upstream;
use crate::visitor::Visitor;

/// No record's name begins so: only the end of the log is wanted.
const NO_NAME: &str = "-";
/// How long a read waits for fresher copies before it goes to the service.
const WAIT: Duration = Duration::from_millis(100);
/// How long the service may take to say where its log ends.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long the mirror may take to come so far.
const MIRROR_WITHIN: Duration = Duration::from_secs(1);
/// Who waits for copies as they are now says so again this often.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long nobody is asked after a failure.
const REST: Duration = Duration::from_millis(200);
/// Callers are told apart by this many places; two that share one wait for each other's answers too.
const PLACES: usize = 1 << 12;

/// What is known of the copies of one service.
#[derive(Debug)]
pub struct Fresh {
    /// All times here are microseconds since then.
    begun: Instant,
    known: watch::Sender<Known>,
    wanted: Notify,
    /// Before when each caller was last answered by the service.
    answered: Box<[AtomicU64]>,
    places: RandomState,
}

/// The copies of a generation are as fresh as this.
#[derive(Clone, Debug)]
pub struct Known {
    /// All that was acknowledged before is in them; 0 = nothing is known.
    as_of_us: u64,
    /// See [`Copied::generation`].
    pub generation: u64,
    /// The place in the log that they have reached, as it is told.
    pub position: HeaderValue,
}

/// Where a caller's answers are noted.
#[derive(Clone, Copy, Debug)]
pub struct Place(usize);

impl Default for Fresh {
    fn default() -> Self {
        let nothing = Known {
            as_of_us: 0,
            generation: 0,
            position: HeaderValue::from_static("0"),
        };
        Self {
            begun: Instant::now(),
            known: watch::Sender::new(nothing),
            wanted: Notify::new(),
            answered: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            places: RandomState::new(),
        }
    }
}

impl Fresh {
    fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Where the answers of a caller are noted: of the anonymous, by the address from which they call.
    pub fn place(&self, visitor: &Visitor, peer: Option<&Peer>) -> Place {
        let hash = if visitor.is_known() {
            self.hash(visitor.caller())
        } else {
            self.hash(peer.map(|peer| peer.address().ip()))
        };
        Place(usize::try_from(hash).unwrap_or_default() % PLACES)
    }

    fn hash(&self, of: impl Hash) -> u64 {
        self.places.hash_one(of)
    }

    /// The service has answered a caller, who has not heard it yet.
    pub fn answers(&self, place: Place) {
        self.answers_at(place, self.now_us());
    }

    fn answers_at(&self, place: Place, now_us: u64) {
        self.answered[place.0].fetch_max(now_us + 1, Ordering::AcqRel);
    }

    /// How fresh the copies are, when that is fresh enough for a caller who asks for an age of at most `max_age`.
    /// Also how old they are now.
    pub async fn enough(&self, place: Place, max_age: Duration) -> Option<(Known, Duration)> {
        let max_us = u64::try_from(max_age.as_micros()).unwrap_or(u64::MAX);
        let known = match self.at(self.now_us(), place, max_us) {
            Ok(known) => known,
            Err(wanted) => {
                let mut news = self.known.subscribe();
                let fresh = news.wait_for(|known| known.as_of_us >= wanted);
                timeout(WAIT, fresh).await.ok()?.ok()?.clone()
            }
        };
        let age = self.now_us().saturating_sub(known.as_of_us);
        Some((known, Duration::from_micros(age)))
    }

    /// How fresh the copies are once they show all that was acknowledged before this call; nothing when that takes
    /// longer than `within`.
    pub async fn from_now_on(&self, within: Duration) -> Option<Known> {
        let wanted = self.now_us().max(1);
        let mut news = self.known.subscribe();
        let fresh = async {
            loop {
                self.wanted.notify_one();
                // Whoever asks gives up after a failure, until somebody wants to know again.
                let fresh = news.wait_for(|known| known.as_of_us >= wanted);
                if let Ok(known) = timeout(ASK_AGAIN, fresh).await {
                    return known.ok().map(|known| known.clone());
                }
            }
        };
        timeout(within, fresh).await.ok()?
    }

    /// How fresh the copies are, or how fresh they would have to be.
    fn at(&self, now_us: u64, place: Place, max_us: u64) -> Result<Known, u64> {
        let seen = self.answered[place.0].load(Ordering::Acquire);
        let wanted = now_us.saturating_sub(max_us).max(seen).max(1);
        let known = self.known.borrow().clone();
        let age = now_us.saturating_sub(known.as_of_us);
        // The next is asked for before this one is too old.
        if known.as_of_us < wanted || age > max_us / 2 {
            self.wanted.notify_one();
        }
        if known.as_of_us < wanted {
            return Err(wanted);
        }
        Ok(known)
    }

    /// Finds out how fresh the copies are whenever somebody wants to know. It never ends.
    pub async fn keep(&self, copied: &Copied, upstream: &Upstream, as_who: &Introduction) {
        let mut at = None;
        loop {
            self.wanted.notified().await;
            if let Err(status) = self.ask(&mut at, copied, upstream, as_who).await {
                tracing::debug!(service = upstream.name, %status, "how fresh the copies are is not known");
                at = None;
                sleep(REST).await;
            }
        }
    }

    /// `at`: a generation of the copies and a token of the same history from which to look on.
    async fn ask(
        &self,
        at: &mut Option<(u64, String)>,
        copied: &Copied,
        upstream: &Upstream,
        as_who: &Introduction,
    ) -> Result<(), Status> {
        let generation = copied.generation();
        let mut token = match at.take() {
            Some((of, token)) if of == generation => token,
            // Of the copies themselves: a service with another history does not know it.
            _ => copied
                .token()
                .ok_or_else(|| Status::unavailable("nothing was copied yet"))?,
        };
        let as_of_us = self.now_us();
        loop {
            let mut request = Request::new(ListChangesRequest {
                token,
                page_size: 1,
                name_prefix: NO_NAME.to_owned(),
                ..ListChangesRequest::default()
            });
            request.set_timeout(ANSWER_WITHIN);
            let page = upstream.list_changes(as_who.on(request)).await?;
            token = page.next_token;
            if page.at_head {
                break;
            }
        }
        let end = token.parse::<FeedToken>();
        let end = end.map_err(|error| Status::internal(error.to_string()))?;
        let position = end.0.position;
        *at = Some((generation, token));
        if copied.reaches(position, MIRROR_WITHIN).await && copied.generation() == generation {
            self.known.send_replace(Known {
                as_of_us,
                generation,
                position: HeaderValue::from(position),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(fresh: &Fresh, caller: &str) -> Place {
        let by = crate::visitor::By::Key;
        let rights = rapporteur_access::Rights::None;
        fresh.place(&Visitor::known(caller.into(), by, rights), None)
    }

    fn learns(fresh: &Fresh, as_of_us: u64) {
        fresh.known.send_modify(|known| known.as_of_us = as_of_us);
    }

    const SECOND: u64 = 1_000_000;

    #[test]
    fn copies_are_used_while_they_are_as_fresh_as_is_asked() {
        let fresh = Fresh::default();
        let ana = place(&fresh, "ana");
        let as_of = |now_us, max_us| fresh.at(now_us, ana, max_us).map(|known| known.as_of_us);
        assert_eq!(as_of(9 * SECOND, 100 * SECOND), Err(1), "nothing is known");
        learns(&fresh, 9 * SECOND);
        assert_eq!(as_of(10 * SECOND, SECOND), Ok(9 * SECOND));
        assert_eq!(as_of(10 * SECOND + 1, SECOND), Err(9 * SECOND + 1));
        assert_eq!(as_of(10 * SECOND + 1, 2 * SECOND), Ok(9 * SECOND));
    }

    #[test]
    fn nobody_goes_back_behind_what_the_service_answered() {
        let fresh = Fresh::default();
        let ana = place(&fresh, "ana");
        let mut others = (0..).map(|n| place(&fresh, &format!("ben-{n}")));
        let ben = others.find(|ben| ben.0 != ana.0).unwrap();
        learns(&fresh, 5 * SECOND);
        fresh.answers_at(ana, 5 * SECOND);
        let of = |caller| fresh.at(6 * SECOND, caller, 100 * SECOND);
        assert!(of(ben).is_ok());
        // Of the very moment of the question nothing is known.
        assert_eq!(of(ana).unwrap_err(), 5 * SECOND + 1);
        learns(&fresh, 5 * SECOND + 1);
        assert!(of(ana).is_ok());
    }

    #[tokio::test]
    async fn who_finds_them_too_old_waits_a_moment_for_news() {
        let fresh = Fresh::default();
        let ana = place(&fresh, "ana");
        let (found, ()) = tokio::join!(fresh.enough(ana, Duration::from_secs(1)), async {
            fresh.wanted.notified().await;
            learns(&fresh, 1);
        });
        assert_eq!(found.unwrap().0.as_of_us, 1);
        fresh.answers(ana);
        let vain = fresh.enough(ana, Duration::from_secs(1)).await;
        assert!(vain.is_none(), "nobody answered");
    }

    #[tokio::test]
    async fn who_needs_them_as_they_are_now_does_not_take_older_ones() {
        let fresh = Fresh::default();
        let vain = fresh.from_now_on(Duration::from_millis(10)).await;
        assert!(vain.is_none(), "nobody answered");
        let (found, ()) = tokio::join!(fresh.from_now_on(Duration::from_secs(60)), async {
            fresh.wanted.notified().await;
            learns(&fresh, fresh.now_us() + 1);
        });
        assert!(found.is_some());
    }
}
