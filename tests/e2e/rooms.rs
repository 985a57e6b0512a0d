//! Who may import whom (see the README, "The rooms"): checked on the manifests and the sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ROOMS: [(&str, &[&str]); 14] = [
    ("proto", &[]),
    ("store", &[]),
    ("search", &[]),
    ("posts", &[]),
    ("exchange", &["proto"]),
    ("records", &["proto", "store"]),
    ("server", &["access", "proto", "records", "store"]),
    ("events", &["proto", "records", "server", "store"]),
    ("access", &[]),
    ("recommendations", &["proto", "records", "server", "store"]),
    ("views", &["proto", "records", "search", "store"]),
    (
        "gateway",
        &[
            "access", "exchange", "proto", "records", "server", "store", "views",
        ],
    ),
    (
        "cli",
        &[
            "posts",
            "proto",
            "events",
            "exchange",
            "recommendations",
            "gateway",
            "server",
            "store",
            "records",
            "views",
        ],
    ),
    (
        "bench",
        &[
            "proto",
            "records",
            "events",
            "recommendations",
            "gateway",
            "search",
            "server",
            "store",
            "views",
        ],
    ),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")
}

#[test]
fn rooms_import_only_whom_they_may() {
    let found: BTreeSet<String> = std::fs::read_dir(crates())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let known: BTreeSet<String> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(found, known, "a new room needs a line in this test");
    for (room, allowed) in ROOMS {
        let manifest = std::fs::read_to_string(crates().join(room).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let imports = manifest["dependencies"].as_table().unwrap().keys();
        for import in imports.filter_map(|name| name.strip_prefix("rapporteur-")) {
            assert!(
                allowed.contains(&import),
                "{room} may not import {import}; it may import {allowed:?}"
            );
        }
    }
}

#[test]
fn the_wire_stays_at_the_edge() {
    // The nouns of the services do not know tonic: it stays in their api/ and in the crate root, where the
    // process is put together. The register asks the other service, so it knows the client side.
    for room in ["events", "recommendations"] {
        for file in sources(&crates().join(room).join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file
                .strip_prefix(crates().join(room).join("src"))
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let edge = name.starts_with("api/") || ["lib.rs", "main.rs"].contains(&name.as_str());
            let client = name.starts_with("register");
            assert!(
                edge || client || !text.contains("tonic::"),
                "{room}/src/{name} names tonic"
            );
        }
    }
}

#[test]
fn only_the_store_names_its_engine() {
    for (room, _) in ROOMS
        .iter()
        .filter(|(room, _)| !["store", "bench"].contains(room))
    {
        for file in sources(&crates().join(room).join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            let engine = text
                .lines()
                .find(|line| line.contains("sled::") && !line.contains("rapporteur_store::sled::"));
            assert_eq!(engine, None, "{} names sled", file.display());
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}
