//! Who listens to the feeds: so many at a time, and so many of one caller.
//!
//! A watch has no end, and each one takes a call's place on the gateway's connection to each service, where there are
//! 256 ([`rapporteur_server::client`]). Whoever took all of them would leave none for health, by which services are
//! believed to be there. So the audience is smaller than that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rapporteur_server::tls::Peer;
use rapporteur_server::{ANONYMOUS, DOMAIN};
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::quota::network;
use crate::visitor::Visitor;

/// Watches at a time: a few dozen calls' places remain for what the gateway asks itself.
const ALL: usize = 200;
/// Of one caller, or of everybody unknown at one address.
const EACH: usize = 40;

/// Those who listen now.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    seats: Arc<Mutex<Seats>>,
}

#[derive(Debug, Default)]
struct Seats {
    taken: usize,
    of: HashMap<String, usize>,
}

/// A seat; free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    audience: Audience,
    who: String,
}

impl Audience {
    /// A seat for whoever makes this request, or RESOURCE_EXHAUSTED with the reason `TOO_MANY_WATCHES`.
    pub fn seat<T>(&self, request: &Request<T>) -> Result<Seat, Status> {
        let visitor = request.extensions().get::<Visitor>();
        let caller = visitor.map_or(ANONYMOUS, Visitor::caller);
        let peer = Peer::of(request.extensions());
        self.take(match peer.filter(|_| caller == ANONYMOUS) {
            Some(peer) => network(peer.address().ip()).to_string(),
            None => caller.to_owned(),
        })
    }

    fn take(&self, who: String) -> Result<Seat, Status> {
        let mut seats = self.seats();
        let own = seats.of.get(&who).copied().unwrap_or(0);
        if own >= EACH {
            return Err(full(
                &who,
                &format!("{who} may watch {EACH} feeds at a time"),
            ));
        }
        if seats.taken >= ALL {
            return Err(full(
                "everybody",
                &format!("{ALL} feeds are watched already"),
            ));
        }
        seats.taken += 1;
        seats.of.insert(who.clone(), own + 1);
        let audience = self.clone();
        Ok(Seat { audience, who })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.audience.seats();
        seats.taken -= 1;
        if let Some(own) = seats.of.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                seats.of.remove(&self.who);
            }
        }
    }
}

#[cold]
fn full(subject: &str, why: &str) -> Status {
    let mut details = ErrorDetails::with_error_info("TOO_MANY_WATCHES", DOMAIN, HashMap::new());
    details.add_quota_failure_violation(subject, why);
    let message = format!("{why}; end one of them, or read pages by ListChanges");
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seated(audience: &Audience, who: &str) -> Vec<Seat> {
        std::iter::from_fn(|| audience.take(who.to_owned()).ok()).collect()
    }

    #[test]
    fn nobody_takes_more_than_a_share_and_all_of_it_comes_back() {
        let audience = Audience::default();
        let ana = seated(&audience, "ana");
        assert_eq!(ana.len(), EACH);
        let refused = audience.take("ana".into()).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert!(refused.message().contains("ana may watch 40"), "{refused}");
        let others: Vec<_> = (0..9).map(|n| seated(&audience, &n.to_string())).collect();
        assert_eq!(others.iter().map(Vec::len).sum::<usize>(), ALL - EACH);
        let refused = audience.take("last".into()).unwrap_err();
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "TOO_MANY_WATCHES");
        drop((ana, others));
        assert_eq!(seated(&audience, "ana").len(), EACH);
        assert_eq!(audience.seats().of.len(), 0);
    }
}
