//! How long a call may take, and how much of it is left.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use tonic::Request;

/// Name of the header that carries a client's deadline.
static GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// How a method is timed and drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Answers soon: a deadline of its own and a cap on the client's.
    Brief,
    /// Takes as long as its data needs: only the client's own deadline, and time to finish at drain.
    Bulk,
    /// Goes on until someone ends it: only the client's own deadline, and ended at drain.
    Endless,
    /// A way to another call, which is timed and drained itself.
    Elsewhere,
}

/// The pace of a method by the name it has in this system: `Watch...` is endless (and the reflection
/// stream, which clients keep open), `Import...`, `Export...`, the work of an import and whatever is about a whole store are bulk,
/// everything else is brief.
pub fn pace(path: &str) -> Pace {
    let method = path.rsplit('/').next().unwrap_or_default();
    if method.starts_with("Watch") || method == "ServerReflectionInfo" {
        Pace::Endless
    } else if ["Import", "Export"].iter().any(|it| method.starts_with(it))
        || path.starts_with("/rapporteur.store.")
        || [
            "VerifyAuditTrail",
            "PreviewImport",
            "CommitImport",
            "UndoImport",
        ]
        .contains(&method)
    {
        Pace::Bulk
    } else {
        Pace::Brief
    }
}

/// When the present call has to be answered. Handlers find it in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of a request. None when the call has none, or did not come through
    /// [`crate::serve()`].
    pub fn of<T>(request: &Request<T>) -> Self {
        request.extensions().get().copied().unwrap_or(Self(None))
    }

    /// A deadline this far away.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// What is left of it; zero when it has passed, `None` when there is none.
    pub fn remaining(&self) -> Option<Duration> {
        self.0
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.0
    }
}

/// The deadlines of a server.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a client that sets none.
    pub default: Duration,
    /// The longest that a client gets.
    pub cap: Duration,
}

impl Patience {
    pub(crate) fn deadline(&self, pace: Pace, headers: &HeaderMap, now: Instant) -> Deadline {
        let asked = headers.get(&GRPC_TIMEOUT).and_then(grpc_timeout);
        let granted = match pace {
            Pace::Brief => Some(asked.unwrap_or(self.default).min(self.cap)),
            Pace::Bulk | Pace::Endless => asked,
            Pace::Elsewhere => None,
        };
        Deadline(granted.and_then(|time| now.checked_add(time)))
    }
}

/// A `grpc-timeout`: at most eight digits and a unit. An odd one counts as absent, as in tonic.
fn grpc_timeout(value: &HeaderValue) -> Option<Duration> {
    let (unit, digits) = value.as_bytes().split_last()?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count = digits
        .iter()
        .fold(0, |count: u64, digit| count * 10 + u64::from(digit - b'0'));
    match unit {
        b'H' => Some(Duration::from_secs(count * 3_600)),
        b'M' => Some(Duration::from_secs(count * 60)),
        b'S' => Some(Duration::from_secs(count)),
        b'm' => Some(Duration::from_millis(count)),
        b'u' => Some(Duration::from_micros(count)),
        b'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_says() {
        let read = |text: &'static str| grpc_timeout(&HeaderValue::from_static(text));
        assert_eq!(read("1H"), Some(Duration::from_secs(3_600)));
        assert_eq!(read("2M"), Some(Duration::from_secs(120)));
        assert_eq!(read("3S"), Some(Duration::from_secs(3)));
        assert_eq!(read("99999999m"), Some(Duration::from_millis(99_999_999)));
        assert_eq!(read("5u"), Some(Duration::from_micros(5)));
        assert_eq!(read("6n"), Some(Duration::from_nanos(6)));
        for odd in ["", "S", "1", "-1S", "+1S", "123456789S", "1x", "1.5S"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_deadline_follows_the_pace() {
        let patience = Patience {
            default: Duration::from_secs(10),
            cap: Duration::from_secs(20),
        };
        let now = Instant::now();
        let granted = |path, asked: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            asked
                .map(|asked| headers.insert(GRPC_TIMEOUT.clone(), HeaderValue::from_static(asked)));
            patience
                .deadline(pace(path), &headers, now)
                .at()
                .map(|at| at - now)
        };
        assert_eq!(granted("/a.B/Get", None), Some(patience.default));
        assert_eq!(
            granted("/a.B/Get", Some("1S")),
            Some(Duration::from_secs(1))
        );
        assert_eq!(granted("/a.B/Get", Some("1H")), Some(patience.cap));
        assert_eq!(granted("/a.B/Watch", None), None);
        assert_eq!(
            granted("/a.B/WatchChanges", Some("1H")),
            Some(Duration::from_secs(3_600))
        );
        assert_eq!(granted("/a.B/ImportEvents", None), None);
        let verify = "/rapporteur.store.v1.StoreService/VerifyStore";
        assert_eq!(granted(verify, None), None);
        assert_eq!(pace("/a.B/VerifyReport"), Pace::Brief);
        assert_eq!(pace("/a.Watch/Get"), Pace::Brief);
        assert_eq!(pace(""), Pace::Brief);
    }
}
