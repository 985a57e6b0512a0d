//! Random commits, reads and reopenings, compared with a map in memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_store::{
    Batch, Check, Commit, Direction, Error, Revision, Row, Store, Verified, Write,
};
use uuid::Uuid;

#[derive(Clone, Debug)]
enum Step {
    Commit {
        writes: Vec<(Bytes, Option<usize>, bool)>,
        checks: Vec<(Bytes, Checked)>,
        time_us: i64,
    },
    /// Sends an earlier batch again.
    Repeat(prop::sample::Index),
    Scan {
        from: Bytes,
        to: Bytes,
        limit: usize,
        backward: bool,
    },
    Reopen,
}

#[derive(Clone, Copy, Debug)]
enum Checked {
    AsItIs,
    Off,
    Absent,
}

/// Few and awkward keys, so that steps meet.
fn key() -> impl Strategy<Value = Bytes> {
    let byte = prop_oneof![Just(0x00u8), Just(b'a'), Just(b'b'), Just(0xFF)];
    proptest::collection::vec(byte, 1..4).prop_map(Bytes::from)
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..50usize, 2 => 4_090..4_100usize, 1 => 8_190..20_000usize]
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![4 => size().prop_map(Some), 1 => Just(None)];
    let writes = proptest::collection::vec((key(), value, any::<bool>()), 0..8);
    let checked = prop_oneof![6 => Just(Checked::AsItIs), 1 => Just(Checked::Off), 2 => Just(Checked::Absent)];
    let checks = proptest::collection::vec((key(), checked), 0..2);
    let bound = || prop_oneof![1 => Just(Bytes::new()), 3 => key()];
    prop_oneof![
        12 => (writes, checks, -100..100i64)
            .prop_map(|(writes, checks, time_us)| Step::Commit { writes, checks, time_us }),
        2 => any::<prop::sample::Index>().prop_map(Step::Repeat),
        6 => (bound(), bound(), 0..70usize, any::<bool>())
            .prop_map(|(from, to, limit, backward)| Step::Scan { from, to, limit, backward }),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    rows: BTreeMap<Bytes, Row>,
    log: Vec<(Batch, i64)>,
}

impl Model {
    fn version(&self, key: &Bytes) -> u64 {
        self.rows.get(key).map_or(0, |row| row.version)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Commit, Error> {
        if let Some(at) = self
            .log
            .iter()
            .position(|(done, _)| done.op_id == batch.op_id)
        {
            return Ok(Commit {
                position: at as u64 + 1,
                replayed: true,
            });
        }
        for Check { key, version } in &batch.checks {
            let (expected, current) = (*version, self.version(key));
            if expected != current {
                return Err(Error::Conflict {
                    key: key.clone(),
                    expected,
                    current,
                });
            }
        }
        let version = self.log.len() as u64 + 1;
        for Write { key, value, .. } in &batch.writes {
            match value.clone() {
                Some(value) => self.rows.insert(key.clone(), Row { version, value }),
                None => self.rows.remove(key),
            };
        }
        let before = self.log.last().map_or(i64::MIN, |(_, time)| *time);
        self.log.push((batch.clone(), batch.time_us.max(before)));
        Ok(Commit {
            position: version,
            replayed: false,
        })
    }

    fn scan(&self, from: &Bytes, to: &Bytes, limit: usize, backward: bool) -> Vec<(Bytes, Row)> {
        let inside = |key: &Bytes| key >= from && (to.is_empty() || key < to);
        let rows = self.rows.iter().filter(|(key, _)| inside(key));
        let rows = rows.map(|(key, row)| (key.clone(), row.clone()));
        if backward {
            rows.rev().take(limit).collect()
        } else {
            rows.take(limit).collect()
        }
    }

    fn history(&self, key: &Bytes) -> Vec<Revision> {
        let mut revisions = Vec::new();
        for (position, (batch, time_us)) in (1..).zip(&self.log) {
            let writes = batch
                .writes
                .iter()
                .filter(|write| write.history && write.key == *key);
            revisions.extend(writes.map(|write| Revision {
                position,
                time_us: *time_us,
                value: write.value.clone(),
            }));
        }
        revisions.reverse();
        revisions
    }
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let open = || SledStore::open(dir.path(), Options::default()).unwrap();
    let (mut store, mut model, mut number): (Arc<SledStore>, _, u128) =
        (open(), Model::default(), 0);
    for step in steps {
        match step {
            Step::Commit {
                writes,
                checks,
                time_us,
            } => {
                number += 1;
                let writes: BTreeMap<_, _> = writes
                    .into_iter()
                    .map(|(key, size, history)| (key, (size, history)))
                    .collect();
                let value = |size| Bytes::from(vec![number as u8; size]);
                let writes = writes.into_iter().map(|(key, (size, history))| Write {
                    key,
                    value: size.map(value),
                    history,
                });
                let checks = checks.into_iter().map(|(key, checked)| {
                    let version = match checked {
                        Checked::AsItIs => model.version(&key),
                        Checked::Off => model.version(&key) + 1,
                        Checked::Absent => 0,
                    };
                    Check { key, version }
                });
                let batch = Batch {
                    op_id: Uuid::from_u128(number),
                    time_us,
                    checks: checks.collect(),
                    writes: writes.collect(),
                    meta: Bytes::copy_from_slice(&number.to_be_bytes()),
                };
                prop_assert_eq!(store.commit(batch.clone()).await, model.commit(&batch));
            }
            Step::Repeat(index) if !model.log.is_empty() => {
                let batch = index.get(&model.log).0.clone();
                prop_assert_eq!(store.commit(batch.clone()).await, model.commit(&batch));
            }
            Step::Repeat(_) => {}
            Step::Scan {
                from,
                to,
                limit,
                backward,
            } => {
                let direction = if backward {
                    Direction::Backward
                } else {
                    Direction::Forward
                };
                let found = store.scan(&from, &to, limit, direction).await.unwrap();
                prop_assert_eq!(found, model.scan(&from, &to, limit, backward));
            }
            Step::Reopen => {
                store.close().await.unwrap();
                store = open();
            }
        }
    }
    let verified = store.verify().await.unwrap();
    let mut history_rows = 0;
    let mut keys: Vec<&Bytes> = model
        .log
        .iter()
        .flat_map(|(batch, _)| &batch.writes)
        .map(|it| &it.key)
        .collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        prop_assert_eq!(store.get(key).await.unwrap(), model.rows.get(key).cloned());
        let history = model.history(key);
        history_rows += history.len() as u64;
        prop_assert_eq!(store.history(key, u64::MAX, 1_000).await.unwrap(), history);
    }
    let (rows, log_entries) = (model.rows.len() as u64, model.log.len() as u64);
    prop_assert_eq!(
        verified,
        Verified {
            rows,
            log_entries,
            history_rows
        }
    );
    store.close().await.unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn sled_is_an_ordered_map_with_a_log(steps in proptest::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps))?;
    }
}
