//! Names of proposed events: the same post gives the same name, and two events that nothing shows to be one have two.

use std::collections::BTreeSet;

use super::{Told, attach};
use crate::words::slug;

/// Kinds that meet once a year in one place, and their short names.
const ONCE: &[(&str, &str)] = &[
    ("ministerial-conference", "ministerial"),
    ("senior-officials-meeting", "som"),
    ("high-level-meeting", "hlm"),
    ("steering-committee", "sc"),
    ("stocktaking", "stocktaking"),
    ("summit", "summit"),
];

/// Gives each its id among the proposals, its name in the record, and its parent.
pub(crate) fn give(told: &mut [Told], digest: &str) -> Vec<String> {
    let ids: Vec<String> = (1..=told.len())
        .map(|number| format!("{digest}.event.{number}"))
        .collect();
    let parents: Vec<Option<usize>> = (0..told.len()).map(|at| attach::parent(told, at)).collect();
    let mut taken = BTreeSet::new();
    for (event, parent) in told.iter_mut().zip(parents) {
        event.event.parent = parent.and_then(|parent| ids.get(parent).cloned());
        let Some(owner) = event.event.dialogues.first() else {
            continue;
        };
        let mut id = id(event, digest);
        let mut number = 2;
        while !taken.insert(format!("{owner}/{id}")) {
            id = format!(
                "{}-{number}",
                id.trim_end_matches(|c: char| c.is_ascii_digit())
                    .trim_end_matches('-')
            );
            number += 1;
        }
        event.event.name = format!("dialogues/{owner}/events/{id}");
    }
    ids
}

/// `2024-lisbon-hlm`; without a year the post is part of it, because another year's would be called the same.
fn id(told: &Told, digest: &str) -> String {
    let event = &told.event;
    let year = event
        .start
        .as_ref()
        .map_or("", |start| start.value.get(..4).unwrap_or_default());
    let year = if year.starts_with('-') { "" } else { year };
    let city = event
        .place
        .as_ref()
        .map_or(String::new(), |place| slug(&place.name, 24));
    let once = ONCE
        .iter()
        .find(|(kind, _)| *kind == event.kind)
        .map(|(_, short)| (*short).to_owned());
    let what = match once {
        Some(short) if !city.is_empty() || !year.is_empty() => short,
        _ => slug(&event.title, 32),
    };
    let end = if year.is_empty() {
        digest.get(..6).unwrap_or(digest)
    } else {
        ""
    };
    let parts = [
        year,
        &city,
        if what.is_empty() { &event.kind } else { &what },
        end,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    // At most 63, so that the elements of its lists have room behind it.
    slug(&parts.join("-"), 52)
}
