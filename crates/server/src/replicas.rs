//! The replicas of one service, as those who call it see them: several processes over one store, of which any
//! answers any call.
//!
//! A replica that does not answer is taken out of turn, and so is one that says that it does not serve. Its
//! health, followed in the background, brings it back. When none is left, calls are refused at once instead of
//! waiting for their deadlines: the circuit is open, and closed again by the first that answers. A service with
//! one address that says that it does not serve is asked all the same, since it knows best why.

mod attend;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use http::Uri;
use http::uri::{Authority, Scheme};
use rapporteur_records::Error;
use tokio::sync::Notify;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tower::retry::budget::{Budget as _, TpsBudget};

use crate::client::{connect_over, settled};
use crate::tls::{Outgoing, PeerArgs};
use crate::trace;

/// Most replicas of one service: a bit each.
const MOST: usize = 64;
/// What may be asked a second time: this share of the calls of the last seconds, and a few a second in any
/// case. More would make an outage worse.
const REPEATED_SHARE: f32 = 0.1;
const REPEATED_PER_SECOND: u32 = 10;
const REPEATED_OVER: Duration = Duration::from_secs(10);

/// All replicas of one service.
pub struct Replicas {
    name: &'static str,
    all: Box<[Replica]>,
    /// One bit for each replica that takes calls.
    up: AtomicU64,
    turn: AtomicUsize,
    /// Whether health is followed, without which the only replica would never come back.
    watched: AtomicBool,
    repeats: TpsBudget,
    /// Calls that were made again, and those that were not since too many were.
    repeated: AtomicU64,
    rationed: AtomicU64,
}

/// One of them.
pub struct Replica {
    /// Its address as it was given, `http://HOST:PORT` or `https://HOST:PORT`.
    pub address: String,
    /// `HOST:PORT`.
    pub authority: Authority,
    /// How connections to it are made private; none where they are not.
    pub tls: Option<Outgoing>,
    /// The way there, for calls that a process makes itself. It connects when it is needed.
    pub channel: Channel,
    /// Why it takes no calls.
    trouble: Mutex<String>,
    /// How often it was taken out.
    losses: AtomicU64,
    /// Raised when a call found it gone, so that its health is asked anew.
    suspected: Notify,
}

impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.all.iter().map(|replica| &replica.address);
        write!(f, "Replicas({} at ", self.name)?;
        f.debug_list().entries(addresses).finish()?;
        f.write_str(")")
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replica({})", self.address)
    }
}

impl Replicas {
    /// The service `name` at `addresses`, each an `http://HOST:PORT`, or `https://` and reached as `peers` say.
    /// Nothing is connected yet, and all are believed to be well. `name` is also the argument that is wrong
    /// when an address is.
    pub fn new(name: &'static str, addresses: &[String], peers: &PeerArgs) -> Result<Self, Error> {
        let private = addresses.iter().any(|address| is_private(address));
        let tls = private.then(|| Outgoing::new(peers)).transpose();
        let tls = tls.map_err(|error| Error::invalid("peer", error.to_string()))?;
        let all = addresses
            .iter()
            .map(|address| Replica::new(name, address, tls.as_ref()));
        let all = all.collect::<Result<Box<[_]>, _>>()?;
        let twice =
            (1..all.len()).find(|at| all[..*at].iter().any(|r| r.authority == all[*at].authority));
        if let Some(at) = twice {
            let description = format!("`{}` is given twice", all[at].address);
            return Err(Error::invalid(name, description));
        }
        if all.is_empty() || all.len() > MOST {
            let description = format!(
                "{} addresses are given; 1 to {MOST} are possible, separated by commas",
                all.len()
            );
            return Err(Error::invalid(name, description));
        }
        Ok(Self {
            name,
            up: AtomicU64::new(u64::MAX >> (MOST - all.len())),
            all,
            turn: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            repeats: TpsBudget::new(REPEATED_OVER, REPEATED_PER_SECOND, REPEATED_SHARE),
            repeated: AtomicU64::new(0),
            rationed: AtomicU64::new(0),
        })
    }

    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Each of them, in the order of the addresses.
    pub fn all(&self) -> &[Replica] {
        &self.all
    }

