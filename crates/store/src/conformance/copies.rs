//! Copies: another store's log taken over exactly is the same history.

use bytes::Bytes;
use uuid::Uuid;

use super::{Dice, Engine, Outcome, batch, commit, ensure, ensure_eq, ensure_matches, finish};
use crate::contract::LIMITS;
use crate::{Batch, Commit, Direction, Error, LogEntry, Store, Write, chain};

/// Commits that write over each other, delete, keep history or not, and now and then are large.
async fn fill(store: &dyn Store, count: u64) -> Outcome {
    let mut dice = Dice::new(7);
    for n in 0..count {
        let mut writes = Vec::new();
        for key in 0..dice.roll(4) {
            let size = if dice.roll(20) == 0 { 9_000 } else { 30 };
            let value = Bytes::from(format!("{n} ").repeat(size));
            writes.push(Write {
                key: format!("k{}", key * 10 + dice.roll(10)).into(),
                value: (dice.roll(4) > 0).then_some(value),
                history: dice.roll(2) == 0,
            });
        }
        let time_us = 1_000 + i64::try_from(n / 3).unwrap_or_default();
        let timed = Batch {
            time_us,
            ..batch(writes)
        };
        commit(store, timed).await?;
    }
    Ok(())
}

async fn whole_log(store: &dyn Store) -> Outcome<Vec<LogEntry>> {
    let mut token = store.token_at(0).await?;
    let mut log = Vec::new();
    loop {
        let page = store.read_log(&token, 1_000).await?;
        let Some(last) = page.last() else {
            return Ok(log);
        };
        (token.position, token.op_id) = (last.position, last.op_id);
        log.extend(page);
    }
}

/// Everything that can be asked of both is answered alike.
async fn ensure_equal(origin: &dyn Store, copy: &dyn Store) -> Outcome {
    ensure_eq!(copy.info().await?.store_id, origin.info().await?.store_id);
    ensure_eq!(copy.head().await?, origin.head().await?);
    let log = whole_log(origin).await?;
    ensure_eq!(whole_log(copy).await?, log);
    for direction in [Direction::Forward, Direction::Backward] {
        let page = LIMITS.page_rows;
        ensure_eq!(
            copy.scan(b"", b"", page, direction).await?,
            origin.scan(b"", b"", page, direction).await?
        );
    }
    for entry in &log {
        let (at, op_id, time_us) = (entry.position, entry.op_id, entry.time_us);
        ensure_eq!(copy.lookup(op_id).await?, Some(at));
        ensure_eq!(copy.token_at(at).await?, origin.token_at(at).await?);
        ensure_eq!(
            copy.position_at(time_us).await?,
            origin.position_at(time_us).await?
        );
        for Write { key, .. } in &entry.writes {
            ensure_eq!(copy.get(key).await?, origin.get(key).await?);
            ensure_eq!(
                copy.history(key, at, 100).await?,
                origin.history(key, at, 100).await?
            );
        }
    }
    ensure_eq!(copy.verify().await?, origin.verify().await?);
    Ok(())
}

pub(super) async fn a_copy_equals_its_origin(engine: &dyn Engine) -> Outcome {
    let store_id = Uuid::new_v4();
    let (origin, copy) = (
        engine.create_as(store_id).await?,
        engine.create_as(store_id).await?,
    );
    fill(&*origin, 150).await?;
    let log = whole_log(&*origin).await?;
    copy.take_over(store_id, Vec::new()).await?;
    ensure_eq!(copy.head().await?.position, 0);
    let (first, rest) = log.split_at(1);
    copy.take_over(store_id, first.to_vec()).await?;
    ensure_eq!(copy.head().await?.position, 1);
    copy.take_over(store_id, rest.to_vec()).await?;
    ensure_equal(&*origin, &*copy).await?;
    // What was taken over is durable like what was committed.
    let copy = engine.reopen(copy).await?;
    ensure_equal(&*origin, &*copy).await?;
    finish(copy).await?;
    finish(origin).await
}

