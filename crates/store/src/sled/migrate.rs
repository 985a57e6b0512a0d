//! From one layout of the rows to the next.
//!
//! A migration is a function that is called again and again with a cursor until it says that it is
//! done. What one call writes, its new cursor and, at the end, the new schema number go into one batch,
//! so a crash anywhere resumes where the last batch ended. It runs before the writer starts: nothing
//! else moves.

use ::sled::Tree;

use super::core::{Opened, sled_error};
use super::log::op_id_at;
use super::rows::{
    Looked, META_LOOKED, META_MIGRATION, META_SCHEMA, OP, OPS, corrupt, log_key, op_key,
};
use crate::Result;

/// Most rows that one step may write.
const STEP_ROWS: usize = 1_000;

/// Leads from schema `to - 1` to schema `to`.
pub(super) struct Migration {
    pub(super) to: u32,
    /// The next writes, given the cursor of the step before (empty at first).
    pub(super) step: fn(&Tree, &[u8]) -> Result<Step>,
}

pub(super) struct Step {
    pub(super) writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Where to go on; `None` when nothing is left.
    pub(super) cursor: Option<Vec<u8>>,
}

/// Every migration there is, in order.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    to: 2,
    step: pack_ops,
}];

/// From 2 on the op ids of many commits share a row, a present value is its own sign that it belongs to the
/// history, and the first bytes of keys tell where what stands matters.
///
/// The op rows are made anew, in the order of the log (the cursor is the last position). History rows stay
/// as they are: they are good beside the signs.
fn pack_ops(tree: &Tree, cursor: &[u8]) -> Result<Step> {
    let after = cursor.try_into().map_or(0, u64::from_be_bytes);
    let mut ids = Vec::new();
    let mut writes = Vec::new();
    while ids.len() < OPS * 16 {
        let position = after + writes.len() as u64 + 1;
        if !tree
            .contains_key(log_key(position, 0))
            .map_err(sled_error)?
        {
            break;
        }
        let op_id = op_id_at(tree, position)?;
        ids.extend_from_slice(op_id.as_bytes());
        writes.push(([&[OP], &op_id.as_bytes()[..]].concat(), None));
    }
    let last = after + writes.len() as u64;
    let more = ids.len() == OPS * 16;
    if !ids.is_empty() {
        writes.push((op_key(after + 1).to_vec(), Some(ids)));
    }
    if !more {
        let looked = Looked::ALL.bytes().to_vec();
        writes.push((META_LOOKED.to_vec(), Some(looked)));
    }
    Ok(Step {
        writes,
        cursor: more.then(|| last.to_be_bytes().to_vec()),
    })
}

/// The schema of the rows on disk.
pub(super) fn schema(tree: &Tree) -> Result<u32> {
    let row = tree.get(META_SCHEMA).map_err(sled_error)?;
    let bytes = row.as_deref().and_then(|row| row.try_into().ok());
    bytes
        .map(u32::from_be_bytes)
        .ok_or_else(|| corrupt("the schema row is missing or malformed"))
}

/// Brings the rows from whatever schema they have to the newest.
pub(super) fn run(opened: &Opened, migrations: &[Migration]) -> Result<()> {
    let mut now = schema(&opened.db)?;
    for migration in migrations {
        if migration.to != now + 1 {
            continue;
        }
        tracing::info!(from = now, to = migration.to, "migrating the store");
        while !advance(opened, migration)? {}
        now = migration.to;
    }
    Ok(())
}

/// One step; true when it was the last.
fn advance(opened: &Opened, migration: &Migration) -> Result<bool> {
    let cursor = opened
        .db
        .get(META_MIGRATION)
        .map_err(sled_error)?
        .unwrap_or_default();
    let Step { writes, cursor } = (migration.step)(&opened.db, &cursor)?;
    debug_assert!(writes.len() <= STEP_ROWS, "a migration step is too large");
    let mut batch = ::sled::Batch::default();
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    let done = cursor.is_none();
    match cursor {
        Some(cursor) => batch.insert(META_MIGRATION, cursor),
        None => {
            batch.remove(META_MIGRATION);
            batch.insert(META_SCHEMA, &migration.to.to_be_bytes());
        }
    }
    opened.db.apply_batch(batch).map_err(sled_error)?;
    opened.make_durable()?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::fs::File;
    use std::path::Path;

    fn open(dir: &Path) -> Opened {
        let db = ::sled::open(dir).unwrap();
        let data = File::open(dir.join("db")).unwrap();
        Opened {
            db,
            data,
            _lock: File::open(dir.join("db")).unwrap(),
        }
    }

    /// Appends "!" to every row of a made-up space, two rows at a time.
    fn shout(tree: &Tree, cursor: &[u8]) -> Result<Step> {
        let from = if cursor.is_empty() {
            vec![0x70]
        } else {
            [cursor, &[0]].concat()
        };
        let mut writes = Vec::new();
        for row in tree.range(from..vec![0x71]).take(2) {
            let (key, value) = row.map_err(sled_error)?;
            writes.push((key.to_vec(), Some([&value[..], b"!"].concat())));
        }
        let cursor = writes.last().map(|(key, _)| key.clone());
        Ok(Step { writes, cursor })
    }

    /// The same, but the process dies at the third row.
    fn shout_and_die(tree: &Tree, cursor: &[u8]) -> Result<Step> {
        if cursor >= [0x70, 3].as_slice() {
            return Err(Error::Unavailable("died".into()));
        }
        shout(tree, cursor)
    }

    #[test]
    fn a_migration_resumes_where_it_died() {
        let dir = tempfile::tempdir().unwrap();
        let opened = open(dir.path());
        opened.db.insert(META_SCHEMA, &1u32.to_be_bytes()).unwrap();
        for row in 0..9 {
            opened.db.insert([0x70, row], b"hey").unwrap();
        }
        run(
            &opened,
            &[Migration {
                to: 2,
                step: shout_and_die,
            }],
        )
        .unwrap_err();
        assert_eq!(schema(&opened.db).unwrap(), 1);
        drop(opened);

        let opened = open(dir.path());
        run(&opened, &[Migration { to: 2, step: shout }]).unwrap();
        assert_eq!(schema(&opened.db).unwrap(), 2);
        assert_eq!(opened.db.get(META_MIGRATION).unwrap(), None);
        for row in 0..9 {
            assert_eq!(opened.db.get([0x70, row]).unwrap().unwrap(), b"hey!");
        }
        // Nothing is done twice.
        run(&opened, &[Migration { to: 2, step: shout }]).unwrap();
        assert_eq!(opened.db.get([0x70, 0]).unwrap().unwrap(), b"hey!");
    }

    #[test]
    fn every_schema_has_a_way_to_the_newest() {
        let newest = MIGRATIONS.last().map_or(1, |last| last.to);
        assert_eq!(newest, super::super::SCHEMA);
        assert!(
            (2..)
                .zip(MIGRATIONS)
                .all(|(to, migration)| migration.to == to)
        );
    }
}
