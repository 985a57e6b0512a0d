//! Single rows: order, absence, size.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Engine, Outcome, batch, commit, ensure, ensure_eq, ensure_matches, finish};
use crate::contract::LIMITS;
use crate::{Direction, Error, Store, Write};

/// What stands in the store must be exactly `expected`, by every way of reading.
async fn stands(store: &dyn Store, expected: &BTreeMap<Vec<u8>, Bytes>) -> Outcome {
    let limit = LIMITS.page_rows;
    let forward = store.scan(b"", b"", limit, Direction::Forward).await?;
    let keys: Vec<_> = forward
        .iter()
        .map(|(key, row)| (key.to_vec(), row.value.clone()))
        .collect();
    let model: Vec<_> = expected
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    ensure_eq!(keys, model);
    let mut backward = store.scan(b"", b"", limit, Direction::Backward).await?;
    backward.reverse();
    ensure_eq!(backward, forward);
    for (key, row) in &forward {
        ensure_eq!(store.get(key).await?.as_ref(), Some(row));
    }
    let keys: Vec<_> = forward.iter().map(|(key, _)| key.clone()).collect();
    let rows: Vec<_> = forward.into_iter().map(|(_, row)| Some(row)).collect();
    ensure_eq!(store.get_many(&keys).await?, rows);
    Ok(())
}

pub(super) async fn byte_order(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let mut expected = BTreeMap::new();
    let bytes = [0x00, 0x01, 0x61, 0x7F, 0x80, 0xFE, 0xFF];
    for first in bytes {
        expected.insert(vec![first], Bytes::new());
        for second in bytes {
            expected.insert(vec![first, second], Bytes::from(vec![second, first]));
            for third in [0x00, 0xFF] {
                expected.insert(vec![first, second, third], Bytes::from_static(b"\x00\xFF"));
            }
        }
    }
    let writes = expected
        .iter()
        .map(|(key, value)| Write::put(key.clone(), value.clone()));
    commit(&*store, batch(writes.rev())).await?;
    stands(&*store, &expected).await?;
    let store = engine.reopen(store).await?;
    stands(&*store, &expected).await?;
    finish(store).await
}

/// Descending numbers are full of these; they once sent an engine's backward scan in circles.
pub(super) async fn long_runs_of_high_bytes(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let mut expected = BTreeMap::new();
    for space in 1..4u8 {
        for number in 0..60u64 {
            let descending = (!number).to_be_bytes();
            let key = [&[space], &descending[..]].concat();
            expected.insert(key, Bytes::from_static(b"descending"));
            let runs = vec![0xFF; 6 + usize::try_from(number).unwrap_or(0)];
            expected.insert([&[space], &runs[..]].concat(), Bytes::from_static(b"run"));
            expected.insert(vec![space + 1, number as u8], Bytes::from_static(b"next"));
        }
    }
    let writes = expected
        .iter()
        .map(|(key, value)| Write::put(key.clone(), value.clone()));
    commit(&*store, batch(writes)).await?;
    stands(&*store, &expected).await?;
    finish(store).await
}

pub(super) async fn absent_rows(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    ensure_eq!(store.get(b"nothing").await?, None);
    ensure_eq!(store.scan(b"", b"", 10, Direction::Forward).await?, []);
    ensure_eq!(store.scan(b"", b"", 10, Direction::Backward).await?, []);
    ensure_eq!(store.head().await?.position, 0);
    commit(&*store, batch([Write::put("here", "")])).await?;
    ensure_eq!(store.get(b"her").await?, None);
    ensure_eq!(store.get(b"here\0").await?, None);
    ensure_eq!(
        store.get(b"here").await?.map(|row| row.value),
        Some(Bytes::new())
    );
    finish(store).await
}

pub(super) async fn get_many_in_order(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    commit(
        &*store,
        batch((0..200).map(|n| Write::put(format!("{n:03}"), format!("{n}")))),
    )
    .await?;
    let asked: Vec<Bytes> = (0..300)
        .rev()
        .chain([7, 7])
        .map(|n| format!("{n:03}").into())
        .collect();
    for (key, row) in asked.iter().zip(store.get_many(&asked).await?) {
        ensure_eq!(row, store.get(key).await?);
        ensure!(
            row.is_some() == (key[..] < b"200"[..]),
            "{key:?} is {row:?}"
        );
    }
    ensure_eq!(store.get_many(&[]).await?, []);
    let too_many = vec![Bytes::from_static(b"k"); LIMITS.page_rows + 1];
    ensure_matches!(store.get_many(&too_many).await, Err(Error::TooLarge { .. }));
    finish(store).await
}

/// Values of every size around the places where engines cut them, put over one another.
pub(super) async fn large_values(engine: &dyn Engine) -> Outcome {
    let sizes = [
        0,
        1,
        4_095,
        4_096,
        4_097,
        8_191,
        8_192,
        8_193,
        12_288,
        100_000,
        1 << 20,
    ];
    let value = |size: usize, salt: usize| -> Bytes {
        (0..size)
            .map(|at| (at * 31 + at / 4_096 + salt) as u8)
            .collect()
    };
    let mut store = engine.create().await?;
    let mut expected = BTreeMap::new();
    for round in 0..3 {
        for (index, _) in sizes.iter().enumerate() {
            // Each key takes a step through the sizes, so each size follows another.
            let size = sizes[(index + round * 4) % sizes.len()];
            let (key, value) = (format!("key {index}"), value(size, round));
            commit(&*store, batch([Write::record(key.clone(), value.clone())])).await?;
            expected.insert(key.into_bytes(), value);
        }
        stands(&*store, &expected).await?;
        store = engine.reopen(store).await?;
        stands(&*store, &expected).await?;
    }
    let past = store.history(b"key 10", u64::MAX, 10).await?;
    let lengths: Vec<_> = past
        .iter()
        .map(|it| it.value.as_ref().map(Bytes::len))
        .collect();
    ensure_eq!(
        lengths,
        [Some(8_193), Some(4_096), Some(1 << 20)]
            .map(|it: Option<usize>| it)
            .to_vec()
    );
    ensure_eq!(past[2].value, Some(value(1 << 20, 0)));
    // Two large values in one batch, one of them over a large one; then all are deleted.
    let big = [
        Write::put("key 0", value(9_000, 8)),
        Write::put("key 1", value(9_000, 9)),
    ];
    commit(&*store, batch(big)).await?;
    ensure_eq!(
        store.get(b"key 1").await?.map(|row| row.value),
        Some(value(9_000, 9))
    );
    let keys = expected.keys().map(|key| Write::delete(key.clone()));
    commit(&*store, batch(keys)).await?;
    stands(&*store, &BTreeMap::new()).await?;
    finish(store).await
}