pub(super) async fn a_copy_goes_on(engine: &dyn Engine) -> Outcome {
    let store_id = Uuid::new_v4();
    let (origin, copy) = (
        engine.create_as(store_id).await?,
        engine.create_as(store_id).await?,
    );
    fill(&*origin, 20).await?;
    let token = origin.head().await?;
    let log = whole_log(&*origin).await?;
    copy.take_over(store_id, log.clone()).await?;
    // An operation of the origin is known to the copy.
    for entry in &log {
        let again = Batch {
            op_id: entry.op_id,
            ..batch([Write::put("again", "")])
        };
        let (position, replayed) = (entry.position, true);
        ensure_eq!(copy.commit(again).await?, Commit { position, replayed });
    }
    // The same batch leads both to the same place: also the hash depends on nothing else.
    let next = batch([Write::record("k1", "next")]);
    ensure_eq!(commit(&*origin, next.clone()).await?, 21);
    ensure_eq!(commit(&*copy, next).await?, 21);
    ensure_equal(&*origin, &*copy).await?;
    // A follower of the origin goes on with the copy, and a copy of the copy is a copy.
    let news = copy.read_log(&token, 10).await?;
    ensure_eq!(news.len(), 1);
    commit(&*copy, batch([Write::delete("k1")])).await?;
    let more = copy.read_log(&origin.head().await?, 10).await?;
    origin.take_over(store_id, more).await?;
    ensure_equal(&*copy, &*origin).await?;
    finish(copy).await?;
    finish(origin).await
}

pub(super) async fn a_wrong_continuation_is_refused(engine: &dyn Engine) -> Outcome {
    let store_id = Uuid::new_v4();
    let (origin, copy) = (
        engine.create_as(store_id).await?,
        engine.create_as(store_id).await?,
    );
    fill(&*origin, 10).await?;
    let log = whole_log(&*origin).await?;
    copy.take_over(store_id, log[..5].to_vec()).await?;
    let head = copy.head().await?;
    let rows = copy.scan(b"", b"", 100, Direction::Forward).await?;

    let sealed = |mut entry: LogEntry| {
        entry.hash = chain::hash(&entry);
        entry
    };
    let next = &log[5];
    let stranger = sealed(LogEntry {
        previous_hash: [1; 32],
        ..next.clone()
    });
    for elsewhere in [&log[0], &log[4], &log[6], &log[9], &stranger] {
        let outcome = copy.take_over(store_id, vec![elsewhere.clone()]).await;
        ensure_matches!(outcome, Err(Error::Diverged(_)));
    }
    let outcome = copy.take_over(Uuid::new_v4(), vec![next.clone()]).await;
    ensure_matches!(outcome, Err(Error::Diverged(_)));

    let changed = LogEntry {
        meta: Bytes::from_static(b"changed"),
        ..next.clone()
    };
    let wrong = [
        changed,
        sealed(LogEntry {
            op_id: log[1].op_id,
            ..next.clone()
        }),
        sealed(LogEntry {
            op_id: Uuid::nil(),
            ..next.clone()
        }),
        sealed(LogEntry {
            time_us: log[4].time_us - 1,
            ..next.clone()
        }),
        sealed(LogEntry {
            writes: vec![Write::put("k", "1"), Write::put("k", "2")],
            ..next.clone()
        }),
        sealed(LogEntry {
            writes: vec![Write::put("", "no key")],
            ..next.clone()
        }),
    ];
    for entry in wrong {
        ensure_matches!(
            copy.take_over(store_id, vec![entry]).await,
            Err(Error::Corrupt(_))
        );
    }
    // Nothing of all that left a trace.
    ensure_eq!(copy.head().await?, head);
    ensure_eq!(copy.scan(b"", b"", 100, Direction::Forward).await?, rows);
    // What stands before a wrong entry may be there, the wrong one and what follows it never.
    let mut broken = log[5..].to_vec();
    broken[2].hash = [0; 32];
    ensure_matches!(
        copy.take_over(store_id, broken).await,
        Err(Error::Corrupt(_))
    );
    let there = copy.head().await?.position as usize;
    ensure_matches!(there, 5..=7);
    copy.take_over(store_id, log[there..].to_vec()).await?;
    ensure_equal(&*origin, &*copy).await?;
    finish(copy).await?;
    finish(origin).await
}
