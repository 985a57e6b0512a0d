//! The log and what is read from it: entries, tokens, history, times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use uuid::Uuid;

use super::{Engine, Outcome, batch, commit, ensure, ensure_eq, ensure_matches, finish};
use crate::contract::LIMITS;
use crate::{Batch, Direction, Error, Health, Revision, Store, Token, Write, chain};

/// Commits `count` small batches.
async fn fill(store: &dyn Store, count: usize) -> Outcome {
    for n in 0..count {
        commit(
            store,
            batch([Write::record(format!("k{}", n % 5), format!("v{n}"))]),
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn entries_and_chain(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let start = store.head().await?;
    ensure_eq!((start.position, start.op_id), (0, Uuid::nil()));
    let batches = [
        batch([
            Write::record("a", "1"),
            Write::put("index", ""),
            Write::delete("b"),
        ]),
        batch([]),
        batch([Write {
            key: "a".into(),
            value: None,
            history: true,
        }]),
        batch((0..50).map(|n| Write::put(format!("{n}"), vec![n; 500]))),
    ];
    for batch in &batches {
        commit(&*store, batch.clone()).await?;
    }
    let store = engine.reopen(store).await?;
    let entries = store.read_log(&start, 100).await?;
    ensure_eq!(entries.len(), batches.len());
    let mut previous = [0; 32];
    for ((entry, batch), position) in entries.iter().zip(&batches).zip(1..) {
        ensure_eq!(entry.position, position);
        ensure_eq!(entry.op_id, batch.op_id);
        ensure_eq!(entry.time_us, batch.time_us);
        ensure_eq!(entry.writes, batch.writes);
        ensure_eq!(entry.meta, batch.meta);
        ensure_eq!(entry.previous_hash, previous);
        ensure_eq!(entry.hash, chain::hash(entry));
        previous = entry.hash;
    }
    finish(store).await
}

pub(super) async fn times_and_positions(engine: &dyn Engine) -> Outcome {
    let mut store = engine.create().await?;
    ensure_eq!(store.position_at(i64::MAX).await?, 0);
    // The clock goes back twice, once over a reopening; the log does not.
    let clock = [-50, -50, 10, 5, 20, 20, 3, 30];
    let log = [-50, -50, 10, 10, 20, 20, 20, 30];
    for (n, time_us) in clock.into_iter().enumerate() {
        if n == 6 {
            store = engine.reopen(store).await?;
        }
        commit(
            &*store,
            Batch {
                time_us,
                ..batch([])
            },
        )
        .await?;
    }
    let entries = store.read_log(&store.token_at(0).await?, 100).await?;
    ensure_eq!(
        entries
            .iter()
            .map(|entry| entry.time_us)
            .collect::<Vec<_>>(),
        log.to_vec()
    );
    for time in [
        i64::MIN,
        -51,
        -50,
        -49,
        9,
        10,
        11,
        19,
        20,
        21,
        30,
        31,
        i64::MAX,
    ] {
        let expected = log.iter().filter(|at| **at <= time).count() as u64;
        ensure_eq!((time, store.position_at(time).await?), (time, expected));
    }
    finish(store).await
}

pub(super) async fn tokens(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let mut tokens = vec![store.head().await?];
    for n in 0..20 {
        commit(&*store, batch([Write::put("k", format!("{n}"))])).await?;
        tokens.push(store.head().await?);
    }
    let store = engine.reopen(store).await?;
    for (position, token) in (0..).zip(&tokens) {
        ensure_eq!(store.token_at(position).await?, *token);
        let rest = store.read_log(token, 100).await?;
        let positions: Vec<_> = rest.iter().map(|entry| entry.position).collect();
        ensure_eq!(positions, (position + 1..=20).collect::<Vec<_>>());
        // The token of an entry is what anyone would make of it.
        if let Some(entry) = rest.first() {
            let made = Token {
                store_id: token.store_id,
                position: entry.position,
                op_id: entry.op_id,
            };
            ensure_eq!(made, tokens[entry.position as usize]);
        }
    }
    finish(store).await
}

pub(super) async fn divergence(engine: &dyn Engine) -> Outcome {
    let (store, other) = (engine.create().await?, engine.create().await?);
    fill(&*store, 5).await?;
    fill(&*other, 5).await?;
    let head = store.head().await?;
    let nowhere = [
        other.head().await?,
        other.token_at(0).await?,
        Token {
            op_id: Uuid::new_v4(),
            ..head
        },
        Token {
            op_id: Uuid::nil(),
            ..head
        },
        Token {
            position: 0,
            ..head
        },
        Token {
            position: 4,
            ..head
        },
        Token {
            position: 6,
            ..head
        },
        Token {
            position: u64::MAX,
            ..head
        },
        Token {
            store_id: Uuid::new_v4(),
            ..head
        },
    ];
    for token in nowhere {
        ensure_matches!(store.read_log(&token, 10).await, Err(Error::Diverged(_)));
    }
    ensure_matches!(store.token_at(6).await, Err(Error::Diverged(_)));
    ensure_eq!(store.read_log(&head, 10).await?, []);
    finish(other).await?;
    finish(store).await
}

pub(super) async fn pages_of_the_log(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    fill(&*store, 25).await?;
    let start = store.token_at(0).await?;
    for limit in [1, 2, 9, 25, 26] {
        let (mut token, mut seen) = (start, 0);
        loop {
            let page = store.read_log(&token, limit).await?;
            ensure!(
                page.len() <= limit,
                "{} entries where {limit} were asked for",
                page.len()
            );
            let Some(last) = page.last() else { break };
            token = Token {
                position: last.position,
                op_id: last.op_id,
                ..token
            };
            for entry in &page {
                seen += 1;
                ensure_eq!(entry.position, seen);
            }
        }
        ensure_eq!(seen, 25);
    }
    ensure_eq!(store.read_log(&start, 0).await?, []);
    let over = LIMITS.page_rows + 1;
    ensure_matches!(
        store.read_log(&start, over).await,
        Err(Error::TooLarge { .. })
    );
    // A page is bounded by bytes too, but one entry always fits.
    let after = store.head().await?;
    for n in 0..3 {
        let large = (0..7).map(|i| Write::put(format!("large {n} {i}"), vec![n; 1 << 20]));
        commit(&*store, batch(large)).await?;
    }
    let page = store.read_log(&after, 100).await?;
    ensure!(
        page.len() < 3,
        "{} entries of 7 MiB in one page",
        page.len()
    );
    let only = store.read_log(&store.token_at(27).await?, 1).await?;
    ensure_eq!(only.len(), 1);
    ensure_eq!(only[0].writes.len(), 7);
    finish(store).await
}

pub(super) async fn history(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let timed = |time_us: i64, write: Write| Batch {
        time_us,
        ..batch([write])
    };
    let deleted = |history| Write {
        key: "k".into(),
        value: None,
        history,
    };
    commit(&*store, timed(10, Write::record("k", "1"))).await?;
    // Neighbours of every kind must not be taken for the key itself.
    for key in ["j", "k\0", "k\u{1}", "ka", "kk", "l"] {
        commit(&*store, timed(20, Write::record(key, "other"))).await?;
    }
    commit(&*store, timed(80, Write::record("k", ""))).await?;
    commit(&*store, timed(90, deleted(true))).await?;
    commit(&*store, timed(100, Write::record("k", "4"))).await?;
    commit(&*store, timed(110, Write::put("k", "not kept"))).await?;
    commit(&*store, timed(120, deleted(false))).await?;
    let store = engine.reopen(store).await?;

    let revision = |position, time_us, value: Option<&'static str>| {
        let value = value.map(Bytes::from);
        Revision {
            position,
            time_us,
            value,
        }
    };
    let all = [
        revision(10, 100, Some("4")),
        revision(9, 90, None),
        revision(8, 80, Some("")),
        revision(1, 10, Some("1")),
    ];
    ensure_eq!(store.history(b"k", u64::MAX, 10).await?, all);
    ensure_eq!(store.history(b"k", u64::MAX, 2).await?, all[..2]);
    ensure_eq!(store.history(b"k", 10, 10).await?, all);
    ensure_eq!(store.history(b"k", 9, 10).await?, all[1..]);
    ensure_eq!(store.history(b"k", 7, 10).await?, all[3..]);
    ensure_eq!(store.history(b"k", 0, 10).await?, []);
    ensure_eq!(store.history(b"k", u64::MAX, 0).await?, []);
    ensure_eq!(store.history(b"unknown", u64::MAX, 10).await?, []);
    ensure_eq!(store.history(b"kk", u64::MAX, 10).await?.len(), 1);
    finish(store).await
}

pub(super) async fn waiting(engine: &dyn Engine) -> Outcome {
    const LONG: Duration = Duration::from_secs(60);
    let store = engine.create().await?;
    let began = Instant::now();
    store.wait(0, Duration::from_millis(20)).await;
    ensure!(
        began.elapsed() < LONG / 2,
        "a short wait took {:?}",
        began.elapsed()
    );
    let waiter = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.wait(0, LONG).await })
    };
    commit(&*store, batch([])).await?;
    waiter.await?;
    store.wait(0, LONG).await;
    ensure!(
        began.elapsed() < LONG / 2,
        "a commit woke nobody for {:?}",
        began.elapsed()
    );
    finish(store).await
}