    /// The place in [`Replicas::all`] of the one whose turn it is; `None` when none takes calls.
    pub fn pick(&self) -> Option<usize> {
        if self.all.len() > 1 {
            self.repeats.deposit();
        }
        self.other(0)
    }

    /// One that takes calls and is not among those `tried`, a bit for each place.
    pub fn other(&self, tried: u64) -> Option<usize> {
        let mut left = self.up.load(Ordering::Relaxed) & !tried;
        if left == 0 {
            return None;
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % left.count_ones() as usize;
        for _ in 0..turn {
            left &= left - 1;
        }
        Some(left.trailing_zeros() as usize)
    }

    /// Whether a call that may have been answered already may be made once more. Ask only before doing so: it counts.
    pub fn may_repeat(&self) -> bool {
        let may = self.repeats.withdraw();
        self.rationed.fetch_add(u64::from(!may), Ordering::Relaxed);
        may
    }

    /// A call is made again on another replica.
    pub fn repeats(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were.
    pub(crate) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// How many were not, since too many were already.
    pub(crate) fn rationed(&self) -> u64 {
        self.rationed.load(Ordering::Relaxed)
    }

    /// Whether the one at this place takes calls.
    pub(crate) fn takes_calls(&self, at: usize) -> bool {
        self.up.load(Ordering::Relaxed) & (1 << at) != 0
    }

    /// How often the one at this place was taken out.
    pub(crate) fn losses(&self, at: usize) -> u64 {
        self.all[at].losses.load(Ordering::Relaxed)
    }

    /// The way to one of them: to one that takes calls, if there is one.
    pub fn channel(&self) -> Channel {
        let turn = || self.turn.fetch_add(1, Ordering::Relaxed) % self.all.len();
        self.all[self.pick().unwrap_or_else(turn)].channel.clone()
    }

    /// The answer to a question that changes nothing. When the one asked does not answer, another is asked, once.
    pub async fn ask<T, F>(&self, question: impl Fn(Channel) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<T, Status>>,
    {
        // The only one is asked even while it is out: it may be back, and what a process asks for itself is little.
        let only = (self.all.len() == 1).then_some(0);
        let Some(first) = self.pick().or(only) else {
            return Err(Status::unavailable(self.trouble()));
        };
        // The request is made within the span of the question, so that it carries it.
        let ask = |at: usize| {
            let channel = self.all[at].channel.clone();
            trace::asks(self.name, async { question(channel).await })
        };
        let answered = ask(first).await;
        let lost = |status: Status| settled(status).code() == Code::Unavailable;
        if !answered.as_ref().is_err_and(|status| lost(status.clone())) {
            return answered;
        }
        match self.other(1 << first) {
            Some(second) if self.may_repeat() => {
                self.repeats();
                ask(second).await
            }
            _ => answered,
        }
    }

    /// A call found the replica at this place gone.
    pub fn lost(&self, at: usize, why: &str) {
        if self.take_out(at, why) {
            self.all[at].suspected.notify_one();
        }
    }

    /// Why none takes calls, for people: what each of them said last.
    pub fn trouble(&self) -> String {
        let each = self.all.iter().map(|replica| {
            let trouble = replica.trouble();
            format!("{}: {}", replica.authority, *trouble)
        });
        each.collect::<Vec<_>>().join("; ")
    }

    /// Follows the health of each for as long as the future is polled.
    pub async fn watch(&self) {
        self.watched.store(true, Ordering::Relaxed);
        join_all((0..self.all.len()).map(|at| self.attend(at))).await;
    }

    /// Whether it was in.
    fn take_out(&self, at: usize, why: &str) -> bool {
        if self.all.len() == 1 && !self.watched.load(Ordering::Relaxed) {
            return false;
        }
        why.clone_into(&mut self.all[at].trouble());
        let was_in = self.up.fetch_and(!(1 << at), Ordering::Relaxed) & (1 << at) != 0;
        if was_in {
            self.all[at].losses.fetch_add(1, Ordering::Relaxed);
            let address = &self.all[at].address;
            tracing::warn!(
                service = self.name,
                address,
                why,
                "a replica takes no calls"
            );
        }
        was_in
    }

    fn put_in(&self, at: usize) {
        if self.up.fetch_or(1 << at, Ordering::Relaxed) & (1 << at) == 0 {
            let address = &self.all[at].address;
            tracing::info!(service = self.name, address, "a replica takes calls again");
        }
    }
}

impl Replica {
    fn new(service: &'static str, address: &str, tls: Option<&Outgoing>) -> Result<Self, Error> {
        let wrong = || {
            let shape = "is not the address of a service; it should look like http://HOST:PORT or https://HOST:PORT";
            Error::invalid(service, format!("`{address}` {shape}"))
        };
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        let authority = uri
            .authority()
            .filter(|_| [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme()))
            .ok_or_else(wrong)?;
        let tls = tls.filter(|_| is_private(address)).cloned();
        Ok(Self {
            address: address.to_owned(),
            authority: authority.clone(),
            channel: connect_over(address, tls.clone()).map_err(|_| wrong())?,
            tls,
            trouble: Mutex::default(),
            losses: AtomicU64::new(0),
            suspected: Notify::new(),
        })
    }

    fn trouble(&self) -> std::sync::MutexGuard<'_, String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an address asks for TLS.
fn is_private(address: &str) -> bool {
    address
        .get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Replicas {
        let addresses = [1, 2, 3].map(|port| format!("http://127.0.0.1:{port}"));
        Replicas::new("events", &addresses, &PeerArgs::default()).unwrap()
    }

    #[tokio::test]
    async fn addresses_are_checked() {
        let refused = |addresses: &[&str]| {
            let addresses: Vec<String> = addresses.iter().map(|a| (*a).to_owned()).collect();
            Replicas::new("events", &addresses, &PeerArgs::default())
                .unwrap_err()
                .to_string()
        };
        for odd in ["127.0.0.1:7701", "ftp://x:1", "", "http://", "/"] {
            let error = refused(&["http://127.0.0.1:1", odd]);
            assert!(
                error.contains("events") && error.contains("http://HOST:PORT"),
                "{odd}: {error}"
            );
        }
        assert!(
            refused(&["http://a:1", "http://b:1", "http://a:1/"])
                .contains("`http://a:1/` is given twice")
        );
        assert!(refused(&[]).contains("0 addresses"));
        assert_eq!(three().all()[1].authority.as_str(), "127.0.0.1:2");
    }

    #[tokio::test]
    async fn those_that_are_up_take_turns() {
        let replicas = three();
        let turns = |replicas: &Replicas| {
            let mut turns = [0; 3];
            for _ in 0..300 {
                turns[replicas.pick().unwrap()] += 1;
            }
            turns
        };
        assert_eq!(turns(&replicas), [100, 100, 100]);
        replicas.lost(1, "refused");
        assert_eq!(turns(&replicas), [150, 0, 150]);
        assert_eq!(replicas.other(0b1), Some(2));
        assert_eq!(replicas.other(0b101), None);
        replicas.lost(0, "refused");
        replicas.lost(2, "silent");
        assert_eq!(replicas.pick(), None);
        let trouble = "127.0.0.1:1: refused; 127.0.0.1:2: refused; 127.0.0.1:3: silent";
        assert_eq!(replicas.trouble(), trouble);
        replicas.put_in(2);
        assert_eq!(turns(&replicas), [0, 0, 300]);
    }

    #[tokio::test]
    async fn the_only_one_is_out_only_while_somebody_looks_after_it() {
        let alone = Replicas::new(
            "events",
            &["http://127.0.0.1:1".to_owned()],
            &PeerArgs::default(),
        )
        .unwrap();
        alone.lost(0, "refused");
        assert_eq!(alone.pick(), Some(0));
        assert_eq!(alone.other(1), None);
        alone.watched.store(true, Ordering::Relaxed);
        alone.lost(0, "refused");
        assert_eq!(alone.pick(), None);
        alone.put_in(0);
        assert_eq!(alone.pick(), Some(0));
    }

    #[tokio::test]
    async fn repeating_is_rationed() {
        let replicas = three();
        let repeats = |replicas: &Replicas| (0..).take_while(|_| replicas.may_repeat()).count();
        let floor = usize::try_from(REPEATED_PER_SECOND).unwrap() * 10;
        assert_eq!(repeats(&replicas), floor);
        for _ in 0..1_000 {
            replicas.pick();
        }
        assert_eq!(repeats(&replicas), 100, "a tenth of the calls");
    }
}
