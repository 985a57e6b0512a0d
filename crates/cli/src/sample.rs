//! The sample record that ships with the product: files of `sample/`, in the order of their names.

/// Name and content of each file.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));
