//! All records that can be found, some at a time.

use crate::model::Model;

/// Records that are read of the model at a time; others may read and write it in between.
pub(super) const AT_A_TIME: usize = 200;

/// Goes through all records that can be found, some at a time.
#[derive(Default)]
pub(super) struct After {
    table: usize,
    name: String,
}

impl After {
    /// The next names; none at the end.
    pub(super) fn next(&mut self, model: &Model) -> Vec<String> {
        use std::ops::Bound::{Excluded, Unbounded};
        fn some<T>(table: &crate::model::Table<T>, after: &str) -> Vec<String> {
            let rest = table.range::<str, _>((Excluded(after), Unbounded));
            rest.take(AT_A_TIME).map(|(name, _)| name.clone()).collect()
        }
        loop {
            let names = match self.table {
                0 => some(&model.events, &self.name),
                1 => some(&model.instruments, &self.name),
                2 => some(&model.recommendations, &self.name),
                3 => some(&model.commitments, &self.name),
                4 => some(&model.reports, &self.name),
                5 => some(&model.sources, &self.name),
                _ => return Vec::new(),
            };
            match names.last() {
                Some(last) => {
                    self.name.clone_from(last);
                    return names;
                }
                None => {
                    self.table += 1;
                    self.name.clear();
                }
            }
        }
    }
}
