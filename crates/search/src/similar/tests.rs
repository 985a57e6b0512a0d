//! What is alike, what is not, and that nothing like is overlooked.

use proptest::prelude::*;

use super::*;

const LIKE: &str =
    "Establish a network of national focal points on missing migrants and separated families";

/// Some texts, so that words have a weight.
fn record() -> Vec<String> {
    let whats = [
        "ratify the convention",
        "train border officers",
        "protect migrant children",
        "share data on remittances",
        "open information points",
    ];
    let whose = [
        "with partner countries",
        "at the border",
        "in cooperation with civil society",
        "by 2026",
        "along migration routes",
    ];
    let both = |what: &&str| {
        whose
            .iter()
            .map(|whose| format!("{what} {whose}"))
            .collect::<Vec<_>>()
    };
    whats
        .iter()
        .flat_map(both)
        .chain([LIKE.to_owned()])
        .collect()
}

fn likeness() -> Likeness {
    let mut likeness = Likeness::default();
    for text in record() {
        likeness.learn(&text, "en");
    }
    likeness
}

fn score(a: &str, b: &str) -> f32 {
    likeness().compare((a, "en"), (b, "en")).score
}

#[test]
fn the_more_is_changed_the_less_alike() {
    let same = score(LIKE, LIKE);
    let form = score(
        LIKE,
        "Establishing a network of national focal point on missing migrants and separated family",
    );
    let little = score(
        LIKE,
        "Establish a network of national focal points on missing migrants and on separated families",
    );
    let some = score(LIKE, "Establish a regional network on missing migrants");
    let nothing = score(LIKE, "Abolish customs duties");
    assert!(
        (same - 1.0).abs() < 1e-5 && (form - 1.0).abs() < 1e-5,
        "{same} {form}"
    );
    assert!(little > DUPLICATE && little < 1.0, "{little}");
    assert!(some > 0.3 && some < REPEATS, "{some}");
    assert!(nothing < 0.1, "{nothing}");
}

#[test]
fn order_counts_and_so_do_words_written_nearly_alike() {
    let other_order = score("police train teachers", "teachers train police");
    assert!(other_order < 1.0 && other_order > 0.8, "{other_order}");
    assert!(
        score("readmission agreements", "readmisson agreements")
            > score("readmission agreements", "fishery agreements")
    );
}

#[test]
fn reasons_name_what_is_shared_and_how_much_of_each() {
    let alike = likeness().compare((LIKE, "en"), ("A network on missing migrants", "en"));
    let words: Vec<&str> = alike
        .shared
        .iter()
        .map(|shared| shared.text.as_str())
        .collect();
    assert!(
        words.contains(&"network") && words.contains(&"miss") && words.contains(&"migrant"),
        "{words:?}"
    );
    assert!(alike.of_second > 0.9 && alike.of_first < alike.of_second);
    let sum: f32 = alike.shared.iter().map(|shared| shared.weight).sum();
    assert!((sum - 1.0).abs() < 1e-4);
}

#[test]
fn the_same_thing_in_another_language_is_somewhat_alike() {
    let alike = likeness().compare(
        (LIKE, "en"),
        (
            "Créer un réseau de points focaux nationaux sur les migrants disparus",
            "fr",
        ),
    );
    assert!(alike.score > 0.05, "{alike:?}");
    assert!(
        alike
            .shared
            .iter()
            .any(|shared| shared.is_concept && shared.text == "missing migrants"),
        "{alike:?}"
    );
    assert!(
        likeness()
            .compare((LIKE, "en"), ("Réparer les ponts", "fr"))
            .score
            < 0.02
    );
}

