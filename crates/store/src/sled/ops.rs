//! Which commit did an operation: the op ids of the whole log, in memory.
//!
//! Most op ids are asked for once, to find that they are new. On disk that would be a walk through sled to a
//! random place for each commit, and another one to record it; here it is a look into a map. It costs some
//! 40 bytes a commit, and some milliseconds at each opening for a hundred thousand of them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ::sled::Tree;
use uuid::Uuid;

use super::core::sled_error;
use super::rows::{self, OP};
use crate::Result;

#[derive(Debug, Default)]
pub(super) struct Ops(RwLock<HashMap<Uuid, u64>>);

impl Ops {
    /// What the rows tell.
    pub(super) fn load(tree: &Tree) -> Result<Self> {
        let mut known = HashMap::new();
        for row in tree.range([OP]..[OP + 1]) {
            let (key, value) = row.map_err(sled_error)?;
            known.extend(rows::ops(&key, &value)?);
        }
        Ok(Self(RwLock::new(known)))
    }

    /// The position of the commit with this op id, durable or not.
    pub(super) fn get(&self, op_id: Uuid) -> Option<u64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&op_id).copied()
    }

    pub(super) fn add(&self, new: Vec<(Uuid, u64)>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(new);
    }
}
