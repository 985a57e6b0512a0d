//! Refused calls on record: enough to see what somebody tries, too few to fill a disk.
//!
//! Each is an entry of the hash-chained log. Those that come too quickly are counted, and the count is an entry too. Who
//! is known and who is not are counted apart, so that a flood from outside hides nobody inside.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rapporteur_access::policy::rule;
use rapporteur_records::{Call, Error, Records, Refused};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::caller::{ANONYMOUS, Caller};
use crate::{permitted, status};

/// Refused calls that go on record at once, after a rest.
const BURST: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// And how many a second when they do not end: some 100 MB a day at most.
const RATE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// How long those that were left out are counted before the count goes on record.
const COUNTED_FOR: Duration = Duration::from_secs(10);

/// Puts refused calls on record. Clones are the same.
#[derive(Clone)]
pub struct Refusals(Arc<Inner>);

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refusals")
    }
}

struct Inner {
    records: Records,
    known: Counted,
    unknown: Counted,
    writing: Mutex<JoinSet<()>>,
    closing: CancellationToken,
}

/// Callers of one kind.
struct Counted {
    limit: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            limit: RateLimiter::direct(Quota::per_second(RATE).allow_burst(BURST)),
            left_out: AtomicU64::new(0),
        }
    }
}

impl Refusals {
    /// On record in the log of these records.
    pub fn over(records: Records) -> Self {
        Self(Arc::new(Inner {
            records,
            known: Counted::default(),
            unknown: Counted::default(),
            writing: Mutex::default(),
            closing: CancellationToken::new(),
        }))
    }

    /// Whether a caller may make a call that is about no record. When not, that is on record before it is answered.
    pub async fn may(&self, caller: &Caller, rpc: &'static str) -> Result<(), Status> {
        match permitted(rpc, &caller.rights, caller.is_known(), "", &[]) {
            Ok(()) => Ok(()),
            Err(error) => {
                let call = Call {
                    caller: caller.id.clone(),
                    rpc,
                    log_id: caller.request_id.clone(),
                    ..Call::default()
                };
                Err(self.refuse(&call, "", error).await)
            }
        }
    }

    /// Puts a refused call on record, and gives what it is answered.
    pub async fn refuse(&self, call: &Call, subject: &str, why: Error) -> Status {
        let refused = Refused {
            call: call.clone(),
            subject: subject.to_owned(),
            why: why.to_string(),
            ..Refused::default()
        };
        if !self.goes_on_record(&refused) {
            return status(why);
        }
        match self.0.records.refused(&refused).await {
            Ok(()) => status(why),
            Err(error) => status(error),
        }
    }

    /// Puts a call on record that was refused before anybody looked at what it is about. It is written in a moment:
    /// who comes so far must not make others wait. `path` is that of the call, as it came.
    pub fn at_the_door(&self, path: &str, mut refused: Refused) {
        let path = path.strip_prefix('/').unwrap_or(path);
        match rule(path) {
            Some(rule) => refused.call.rpc = rule.rpc,
            None => path.clone_into(&mut refused.subject),
        }
        if self.goes_on_record(&refused) {
            self.write(refused);
        }
    }

    /// Writes what is left to write. To be waited for before the store is closed.
    pub async fn close(&self) {
        self.0.closing.cancel();
        // One that counts may leave one that writes behind.
        for _ in 0..2 {
            let writing = std::mem::take(&mut *self.writing());
            writing.join_all().await;
        }
    }

    fn goes_on_record(&self, refused: &Refused) -> bool {
        let is_known = !["", ANONYMOUS].contains(&&*refused.call.caller);
        let counted = self.counted(is_known);
        if counted.limit.check().is_ok() {
            return true;
        }
        if counted.left_out.fetch_add(1, Ordering::Relaxed) == 0 {
            let this = self.clone();
            self.spawn(async move {
                let closing = this.0.closing.cancelled();
                let _ = tokio::time::timeout(COUNTED_FOR, closing).await;
                this.sum(is_known);
            });
        }
        false
    }

    fn writing(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.0
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut writing = self.writing();
        while writing.try_join_next().is_some() {}
        writing.spawn(task);
    }

    fn counted(&self, is_known: bool) -> &Counted {
        if is_known {
            &self.0.known
        } else {
            &self.0.unknown
        }
    }

    /// Puts on record how many were left out.
    fn sum(&self, is_known: bool) {
        let left_out = self.counted(is_known).left_out.swap(0, Ordering::Relaxed);
        let whose = if is_known { "known" } else { "unknown" };
        self.write(Refused {
            why: format!(
                "{left_out} more refused calls of {whose} callers, too many to be told one by one"
            ),
            left_out,
            ..Refused::default()
        });
    }

    fn write(&self, refused: Refused) {
        let records = self.0.records.clone();
        self.spawn(async move {
            if let Err(error) = records.refused(&refused).await {
                tracing::error!(%error, caller = refused.call.caller, rpc = refused.call.rpc, why = refused.why, "a refused call is not on record");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::changes::v1::{AuditEntry, ListAuditEntriesRequest, Service};
    use rapporteur_records::Feed;
    use rapporteur_store::sled::{Options, SledStore};

    use super::*;

    async fn trail(records: &Records) -> Vec<AuditEntry> {
        let feed = Feed::new(records.store().clone(), Service::Events, &[]);
        let from = feed.resume("").await.unwrap();
        let asked = ListAuditEntriesRequest::default();
        let page = feed.audit(from, 1_000, &asked).await.unwrap();
        assert!(page.at_head);
        page.entries
    }

    #[tokio::test]
    async fn a_flood_leaves_some_lines_and_the_count_of_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), Options::default()).unwrap();
        let records = Records::new(store);
        let refusals = Refusals::over(records.clone());
        let path = "/rapporteur.events.v1.EventService/GetEvent";
        for _ in 0..1_000 {
            refusals.at_the_door(
                path,
                Refused {
                    why: "no".into(),
                    ..Refused::default()
                },
            );
        }
        // Somebody inside is seen in spite of it.
        let ana = Call {
            caller: "ana".into(),
            ..Call::default()
        };
        let denied = Error::PermissionDenied("not you".into());
        refusals.refuse(&ana, "dialogues/rabat", denied).await;
        refusals.close().await;
        let entries = trail(&records).await;
        let sums: Vec<_> = entries.iter().filter(|entry| entry.left_out > 0).collect();
        let told = entries
            .iter()
            .filter(|entry| entry.rpc == path[1..])
            .count();
        assert!((50..500).contains(&told), "{told}");
        let left_out: u64 = sums.iter().map(|entry| entry.left_out).sum();
        assert_eq!(
            told as u64 + left_out,
            1_000,
            "every one is told or counted"
        );
        assert!(sums.len() < 5, "{sums:?}");
        assert!(
            entries
                .iter()
                .any(|entry| entry.caller == "ana" && entry.refused == "not you")
        );
        records.store().close().await.unwrap();
    }

    #[tokio::test]
    async fn a_call_that_nobody_knows_is_told_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), Options::default()).unwrap();
        let records = Records::new(store);
        let refusals = Refusals::over(records.clone());
        let refused = Refused {
            why: "no".into(),
            peer: "192.0.2.7".into(),
            ..Refused::default()
        };
        refusals.at_the_door("/a/b", refused);
        refusals.close().await;
        let entries = trail(&records).await;
        let [entry] = &entries[..] else {
            panic!("{entries:?}")
        };
        assert_eq!(
            (&*entry.rpc, &*entry.subject, &*entry.peer),
            ("", "a/b", "192.0.2.7")
        );
        records.store().close().await.unwrap();
    }
}
