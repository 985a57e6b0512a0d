//! Scans: where they begin and end, in which order, and that a page is one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use bytes::Bytes;

use super::{Engine, Outcome, batch, commit, ensure, ensure_eq, ensure_matches, finish};
use crate::contract::LIMITS;
use crate::key::prefix_end;
use crate::{Direction, Error, Store, Write};

async fn keys(store: &dyn Store, from: &[u8], to: &[u8], limit: usize) -> Outcome<String> {
    let mut forward = store.scan(from, to, limit, Direction::Forward).await?;
    if forward.len() < limit {
        let backward = store.scan(from, to, limit, Direction::Backward).await?;
        forward.reverse();
        ensure_eq!(forward, backward);
        forward.reverse();
    }
    let keys: Vec<_> = forward
        .iter()
        .map(|(key, _)| key.escape_ascii().to_string())
        .collect();
    Ok(keys.join(" "))
}

pub(super) async fn range_ends(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let all: [&'static [u8]; 7] = [b"a", b"b", b"b\x00", b"b\xFF", b"ba", b"c", b"\xFF\xFF"];
    commit(&*store, batch(all.map(|key| Write::put(key, "")))).await?;
    let s = &*store;
    ensure_eq!(
        keys(s, b"", b"", 99).await?,
        r"a b b\x00 ba b\xff c \xff\xff"
    );
    ensure_eq!(keys(s, b"b", b"c", 99).await?, r"b b\x00 ba b\xff");
    ensure_eq!(
        keys(s, b"b", &prefix_end(b"b"), 99).await?,
        r"b b\x00 ba b\xff"
    );
    ensure_eq!(keys(s, b"b\x00", b"b\xFF", 99).await?, r"b\x00 ba");
    ensure_eq!(keys(s, b"b\xFF", b"", 99).await?, r"b\xff c \xff\xff");
    ensure_eq!(
        keys(s, b"\xFF", &prefix_end(b"\xFF"), 99).await?,
        r"\xff\xff"
    );
    ensure_eq!(keys(s, b"b", b"b", 99).await?, "");
    ensure_eq!(keys(s, b"c", b"b", 99).await?, "");
    ensure_eq!(keys(s, b"d", b"e", 99).await?, "");
    ensure_eq!(keys(s, b"", b"", 0).await?, "");
    ensure_eq!(keys(s, b"", b"", 2).await?, "a b");
    let over = LIMITS.page_rows + 1;
    ensure_matches!(
        s.scan(b"", b"", over, Direction::Forward).await,
        Err(Error::TooLarge { .. })
    );
    finish(store).await
}

pub(super) async fn both_directions(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    commit(
        &*store,
        batch((0..100).map(|n| Write::put(format!("{n:02}"), format!("{n}")))),
    )
    .await?;
    for limit in [1, 5, 63, 64, 65, 100, 200] {
        let forward = store.scan(b"20", b"90", limit, Direction::Forward).await?;
        let backward = store.scan(b"20", b"90", limit, Direction::Backward).await?;
        ensure_eq!(forward.len(), limit.min(70));
        ensure_eq!(backward.len(), limit.min(70));
        for (step, ((low, _), (high, _))) in forward.iter().zip(&backward).enumerate() {
            ensure_eq!(low[..], format!("{}", 20 + step).into_bytes());
            ensure_eq!(high[..], format!("{}", 89 - step).into_bytes());
        }
    }
    finish(store).await
}

pub(super) async fn paging_without_loss(engine: &dyn Engine) -> Outcome {
    let store = engine.create().await?;
    let mut written: Vec<Bytes> = (0..700u32)
        .map(|n| format!("k{:04}", n * n % 9_973).into())
        .collect();
    written.sort();
    written.dedup();
    commit(
        &*store,
        batch(written.iter().map(|key| Write::put(key.clone(), ""))),
    )
    .await?;
    for limit in [1, 7, 64, 100] {
        let mut seen = Vec::new();
        let mut from = Bytes::new();
        loop {
            let page = store.scan(&from, b"", limit, Direction::Forward).await?;
            let Some((last, _)) = page.last() else { break };
            from = [last, &[0][..]].concat().into();
            seen.extend(page.into_iter().map(|(key, _)| key));
        }
        ensure_eq!(seen, written);
        let (mut seen, mut to) = (Vec::new(), Bytes::new());
        loop {
            let page = store.scan(b"", &to, limit, Direction::Backward).await?;
            let Some((last, _)) = page.last() else { break };
            to = last.clone();
            seen.extend(page.into_iter().map(|(key, _)| key));
        }
        seen.reverse();
        ensure_eq!(seen, written);
    }
    finish(store).await
}

/// Each commit gives the same number to all rows (and takes one row away or gives it back): whoever
/// reads two numbers in one page has not read one moment.
pub(super) async fn pages_are_snapshots(engine: &dyn Engine) -> Outcome {
    const ROWS: usize = 200;
    const COMMITS: usize = 150;
    let store = engine.create().await?;
    let ended = Arc::new(AtomicBool::new(false));
    let round = |n: usize| {
        // Some values are large enough to be cut in pieces by engines that do that.
        let value =
            Bytes::from(format!("{n:06}").repeat(if n.is_multiple_of(10) { 900 } else { 1 }));
        let odd = if n.is_multiple_of(2) {
            Write::put("odd", value.clone())
        } else {
            Write::delete("odd")
        };
        let rows = (0..ROWS).map(move |row| Write::put(format!("row {row:03}"), value.clone()));
        batch(rows.chain([odd]))
    };
    commit(&*store, round(0)).await?;
    let readers = [10, ROWS, ROWS * 2].map(|limit| {
        let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
        tokio::spawn(async move {
            let mut last = 0;
            while !ended.load(SeqCst) {
                let page = store
                    .scan(b"row ", b"row a", limit, Direction::Forward)
                    .await?;
                ensure_eq!(page.len(), limit.min(ROWS));
                let (_, first) = &page[0];
                ensure!(
                    page.iter().all(|(_, row)| row == first),
                    "a page shows two moments"
                );
                ensure!(first.version >= last, "a page is older than the one before");
                last = first.version;
                let one = store.get(b"row 000").await?.map_or(0, |row| row.version);
                let head = store.head().await?.position;
                ensure!(
                    head >= last.max(one),
                    "rows of {last} and {one} seen, but the head is {head}"
                );
                let pair = store.get_many(&["odd".into(), "row 000".into()]).await?;
                let n: Option<usize> = pair[1]
                    .as_ref()
                    .and_then(|row| std::str::from_utf8(&row.value[..6]).ok()?.parse().ok());
                ensure_eq!(pair[0].is_some(), n.is_some_and(|n| n.is_multiple_of(2)));
            }
            Ok(())
        })
    });
    let mut outcome = Ok(());
    for n in 1..=COMMITS {
        outcome = commit(&*store, round(n)).await.map(|_| ());
        if outcome.is_err() {
            break;
        }
    }
    ended.store(true, SeqCst);
    for reader in readers {
        reader.await??;
    }
    outcome?;
    finish(store).await
}
