//! How much a caller may ask: so many calls a second, and so many a day. A caller is counted by its id; who is
//! anonymous, by the address from which it calls.
//!
//! A refused call costs nothing but the refusal, and says when to come back. The holder of the admin key is not
//! counted: whoever has to end an attack must get through during it.

use std::fmt::Display;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use rapporteur_server::metrics::Refusal;
use rapporteur_server::tls::Peer;
use rapporteur_server::{ANONYMOUS, DOMAIN};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::key::ADMIN;

/// Callers are told apart by this many places; two that share one (by chance, and other ones after a restart)
/// share what they may ask. So memory is bounded whatever addresses there are: some MiB.
const PLACES: u64 = 1 << 18;
/// Who was quiet may ask this many seconds' worth at once.
const BURST_SECONDS: u32 = 5;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much may be asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct QuotaArgs {
    /// Calls a second of a caller with a key or token, and at once five times as many after a rest; 0 = no limit
    #[arg(long, value_name = "COUNT", default_value_t = QuotaArgs::default().caller_rate)]
    pub caller_rate: u32,
    /// Calls a day of a caller with a key or token; 0 = no limit
    #[arg(long, value_name = "COUNT", default_value_t = QuotaArgs::default().caller_daily)]
    pub caller_daily: u32,
    /// Calls a second of everybody without, for each address, and at once five times as many after a rest; 0 = no
    /// limit
    #[arg(long, value_name = "COUNT", default_value_t = QuotaArgs::default().anonymous_rate)]
    pub anonymous_rate: u32,
    /// Calls a day of everybody without, for each address; 0 = no limit
    #[arg(long, value_name = "COUNT", default_value_t = QuotaArgs::default().anonymous_daily)]
    pub anonymous_daily: u32,
}

impl QuotaArgs {
    /// Nothing is limited.
    pub fn unlimited() -> Self {
        Self {
            caller_rate: 0,
            caller_daily: 0,
            anonymous_rate: 0,
            anonymous_daily: 0,
        }
    }
}

impl Default for QuotaArgs {
    fn default() -> Self {
        Self {
            caller_rate: 1_000,
            caller_daily: 0,
            anonymous_rate: 200,
            anonymous_daily: 0,
        }
    }
}

/// Which limit refused a call, and what its caller is told.
pub type Refused = (Refusal, Box<Status>);

/// Counts the calls of each caller.
#[derive(Debug)]
pub struct Quota {
    callers: Limits,
    anonymous: Limits,
    /// Other places in every process, so that nobody can aim at the place of somebody else.
    places: RandomState,
}

/// What one kind of caller may ask.
#[derive(Debug)]
struct Limits {
    rate: Option<Limit>,
    daily: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    why: Refusal,
    reason: &'static str,
    text: String,
    count: DefaultKeyedRateLimiter<u64>,
}

impl Quota {
    /// Nothing is counted yet.
    pub fn new(args: &QuotaArgs) -> Self {
        Self {
            callers: Limits::new(args.caller_rate, args.caller_daily),
            anonymous: Limits::new(args.anonymous_rate, args.anonymous_daily),
            places: RandomState::new(),
        }
    }

    /// Counts a call of `caller` that came from `peer`, or refuses it with RESOURCE_EXHAUSTED, which says when to
    /// come back. `caller` is the id that the door found, [`ANONYMOUS`] for whoever shows nothing.
    pub fn admit(&self, caller: &str, peer: Option<&Peer>) -> Result<(), Refused> {
        if caller != ANONYMOUS {
            return if is_admin(caller) {
                Ok(())
            } else {
                self.callers.count(self.place(caller), &caller)
            };
        }
        // Without a connection the call is our own.
        let Some(address) = peer.map(|peer| network(peer.address().ip())) else {
            return Ok(());
        };
        self.anonymous.count(self.place(address), &address)
    }

    fn place(&self, key: impl Hash) -> u64 {
        self.places.hash_one(key) % PLACES
    }
}

impl Limits {
    fn new(rate: u32, daily: u32) -> Self {
        let second = |count: NonZeroU32| {
            governor::Quota::per_second(count).allow_burst(
                count.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1)),
            )
        };
        let rate = NonZeroU32::new(rate).map(|count| Limit {
            why: Refusal::Rate,
            reason: "RATE_LIMITED",
            text: format!("{count} calls a second"),
            count: RateLimiter::keyed(second(count)),
        });
        let day = |count: NonZeroU32| {
            let each = governor::Quota::with_period(DAY / count.get())?;
            Some(each.allow_burst(count))
        };
        let daily = NonZeroU32::new(daily).and_then(|count| {
            Some(Limit {
                why: Refusal::Quota,
                reason: "QUOTA_EXHAUSTED",
                text: format!("{count} calls a day"),
                count: RateLimiter::keyed(day(count)?),
            })
        });
        Self { rate, daily }
    }

    fn count(&self, place: u64, caller: &impl Display) -> Result<(), Refused> {
        let limits = [&self.rate, &self.daily].into_iter().flatten();
        for limit in limits {
            if let Err(until) = limit.count.check_key(&place) {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let status = limit.refused(&caller.to_string(), wait);
                return Err((limit.why, Box::new(status)));
            }
        }
        Ok(())
    }
}

