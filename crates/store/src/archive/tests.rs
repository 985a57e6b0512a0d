#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::chain::{self, End};
use crate::{Error, LogEntry, Result, Write};

/// Never changes, or archives that are kept for years cannot be read any more.
const GOLDEN: &[u8] = include_bytes!("golden.archive");

fn log(meant: &[(u128, Vec<Write>, &'static [u8])]) -> Vec<LogEntry> {
    let mut end = End::START;
    let mut log = Vec::new();
    for (op_id, writes, meta) in meant {
        let mut entry = LogEntry {
            position: end.position + 1,
            op_id: Uuid::from_u128(*op_id),
            time_us: end.time_us + 1_000,
            writes: writes.clone(),
            meta: Bytes::from_static(meta),
            previous_hash: end.hash,
            hash: [0; 32],
        };
        entry.hash = chain::hash(&entry);
        end = End::of(&entry);
        log.push(entry);
    }
    log
}

fn golden_log() -> Vec<LogEntry> {
    log(&[
        (
            1,
            vec![Write::record("a", "one"), Write::put("index", "")],
            b"who",
        ),
        (2, vec![], b""),
        (
            3,
            vec![Write::record("a", "two"), Write::delete("index")],
            b"why",
        ),
    ])
}

fn header(log: &[LogEntry]) -> Header {
    let (position, op_id) = log
        .last()
        .map_or((0, Uuid::nil()), |it| (it.position, it.op_id));
    let head = Token {
        store_id: Uuid::from_u128(42),
        position,
        op_id,
    };
    Header {
        head,
        created_us: 1_700_000_000_000_000,
    }
}

fn written(log: &[LogEntry], piece: usize) -> (Summary, Vec<u8>) {
    let (mut encoder, first) = Encoder::begin(header(log));
    let mut out = first.to_vec();
    for some in log.chunks(piece.max(1)) {
        out.extend_from_slice(&encoder.entries(some).unwrap());
    }
    let (summary, last) = encoder.finish().unwrap();
    out.extend_from_slice(&last);
    (summary, out)
}

fn read(bytes: &[u8]) -> Result<(Header, Vec<LogEntry>, Summary)> {
    let mut reader = Reader::open(bytes)?;
    let mut log = Vec::new();
    while let Some(entry) = reader.entry()? {
        log.push(entry);
    }
    Ok((*reader.header(), log, reader.summary()))
}

#[test]
fn the_format_never_changes() {
    let (_, bytes) = written(&golden_log(), 2);
    assert!(bytes == GOLDEN, "the bytes of an archive have changed");
    let (header_of_it, log, summary) = read(GOLDEN).unwrap();
    assert_eq!(header_of_it, header(&log));
    assert_eq!(log, golden_log());
    assert_eq!((summary.entries, summary.writes), (3, 4));
    assert_eq!(summary.bytes, GOLDEN.len() as u64);
}

#[test]
fn the_first_bad_place_is_named() {
    let (_, bytes) = written(&golden_log(), 1);
    let starts = {
        let mut reader = Reader::open(&bytes[..]).unwrap();
        let mut starts = vec![reader.summary().bytes as usize];
        while reader.entry().unwrap().is_some() {
            starts.push(reader.summary().bytes as usize);
        }
        starts
    };
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        let error = read(&damaged).unwrap_err();
        let place = starts.iter().filter(|start| **start <= at).count();
        let said = error.to_string();
        match (place, error) {
            (0, Error::Schema(_)) => assert!(at < 23, "byte {at}: {said}"),
            (0, Error::Corrupt(_)) => assert!(said.contains("the header"), "byte {at}: {said}"),
            (1..=3, Error::Corrupt(_)) => {
                let name = format!("entry {place} (at byte {})", starts[place - 1]);
                assert!(said.contains(&name), "byte {at}: {said}");
            }
            (4.., Error::Corrupt(_)) => {
                // The zeros before the counts are the length of an entry that never came.
                let place = said.contains("the end") || said.contains("entry 4");
                assert!(place, "byte {at}: {said}");
            }
            (_, error) => panic!("byte {at}: {error}"),
        }
    }
}

#[test]
fn cut_lengthened_and_foreign_files_are_refused() {
    let (_, bytes) = written(&golden_log(), 1);
    for length in 0..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        assert!(
            matches!(error, Error::Schema(_) | Error::Corrupt(_)),
            "{length}: {error}"
        );
        assert_eq!(matches!(error, Error::Schema(_)), length < 23, "{length}");
    }
    let longer = [&bytes[..], b"x"].concat();
    let error = read(&longer).unwrap_err().to_string();
    assert!(error.contains("something follows"), "{error}");
    let error = read(b"PK\x03\x04 a spreadsheet, for example").unwrap_err();
    assert!(error.to_string().contains("not an archive"), "{error}");
    let mut newer = bytes;
    newer[22] = 2;
    let error = read(&newer).unwrap_err().to_string();
    assert!(error.contains("version 2"), "{error}");
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let log = golden_log();
    let (mut encoder, _) = Encoder::begin(header(&log));
    assert!(matches!(
        encoder.entries(&log[1..]),
        Err(Error::Diverged(_))
    ));
    let mut changed = log.clone();
    changed[1].meta = Bytes::from_static(b"changed");
    assert!(matches!(encoder.entries(&changed), Err(Error::Corrupt(_))));
    let (mut encoder, _) = Encoder::begin(header(&log));
    encoder.entries(&log[..2]).unwrap();
    assert!(matches!(encoder.finish(), Err(Error::Diverged(_))));
}

