//! The folder of indexes: the one that is asked, and now and then one that is being made to take its place.
//!
//! Each is in a numbered folder of its own. The highest one that is whole is asked; whatever else lies there was
//! left behind by somebody who was interrupted, and is thrown away.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Result;
use crate::index::Index;

/// A folder of indexes of the same fields.
#[derive(Debug)]
pub struct Generations {
    root: PathBuf,
    keywords: &'static [&'static str],
    last: u64,
}

/// An index in its folder.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Which one.
    pub number: u64,
    /// The index.
    pub index: Arc<Index>,
}

/// What was found in a folder.
#[derive(Debug)]
pub struct Opened {
    /// The folder.
    pub generations: Generations,
    /// The index that can be asked, and its note.
    pub whole: Option<(Generation, String)>,
    /// Why others cannot be used.
    pub discarded: Vec<String>,
}

impl Generations {
    /// Opens a folder, and makes it when it is not there. What cannot be used is removed.
    pub fn open(root: &Path, keywords: &'static [&'static str]) -> Result<Opened> {
        fs::create_dir_all(root)?;
        let mut numbers = Vec::new();
        for entry in fs::read_dir(root)? {
            let name = entry?.file_name();
            numbers.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        let mut generations = Self {
            root: root.to_owned(),
            keywords,
            last: numbers.last().copied().unwrap_or_default(),
        };
        let (mut whole, mut discarded) = (None, Vec::new());
        for number in numbers.into_iter().rev() {
            let folder = generations.folder(number);
            if whole.is_none() {
                match Index::open(&folder, keywords) {
                    Ok((index, note)) => {
                        let index = Arc::new(index);
                        whole = Some((Generation { number, index }, note));
                        continue;
                    }
                    Err(why) => discarded.push(format!("{}: {why}", folder.display())),
                }
            }
            fs::remove_dir_all(&folder)?;
        }
        generations.last = generations.last.max(1);
        Ok(Opened {
            generations,
            whole,
            discarded,
        })
    }

    /// A new, empty index.
    pub fn create(&mut self) -> Result<Generation> {
        self.last += 1;
        let number = self.last;
        let folder = self.folder(number);
        fs::create_dir_all(&folder)?;
        let index = Arc::new(Index::create(&folder, self.keywords)?);
        Ok(Generation { number, index })
    }

    /// Removes an index that nobody asks any more; who still does keeps its open files.
    pub fn remove(&self, number: u64) -> Result<()> {
        Ok(fs::remove_dir_all(self.folder(number))?)
    }

    /// The folder of an index.
    pub fn folder(&self, number: u64) -> PathBuf {
        self.root.join(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const HEAP: usize = 15_000_000;

    fn fill(generation: &Generation, names: &[&str], complete: bool) {
        let mut writer = generation.index.writer(HEAP).unwrap();
        for name in names {
            let one = Document {
                name: (*name).to_owned(),
                ..Document::default()
            };
            writer.put(name, &[one]).unwrap();
        }
        writer
            .commit(&format!("{} of them", names.len()), complete)
            .unwrap();
        writer.finish().unwrap();
    }

    fn open(root: &Path) -> Opened {
        Generations::open(root, &["theme"]).unwrap()
    }

    #[test]
    fn the_last_whole_one_is_asked_and_the_rest_is_thrown_away() {
        let root = tempfile::tempdir().unwrap();
        let mut opened = open(root.path());
        assert!(opened.whole.is_none() && opened.discarded.is_empty());
        let first = opened.generations.create().unwrap();
        fill(&first, &["a", "b"], true);
        let second = opened.generations.create().unwrap();
        fill(&second, &["a"], false);
        drop((first, second));
        let opened = open(root.path());
        let (whole, note) = opened.whole.unwrap();
        assert_eq!((whole.index.len(), note.as_str()), (2, "2 of them"));
        assert!(
            opened.discarded[0].contains("never finished"),
            "{:?}",
            opened.discarded
        );
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_index_and_one_of_another_version_are_not_used() {
        let root = tempfile::tempdir().unwrap();
        let damage = |how: &dyn Fn(&Path)| {
            let mut opened = open(root.path());
            let one = opened.generations.create().unwrap();
            fill(&one, &["a", "b"], true);
            let folder = opened.generations.folder(one.number);
            drop(one);
            how(&folder);
            let opened = open(root.path());
            assert!(opened.whole.is_none());
            opened.discarded.concat()
        };
        let segment = |folder: &Path| {
            let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
            let mut files: Vec<PathBuf> = files
                .filter(|f| f.extension().is_some_and(|e| e == "fast" || e == "term"))
                .collect();
            files.sort();
            files.remove(0)
        };
        let flip = damage(&|folder| {
            let file = segment(folder);
            let mut bytes = fs::read(&file).unwrap();
            bytes[0] ^= 0xFF;
            fs::write(&file, bytes).unwrap();
        });
        assert!(flip.contains("damaged"), "{flip}");
        damage(&|folder| fs::remove_file(segment(folder)).unwrap());
        damage(&|folder| fs::write(folder.join("meta.json"), "{").unwrap());
        damage(&|folder| fs::write(segment(folder), "").unwrap());
        let mut opened = open(root.path());
        let one = opened.generations.create().unwrap();
        fill(&one, &["a"], true);
        drop((one, opened));
        let other = Generations::open(root.path(), &["theme", "party"]).unwrap();
        assert!(other.whole.is_none());
        assert!(
            other.discarded[0].contains("another version"),
            "{:?}",
            other.discarded
        );
    }
}