impl Limit {
    #[cold]
    fn refused(&self, caller: &str, wait: Duration) -> Status {
        let text = format!("{caller} may make {}", self.text);
        let info = [("limit".to_owned(), self.text.clone())];
        let mut details = ErrorDetails::with_error_info(self.reason, DOMAIN, info);
        details.set_retry_info(Some(wait));
        details.add_quota_failure_violation(caller, &text);
        let message = format!("{text}; come back in {:.1} s", wait.as_secs_f64().max(0.1));
        Status::with_error_details(Code::ResourceExhausted, message, details)
    }
}

/// `admin`, or `admin:NAME`.
fn is_admin(caller: &str) -> bool {
    let rest = caller.strip_prefix(ADMIN);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// What stands for one customer: an IPv4 address, or the 64 bits of IPv6 of which each has many addresses.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn from(address: &str) -> Peer {
        Peer::new(format!("{address}:1").parse().unwrap())
    }

    fn admitted(quota: &Quota, caller: &str, peer: &Peer) -> usize {
        (0..1_000)
            .take_while(|_| quota.admit(caller, Some(peer)).is_ok())
            .count()
    }

    #[test]
    fn each_caller_has_its_own_and_comes_back_when_told() {
        let quota = Quota::new(&QuotaArgs {
            caller_rate: 2,
            anonymous_rate: 1,
            ..QuotaArgs::unlimited()
        });
        let here = from("10.0.0.1");
        // A little may come back while it is counted.
        assert!((10..=12).contains(&admitted(&quota, "ana", &here)));
        assert!((10..=12).contains(&admitted(&quota, "ben", &here)));
        assert!((5..=7).contains(&admitted(&quota, ANONYMOUS, &here)));
        assert!((5..=7).contains(&admitted(&quota, ANONYMOUS, &from("10.0.0.2"))));
        for admin in ["admin", "admin:ana"] {
            assert_eq!(admitted(&quota, admin, &here), 1_000);
        }
        let refused = loop {
            if let Err((why, refused)) = quota.admit("ana", Some(&here)) {
                assert_eq!(why, Refusal::Rate);
                break refused;
            }
        };
        assert_eq!(refused.code(), Code::ResourceExhausted);
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "RATE_LIMITED");
        let violation = &details.quota_failure().unwrap().violations[0];
        assert_eq!(violation.subject, "ana");
        assert_eq!(violation.description, "ana may make 2 calls a second");
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert!(
            !wait.is_zero() && wait <= Duration::from_millis(500),
            "{wait:?}"
        );
        let since = Instant::now();
        while quota.admit("ana", Some(&here)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(20));
        }
        assert!(since.elapsed() + Duration::from_millis(50) >= wait);
    }

    #[test]
    fn a_day_has_its_own_limit() {
        let quota = Quota::new(&QuotaArgs {
            caller_daily: 3,
            ..QuotaArgs::unlimited()
        });
        let here = from("10.0.0.1");
        assert_eq!(admitted(&quota, "ana", &here), 3);
        let (why, refused) = quota.admit("ana", Some(&here)).unwrap_err();
        assert_eq!(why, Refusal::Quota);
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "QUOTA_EXHAUSTED");
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert!(wait > Duration::from_secs(7 * 60 * 60), "{wait:?}");
        assert_eq!(admitted(&quota, ANONYMOUS, &here), 1_000, "not limited");
    }

    #[test]
    fn whoever_has_many_addresses_is_one() {
        let quota = Quota::new(&QuotaArgs {
            anonymous_daily: 2,
            ..QuotaArgs::unlimited()
        });
        let ask = |address: &str| quota.admit(ANONYMOUS, Some(&from(address))).is_ok();
        assert!(ask("[2001:db8::1]") && ask("[2001:db8::2]"));
        assert!(!ask("[2001:db8::3]"));
        assert!(ask("[2001:db8:0:1::3]"));
        assert!(ask("[::ffff:10.0.0.1]") && ask("10.0.0.1"));
        assert!(!ask("10.0.0.1"));
    }

    #[test]
    fn a_million_callers_take_no_more_room_than_there_are_places() {
        let quota = Quota::new(&QuotaArgs {
            caller_rate: 1_000,
            ..QuotaArgs::unlimited()
        });
        for n in 0..1_000_000 {
            let _ = quota.admit(&format!("caller-{n}"), None);
        }
        let kept = quota.callers.rate.as_ref().unwrap().count.len();
        assert!(kept > 200_000 && kept as u64 <= PLACES, "{kept}");
    }
}