#[test]
fn texts_are_put_replaced_and_removed() {
    let mut texts = Texts::default();
    for (key, text) in record().into_iter().enumerate() {
        texts.put(key, &text, "en");
    }
    let find = |texts: &Texts<usize>, text: &str| {
        texts
            .similar(text, "en", REPEATS, 5, |_| false)
            .into_iter()
            .map(|found| found.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(find(&texts, LIKE), [25]);
    assert_eq!(texts.similar(LIKE, "en", REPEATS, 5, |key| *key == 25), []);
    texts.put(25, "build railway bridges", "en");
    assert_eq!(find(&texts, LIKE), [0; 0]);
    assert_eq!(find(&texts, "building a railway bridge"), [25]);
    assert!(texts.remove(&25) && !texts.remove(&25));
    assert_eq!(
        (find(&texts, "building a railway bridge"), texts.len()),
        (vec![], 25)
    );
    // What was taken away and put again leaves no trace.
    let mut other = Texts::default();
    for (key, text) in record().into_iter().enumerate().take(25) {
        other.put(key, &text, "en");
    }
    assert_eq!(
        texts.similar("train officers at the border", "en", 0.1, 50, |_| false),
        other.similar("train officers at the border", "en", 0.1, 50, |_| false)
    );
}

#[test]
fn what_is_left_out_takes_no_place_of_another() {
    let mut texts = Texts::default();
    for number in 0..500 {
        texts.put(number, LIKE, "en");
    }
    texts.put(500, &format!("{LIKE} at sea"), "en");
    let found = texts.similar(LIKE, "en", REPEATS, 5, |key| *key < 500);
    let keys: Vec<usize> = found.iter().map(|found| found.key).collect();
    assert_eq!(keys, [500]);
}

#[test]
fn weighty_words_are_the_rare_ones_as_they_are_written() {
    let mut texts = Texts::default();
    for (key, text) in record().into_iter().enumerate() {
        texts.put(key, &text, "en");
    }
    let words = texts.weighty("The Conventions of the border, and Xyzzy", "en", 2);
    assert_eq!(words, ["Xyzzy", "Conventions"]);
    let alike = texts.compare((LIKE, "en"), (LIKE, "en"));
    assert!((alike.score - 1.0).abs() < 1e-5);
}

#[test]
fn near_duplicates_are_grouped_and_chains_are_not() {
    let mut texts = Texts::default();
    for (key, text) in record().into_iter().enumerate() {
        texts.put(format!("other/{key:02}"), &text, "en");
    }
    for (key, text) in [
        (
            "a",
            "Ensure that every child on the move has access to a guardian and a lawyer",
        ),
        (
            "b",
            "Ensure that every child on the move has access to a guardian and to a lawyer",
        ),
        (
            "c",
            "Ensure that every child on the move has access to a guardian and a lawyer.",
        ),
        // A chain: each a word from the one before.
        (
            "k1",
            "alpha bravo charlie delta echo foxtrot golf hotel india juliett",
        ),
        (
            "k2",
            "alpha bravo charlie delta echo foxtrot golf hotel india kilo",
        ),
        (
            "k3",
            "alpha bravo charlie delta echo foxtrot golf hotel lima kilo",
        ),
        (
            "k4",
            "alpha bravo charlie delta echo foxtrot golf mike lima kilo",
        ),
        (
            "k5",
            "alpha bravo charlie delta echo foxtrot november mike lima kilo",
        ),
        (
            "k6",
            "alpha bravo charlie delta echo oscar november mike lima kilo",
        ),
    ] {
        texts.put(key.to_owned(), text, "en");
    }
    let clusters = texts.clusters(0.85);
    let keys = |cluster: &Cluster<String>| {
        cluster
            .members
            .iter()
            .map(|(key, _)| key.clone())
            .collect::<Vec<_>>()
    };
    let guardians = clusters
        .iter()
        .find(|cluster| cluster.leader == "a")
        .map(keys);
    assert_eq!(
        guardians,
        Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])
    );
    for cluster in &clusters {
        let keys = keys(cluster);
        assert!(
            !(keys.contains(&"k1".to_owned()) && keys.contains(&"k6".to_owned())),
            "{keys:?}"
        );
        assert!(
            cluster.members.iter().all(|(_, score)| *score >= 0.5),
            "{cluster:?}"
        );
    }
    assert_eq!(texts.clusters(0.85), clusters);
}

#[test]
fn memory_is_bounded_by_the_words() {
    let mut texts = Texts::default();
    let mut words = 0;
    for number in 0..2_000_usize {
        let text: Vec<String> = (0..25)
            .map(|word| format!("word{}", (number * 7 + word * word) % 3_000))
            .collect();
        words += text.len();
        texts.put(number, &text.join(" "), "");
    }
    assert!(
        texts.bytes() < 16 * words + 400 * 3_000 + 200 * 2_000,
        "{}",
        texts.bytes()
    );
    for number in 0..2_000 {
        texts.remove(&number);
    }
    assert!(
        texts.is_empty()
            && texts
                .similar("word7 word8", "", 0.1, 5, |_| false)
                .is_empty()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Leaving out common words overlooks nothing that is like enough.
    #[test]
    fn nothing_like_is_overlooked(texts in proptest::collection::vec(proptest::collection::vec(0_usize..12, 1..9), 1..40), least in 0.3_f32..0.95) {
        const WORDS: [&str; 12] = ["border", "visa", "school", "water", "nurse", "court", "river", "bridge", "ticket", "parcel", "engine", "forest"];
        let texts: Vec<String> = texts.iter().map(|text| text.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ")).collect();
        let mut all = Texts::default();
        let mut likeness = Likeness::default();
        for (key, text) in texts.iter().enumerate() {
            all.put(key, text, "en");
            likeness.learn(text, "en");
        }
        let found: Vec<usize> = all.similar(&texts[0], "en", least, 100, |_| false).into_iter().map(|found| found.key).collect();
        for (key, text) in texts.iter().enumerate() {
            let (there, back) = (likeness.compare((&texts[0], "en"), (text, "en")), likeness.compare((text, "en"), (&texts[0], "en")));
            prop_assert!((there.score - back.score).abs() < 1e-5 && there.score <= 1.0 + 1e-5);
            prop_assert_eq!(found.contains(&key), there.score >= least, "{} {}", text, there.score);
        }
    }
}
