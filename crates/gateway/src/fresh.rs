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
        self.answered[place.0].fetch_max(self.now_us() + 1, Ordering::AcqRel);
    }

    /// How fresh the copies are, when that is fresh enough for a caller who asks for an age of at most `max_age`.
    /// Also how old they are now.
    pub async fn enough(&self, place: Place, max_age: Duration) -> Option<(Known, Duration)> {
        let now_us = self.now_us();
        let max_us = u64::try_from(max_age.as_micros()).unwrap_or(u64::MAX);
        let seen = self.answered[place.0].load(Ordering::Acquire);
        let wanted = now_us.saturating_sub(max_us).max(seen).max(1);
        let mut known = self.known.borrow().clone();
        // The next is asked for before this one is too old.
        if known.as_of_us < wanted || now_us - known.as_of_us.min(now_us) > max_us / 2 {
            self.wanted.notify_one();
        }
        if known.as_of_us < wanted {
            let mut news = self.known.subscribe();
            let fresh = news.wait_for(|known| known.as_of_us >= wanted);
            known = timeout(WAIT, fresh).await.ok()?.ok()?.clone();
        }
        let age = self.now_us().saturating_sub(known.as_of_us);
        Some((known, Duration::from_micros(age)))
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

    #[tokio::test(start_paused = true)]
    async fn copies_are_used_while_they_are_as_fresh_as_is_asked() {
        let fresh = Fresh::default();
        let ana = place(&fresh, "ana");
        let second = Duration::from_secs(1);
        tokio::time::advance(second).await;
        assert!(fresh.enough(ana, 100 * second).await.is_none(), "unknown");
        let now_us = fresh.now_us();
        learns(&fresh, now_us);
        tokio::time::advance(second / 2).await;
        let (known, age) = fresh.enough(ana, second).await.unwrap();
        assert_eq!(known.as_of_us, now_us);
        assert!((second / 2..second).contains(&age), "{age:?}");
        tokio::time::advance(second).await;
        assert!(fresh.enough(ana, second).await.is_none(), "too old");
        assert!(fresh.enough(ana, 5 * second).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_back_behind_what_the_service_answered() {
        let fresh = Fresh::default();
        let ana = place(&fresh, "ana");
        let mut others = (0..).map(|n| place(&fresh, &format!("ben-{n}")));
        let ben = others.find(|ben| ben.0 != ana.0).unwrap();
        let day = Duration::from_secs(86_400);
        tokio::time::advance(Duration::from_secs(5)).await;
        learns(&fresh, 5_000_000);
        fresh.answers(ana);
        assert!(fresh.enough(ben, day).await.is_some());
        // Of the very moment of the question nothing is known.
        assert!(fresh.enough(ana, day).await.is_none());
        learns(&fresh, 5_000_001);
        assert!(fresh.enough(ana, day).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_them_too_old_waits_a_moment_for_news() {
        let fresh = Fresh::default();
        let ana = place(&fresh, "ana");
        tokio::time::advance(Duration::from_secs(9)).await;
        let second = Duration::from_secs(1);
        let (found, ()) = tokio::join!(fresh.enough(ana, second), async {
            fresh.wanted.notified().await;
            learns(&fresh, 8_999_000);
        });
        assert_eq!(found.unwrap().0.as_of_us, 8_999_000);
    }
}
