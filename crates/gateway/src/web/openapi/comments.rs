//! The comments of the protos, which say what everything means.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};

/// Comments by file and by place in the file.
#[derive(Debug, Default)]
pub(super) struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    /// All comments that stand before something.
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        let mut all = HashMap::new();
        for file in pool.files() {
            let proto = file.file_descriptor_proto();
            let places = proto
                .source_code_info
                .iter()
                .flat_map(|info| &info.location);
            for place in places {
                let comment = place.leading_comments();
                if !comment.is_empty() {
                    let key = (file.name().to_owned(), place.path.clone());
                    all.insert(key, unwrapped(comment));
                }
            }
        }
        Self(all)
    }

    /// What is said at a place of a file; empty when nothing is.
    pub(super) fn at(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        let key = (file.name().to_owned(), path.to_vec());
        self.0.get(&key).map_or("", String::as_str)
    }
}

/// A comment without its line breaks; paragraphs stay.
fn unwrapped(comment: &str) -> String {
    let paragraphs = comment.trim().split("\n\n").map(|paragraph| {
        let lines = paragraph.lines().map(str::trim);
        lines.collect::<Vec<_>>().join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}
