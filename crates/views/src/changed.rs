//! Which records have changed since somebody last asked: for what is derived from the model piece by piece.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The names that changed, and a bell that rings when there is something to do.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Nobody asks otherwise, and nothing is kept.
    wanted: bool,
    names: BTreeSet<String>,
    cleared: bool,
    rung: bool,
}

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The records by name.
    pub(crate) names: BTreeSet<String>,
    /// Everything that came from some service was forgotten in between.
    pub(crate) cleared: bool,
}

impl Changed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to remember.
    pub(crate) fn begin(&self) {
        self.state().wanted = true;
    }

    /// A record has changed, and the model shows it.
    pub(crate) fn add(&self, name: &str) {
        let mut state = self.state();
        if state.wanted {
            state.names.insert(name.to_owned());
            self.ring_in(&mut state);
        }
    }

    /// Everything from a service is gone from the model.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        if state.wanted {
            state.cleared = true;
            self.ring_in(&mut state);
        }
    }

    /// There is something to do, whatever it is.
    pub(crate) fn ring(&self) {
        self.ring_in(&mut self.state());
    }

    fn ring_in(&self, state: &mut State) {
        state.rung = true;
        self.bell.notify_all();
    }

    /// What changed since the last time.
    pub(crate) fn take(&self) -> Changes {
        let mut state = self.state();
        Changes {
            names: std::mem::take(&mut state.names),
            cleared: std::mem::take(&mut state.cleared),
        }
    }

    /// Waits for the bell, or so long.
    pub(crate) fn wait(&self, most: Duration) {
        let waited = self
            .bell
            .wait_timeout_while(self.state(), most, |state| !state.rung);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_once_and_only_when_somebody_asks() {
        let changed = Changed::default();
        changed.add("a");
        assert!(changed.take().names.is_empty());
        changed.begin();
        changed.add("b");
        changed.add("b");
        changed.clear();
        changed.wait(Duration::MAX);
        let all = changed.take();
        assert!(all.cleared && all.names.len() == 1);
        let all = changed.take();
        assert!(!all.cleared && all.names.is_empty());
        changed.wait(Duration::ZERO);
    }
}
