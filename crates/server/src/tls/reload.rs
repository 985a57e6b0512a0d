//! What is made of files, made anew when they change.
//!
//! Nothing runs for it: whoever needs the value looks at the files when nobody did for some seconds. Contents
//! are compared, not times, since Kubernetes and certbot change files by changing links. While the new files
//! cannot be used (half of them are there, or they are broken) the old value stays.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Error;
use super::files::bad;

/// Files are looked at this often at most.
const LOOK: Duration = Duration::from_secs(2);

type Make<T> = Box<dyn Fn(&[Vec<u8>]) -> Result<T, Error> + Send + Sync>;

/// A value made of files.
pub(super) struct Reloaded<T> {
    files: Vec<PathBuf>,
    make: Make<T>,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    looked: Instant,
    /// Of what was last seen, whether it could be used or not: a broken file is one line in the log.
    seen: Result<blake3::Hash, Error>,
}

impl<T> Reloaded<T> {
    /// Makes the value of the files, whose contents `make` gets in their order.
    pub(super) fn new(
        files: Vec<PathBuf>,
        make: impl Fn(&[Vec<u8>]) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let contents = read(&files)?;
        let value = Arc::new(make(&contents)?);
        let state = Mutex::new(State {
            value,
            looked: Instant::now(),
            seen: Ok(digest(&contents)),
        });
        Ok(Self {
            files,
            make: Box::new(make),
            state,
        })
    }

    /// The value as the files have it, at most some seconds ago.
    pub(super) fn current(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK {
            self.look(&mut state);
        }
        state.value.clone()
    }

    fn look(&self, state: &mut State<T>) {
        state.looked = Instant::now();
        let contents = read(&self.files);
        let seen = contents.as_deref().map(digest).map_err(Error::clone);
        if seen == state.seen {
            return;
        }
        state.seen = seen;
        match contents.and_then(|contents| (self.make)(&contents)) {
            Ok(value) => {
                state.value = Arc::new(value);
                tracing::info!(files = ?self.files, "certificates were read anew");
            }
            Err(error) => {
                tracing::error!(%error, "the new certificates cannot be used; the old ones stay");
            }
        }
    }

    /// As if some seconds had passed.
    #[cfg(test)]
    fn later(&self) {
        let mut state = self.state.lock().unwrap();
        state.looked = state.looked.checked_sub(LOOK).unwrap();
    }
}

impl<T> fmt::Debug for Reloaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reloaded({:?})", self.files)
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Error> {
    let read = |file: &PathBuf| std::fs::read(file).map_err(|error| bad(file, error));
    files.iter().map(read).collect()
}

/// Not the contents themselves: there are keys among them.
fn digest(contents: &[Vec<u8>]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for content in contents {
        hasher.update(&content.len().to_le_bytes());
        hasher.update(content);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_read_and_what_is_broken_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("number");
        std::fs::write(&file, "1").unwrap();
        let named = file.clone();
        let reloaded = Reloaded::new(vec![file.clone()], move |contents| {
            let text = String::from_utf8_lossy(&contents[0]).into_owned();
            text.parse::<u32>().map_err(|error| bad(&named, error))
        })
        .unwrap();
        assert_eq!(*reloaded.current(), 1);
        std::fs::write(&file, "2").unwrap();
        reloaded.later();
        assert_eq!(*reloaded.current(), 2);
        std::fs::write(&file, "two").unwrap();
        reloaded.later();
        assert_eq!(*reloaded.current(), 2);
        std::fs::remove_file(&file).unwrap();
        reloaded.later();
        assert_eq!(*reloaded.current(), 2);
        std::fs::write(&file, "3").unwrap();
        reloaded.later();
        assert_eq!(*reloaded.current(), 3);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let missing = PathBuf::from("/nonexistent/server.crt");
        let error = Reloaded::new(vec![missing], |_| Ok(())).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/server.crt: "));
    }
}
