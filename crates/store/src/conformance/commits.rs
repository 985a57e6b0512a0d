//! What a batch does: all of it, none of it, or the same as the first time.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::{Engine, Outcome, batch, checked, commit, ensure, ensure_eq, ensure_matches, finish};
use crate::contract::LIMITS;
use crate::{Batch, Check, Commit, Direction, Error, Write};

pub(super) async fn checks(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let write = || batch([Write::put("k", "v")]);
    let conflict = |expected, current| {
        Err(Error::Conflict {
            key: "k".into(),
            expected,
            current,
        })
    };
    ensure_eq!(store.commit(checked(write(), "k", 1)).await, conflict(1, 0));
    ensure_eq!(commit(&*store, checked(write(), "k", 0)).await?, 1);
    ensure_eq!(store.commit(checked(write(), "k", 0)).await, conflict(0, 1));
    ensure_eq!(store.commit(checked(write(), "k", 2)).await, conflict(2, 1));
    ensure_eq!(commit(&*store, checked(write(), "k", 1)).await?, 2);
    // A check of a key that is not written guards too, and writing another key leaves "k" alone.
    let other = || checked(batch([Write::put("other", "v")]), "k", 2);
    ensure_eq!(commit(&*store, other()).await?, 3);
    ensure_eq!(commit(&*store, other()).await?, 4);
    ensure_eq!(commit(&*store, batch([Write::delete("k")])).await?, 5);
    ensure_eq!(store.commit(other()).await, conflict(2, 0));
    ensure_eq!(commit(&*store, checked(write(), "k", 0)).await?, 6);
    finish(store).await
}

pub(super) async fn conflict_leaves_nothing(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    commit(&*store, batch([Write::record("a", "1")])).await?;
    let head = store.head().await?;
    let mut refused = batch([
        Write::record("a", "2"),
        Write::put("b", "2"),
        Write::delete("c"),
    ]);
    refused = checked(checked(checked(refused, "a", 1), "b", 9), "c", 9);
    let op_id = refused.op_id;
    // The first check that fails is the one that is named.
    let expected = Err(Error::Conflict {
        key: "b".into(),
        expected: 9,
        current: 0,
    });
    ensure_eq!(store.commit(refused.clone()).await, expected);
    ensure_eq!(store.head().await?, head);
    ensure_eq!(store.lookup(op_id).await?, None);
    ensure_eq!(
        store.get(b"a").await?.map(|row| (row.version, row.value)),
        Some((1, "1".into()))
    );
    ensure_eq!(store.get(b"b").await?, None);
    ensure_eq!(store.history(b"a", u64::MAX, 10).await?.len(), 1);
    // The op_id is not used up: the caller may mend the batch and send it again.
    refused.checks.clear();
    ensure_eq!(commit(&*store, refused).await?, 2);
    finish(store).await
}

pub(super) async fn all_or_nothing(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let keys: Vec<Bytes> = (0..LIMITS.batch_writes)
        .map(|n| format!("key {n:04}").into())
        .collect();
    let all = |value: &'static str| batch(keys.iter().map(|key| Write::put(key.clone(), value)));
    let (from, to) = (b"", b"");
    let count = || async { store.scan(from, to, 2_000, Direction::Forward).await };
    let mut refused = all("never");
    refused.checks = keys
        .iter()
        .map(|key| Check {
            key: key.clone(),
            version: 0,
        })
        .collect();
    refused.checks[999].version = 1;
    ensure_matches!(store.commit(refused).await, Err(Error::Conflict { .. }));
    ensure_eq!(count().await?, []);
    let position = commit(&*store, all("once")).await?;
    let rows = count().await?;
    ensure_eq!(rows.len(), keys.len());
    ensure!(
        rows.iter()
            .all(|(_, row)| row.version == position && row.value == "once"),
        "not every row is of the one commit"
    );
    finish(store).await
}

pub(super) async fn delete_then_recreate(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    for round in 0..3u64 {
        let text = format!("{round}");
        let first = commit(
            &*store,
            checked(batch([Write::record("k", text.clone())]), "k", 0),
        )
        .await?;
        ensure_eq!(first, 2 * round + 1);
        ensure_eq!(
            store.get(b"k").await?.map(|row| (row.version, row.value)),
            Some((first, text.into()))
        );
        let gone = Write {
            key: "k".into(),
            value: None,
            history: true,
        };
        commit(&*store, checked(batch([gone]), "k", first)).await?;
        ensure_eq!(store.get(b"k").await?, None);
    }
    // Deleting what is not there is a commit like any other.
    commit(&*store, batch([Write::delete("never there")])).await?;
    let store = engine.reopen(store).await?;
    ensure_eq!(store.get(b"k").await?, None);
    ensure_eq!(store.head().await?.position, 7);
    finish(store).await
}

