//! How many refused calls go on record: enough to see what somebody tries, too few to fill a disk.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Refused calls that are put on record in one [`PERIOD`].
pub(crate) const MOST: u32 = 50;
const PERIOD: Duration = Duration::from_secs(1);

/// Counts refusals.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    present: Mutex<Option<Present>>,
}

#[derive(Debug)]
struct Present {
    began: Instant,
    count: u32,
}

impl Refusals {
    /// Whether one more goes on record at `now`. Those that do not are told of in the log.
    pub(crate) fn record(&self, now: Instant) -> bool {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let over = present
            .as_ref()
            .is_none_or(|present| now.duration_since(present.began) >= PERIOD);
        if over {
            let left_out = present
                .as_ref()
                .map_or(0, |present| present.count.saturating_sub(MOST));
            if left_out > 0 {
                tracing::warn!(left_out, "refused calls that were not put on record");
            }
            *present = Some(Present {
                began: now,
                count: 0,
            });
        }
        let Some(present) = present.as_mut() else {
            return false;
        };
        present.count = present.count.saturating_add(1);
        present.count <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_some_lines_and_no_more() {
        let refusals = Refusals::default();
        let begun = Instant::now();
        let kept = |at| (0..1_000).filter(|_| refusals.record(at)).count();
        assert_eq!(kept(begun), MOST as usize);
        assert_eq!(kept(begun + PERIOD / 2), 0);
        assert_eq!(kept(begun + PERIOD), MOST as usize, "then it begins anew");
    }
}