pub(super) async fn reopening(engine: &dyn Engine) -> Outcome {
    let mut store = engine.create().await?;
    let info = store.info().await?;
    for round in 1..=4u64 {
        fill(&*store, 30).await?;
        let rows = store.scan(b"", b"", 100, Direction::Forward).await?;
        let log = store.read_log(&store.token_at(0).await?, 1_000).await?;
        let head = store.head().await?;
        store = engine.reopen(store).await?;
        ensure_eq!(head.position, 30 * round);
        ensure_eq!(store.head().await?, head);
        ensure_eq!(store.scan(b"", b"", 100, Direction::Forward).await?, rows);
        ensure_eq!(store.read_log(&store.token_at(0).await?, 1_000).await?, log);
        ensure_eq!(store.info().await?.store_id, info.store_id);
    }
    finish(store).await
}

pub(super) async fn closing(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    fill(&*store, 3).await?;
    ensure_eq!(store.health().await, Health::Serving);
    let (first, second) = (Arc::clone(&store), Arc::clone(&store));
    let both = [
        tokio::spawn(async move { first.close().await }),
        tokio::spawn(async move { second.close().await }),
    ];
    for close in both {
        close.await??;
    }
    store.close().await?;
    ensure_matches!(store.commit(batch([])).await, Err(Error::Unavailable(_)));
    ensure_matches!(store.get(b"k0").await, Err(Error::Unavailable(_)));
    let (forward, start) = (
        Direction::Forward,
        Token {
            store_id: Uuid::nil(),
            position: 0,
            op_id: Uuid::nil(),
        },
    );
    ensure_matches!(
        store.scan(b"", b"", 10, forward).await,
        Err(Error::Unavailable(_))
    );
    ensure_matches!(
        store.scan(b"", b"", 1_000, forward).await,
        Err(Error::Unavailable(_))
    );
    ensure_matches!(store.head().await, Err(Error::Unavailable(_)));
    ensure_matches!(store.read_log(&start, 10).await, Err(Error::Unavailable(_)));
    ensure_matches!(store.verify().await, Err(Error::Unavailable(_)));
    ensure_matches!(store.health().await, Health::Failing(_));
    let store = engine.reopen(store).await?;
    ensure_eq!(store.head().await?.position, 3);
    finish(store).await
}