pub(super) async fn replay_of_an_op_id(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let first = checked(batch([Write::record("k", "1")]), "k", 0);
    ensure_eq!(commit(&*store, first.clone()).await?, 1);
    commit(&*store, batch([Write::record("k", "2")])).await?;
    let again = Ok(Commit {
        position: 1,
        replayed: true,
    });
    // Its check would fail now; but it was done, so that is the answer.
    ensure_eq!(store.commit(first.clone()).await, again);
    ensure_eq!(store.lookup(first.op_id).await?, Some(1));
    ensure_eq!(store.lookup(Uuid::new_v4()).await?, None);
    let store = engine.reopen(store).await?;
    ensure_eq!(store.commit(first.clone()).await, again);
    ensure_eq!(store.lookup(first.op_id).await?, Some(1));
    ensure_eq!(store.head().await?.position, 2);
    ensure_eq!(
        store.get(b"k").await?.map(|row| row.value),
        Some("2".into())
    );
    finish(store).await
}

pub(super) async fn one_op_id_from_many_callers(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    for round in 1..=5u64 {
        let same = batch([Write::record("k", format!("{round}"))]);
        let callers: Vec<_> = (0..32)
            .map(|_| {
                let (store, same) = (Arc::clone(&store), same.clone());
                tokio::spawn(async move { store.commit(same).await })
            })
            .collect();
        let mut first = 0;
        for caller in callers {
            let done = caller.await??;
            ensure_eq!(done.position, round);
            first += usize::from(!done.replayed);
        }
        ensure_eq!(first, 1);
    }
    ensure_eq!(store.history(b"k", u64::MAX, 10).await?.len(), 5);
    finish(store).await
}

pub(super) async fn limits(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let bytes = |len: usize| Bytes::from(vec![b'x'; len]);
    let many = |count: usize| (0..count).map(|n| Write::put(format!("{n}"), ""));
    let check = |n: usize| Check {
        key: format!("{n}").into(),
        version: 0,
    };
    let half = |n: usize| Write::put(format!("half {n}"), bytes(1 << 19));

    let too_large: [Batch; 6] = [
        batch([Write::put(bytes(LIMITS.key_bytes + 1), "")]),
        batch([Write::put("k", bytes(LIMITS.value_bytes + 1))]),
        batch(many(LIMITS.batch_writes + 1)),
        Batch {
            checks: (0..=LIMITS.batch_writes).map(check).collect(),
            ..batch([])
        },
        Batch {
            meta: bytes(LIMITS.value_bytes + 1),
            ..batch([])
        },
        batch((0..17).map(half)),
    ];
    for refused in too_large {
        ensure_matches!(store.commit(refused).await, Err(Error::TooLarge { .. }));
    }
    let invalid = [
        batch([Write::put("twice", "1"), Write::delete("twice")]),
        batch([Write::put("", "no key")]),
        checked(batch([]), "", 0),
        Batch {
            op_id: Uuid::nil(),
            ..batch([])
        },
    ];
    for refused in invalid {
        ensure_matches!(store.commit(refused).await, Err(Error::Invalid(_)));
    }
    ensure_eq!(store.head().await?.position, 0);

    // And exactly at the limit all is well.
    let key = bytes(LIMITS.key_bytes);
    commit(
        &*store,
        batch([Write::record(key.clone(), bytes(LIMITS.value_bytes))]),
    )
    .await?;
    ensure_eq!(
        store.get(&key).await?.map(|row| row.value.len()),
        Some(LIMITS.value_bytes)
    );
    let high = Bytes::from(vec![0xFF; LIMITS.key_bytes]);
    commit(&*store, batch([Write::record(high.clone(), "")])).await?;
    ensure_eq!(store.history(&high, u64::MAX, 1).await?.len(), 1);
    commit(&*store, batch(many(LIMITS.batch_writes))).await?;
    commit(
        &*store,
        Batch {
            meta: bytes(LIMITS.value_bytes),
            ..batch((0..13).map(half))
        },
    )
    .await?;
    let store = engine.reopen(store).await?;
    ensure_eq!(store.head().await?.position, 4);
    ensure_eq!(store.info().await?.limits, LIMITS);
    finish(store).await
}

/// A change record alone is a commit: a refused request that must be on record, for example.
pub(super) async fn batch_without_writes(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let start = store.head().await?;
    let noted = Batch {
        meta: Bytes::from_static(b"was refused"),
        ..batch([])
    };
    ensure_eq!(commit(&*store, checked(noted, "k", 0)).await?, 1);
    let entries = store.read_log(&start, 10).await?;
    ensure_eq!(entries.len(), 1);
    ensure_eq!(
        (&entries[0].meta[..], entries[0].writes.len()),
        (&b"was refused"[..], 0)
    );
    finish(store).await
}