#[test]
fn an_empty_store_has_an_archive() {
    let (summary, bytes) = written(&[], 1);
    let (header_of_it, log, read) = read(&bytes).unwrap();
    assert_eq!((header_of_it, log.len(), read), (header(&[]), 0, summary));
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.archive");
    let (summary, bytes) = written(&golden_log(), 2);
    let mut file = file::NewFile::create(&path).unwrap();
    file.write(&bytes[..99]).unwrap();
    assert!(!path.exists());
    drop(file);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let mut file = file::NewFile::create(&path).unwrap();
    let second = file::NewFile::create(&path).unwrap();
    file.write(&bytes).unwrap();
    file.finish().unwrap();
    assert_eq!(
        file::check(&path).unwrap(),
        (header(&golden_log()), summary)
    );
    // Whoever comes second, by however little, writes over nothing.
    assert!(matches!(second.finish(), Err(Error::Exists(_))));
    assert!(matches!(
        file::NewFile::create(&path),
        Err(Error::Exists(_))
    ));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(matches!(
        file::check(folder.path()),
        Err(Error::Schema(_) | Error::Unavailable(_))
    ));
}

/// Writes with different keys, as a batch has them.
fn writes() -> impl Strategy<Value = Vec<Write>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    let key = proptest::collection::vec(any::<u8>(), 1..20);
    let write = (proptest::option::of(bytes()), any::<bool>());
    proptest::collection::btree_map(key, write, 0..6).prop_map(|writes| {
        let write = |(key, (value, history)): (Vec<u8>, _)| Write {
            key: key.into(),
            value,
            history,
        };
        writes.into_iter().map(write).collect()
    })
}

proptest! {
    #[test]
    fn round_trip(batches in proptest::collection::vec(writes(), 0..12), piece in 1_usize..5) {
        let meant: Vec<_> = (1..).zip(batches).map(|(n, writes)| (n, writes, b"meta" as &[u8])).collect();
        let log = log(&meant);
        let (summary, bytes) = written(&log, piece);
        // However the entries are handed over, the archive is the same.
        prop_assert_eq!(&written(&log, 1).1, &bytes);
        prop_assert_eq!(read(&bytes).unwrap(), (header(&log), log, summary));
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), keep in 0_usize..400) {
        let _ = read(&bytes);
        let (_, mut whole) = written(&golden_log(), 1);
        whole.truncate(keep);
        whole.extend_from_slice(&bytes);
        prop_assert!(read(&whole).is_err());
    }
}
