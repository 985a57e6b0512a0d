//! Many hands: the nodes of a plan know nothing of each other, so the cores of the machine share a long answer. Most of
//! its time goes into copying the proof, and somebody waits for it.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Below so many links one hand is done before another is there.
const MANY: usize = 4_000;
/// More hands than this only wait for the memory.
const MOST_HANDS: usize = 4;

/// What `work` makes of each, in the order given. `links` says how much work all of them are.
pub(super) fn each<T: Sync, R: Send>(
    all: &[T],
    links: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let hands = thread::available_parallelism().map_or(1, NonZero::get);
    if links < MANY || hands == 1 {
        return all.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(place) else {
                return done;
            };
            done.push((place, work(one)));
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..hands.min(MOST_HANDS))
            .map(|_| scope.spawn(take))
            .collect();
        let mut done = take();
        for other in others {
            match other.join() {
                Ok(theirs) => done.extend(theirs),
                // As if it had happened here.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_however_many_hands_there_are() {
        let all: Vec<usize> = (0..1_000).collect();
        let doubled: Vec<usize> = all.iter().map(|number| number * 2).collect();
        for links in [0, MANY] {
            assert_eq!(each(&all, links, |number| number * 2), doubled);
        }
        assert!(each(&[], MANY, |number: &usize| *number).is_empty());
    }
}
