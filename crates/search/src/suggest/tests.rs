//! Which classes are suggested, why, and when none is.

use proptest::prelude::*;

use super::*;

fn class(key: &str, above: &str, titles: &[(&str, &str)]) -> Class<String> {
    let titles = titles.iter();
    Class {
        key: key.into(),
        scheme: "plan".into(),
        above: Some(above)
            .filter(|above| !above.is_empty())
            .map(str::to_owned),
        titles: titles
            .map(|(language, title)| ((*title).to_owned(), (*language).to_owned()))
            .collect(),
        ..Class::default()
    }
}

/// A small plan: areas, and objectives below them.
fn plan() -> Vec<Class<String>> {
    vec![
        class("A", "", &[("en", "Development benefits of migration")]),
        class(
            "A1",
            "A",
            &[
                ("en", "Lower the cost of remittances"),
                ("fr", "Réduire le coût des envois de fonds"),
            ],
        ),
        class("A2", "A", &[("en", "Support investment by the diaspora")]),
        class("B", "", &[("en", "Protection and asylum")]),
        class(
            "B1",
            "B",
            &[("en", "Identify missing migrants and inform their families")],
        ),
        class("C", "", &[("en", "Return, readmission and reintegration")]),
        class(
            "C1",
            "C",
            &[("en", "Offer vocational training to those who returned")],
        ),
        class(
            "D",
            "",
            &[(
                "en",
                "Fight smuggling of migrants and trafficking in persons",
            )],
        ),
        class("E", "", &[("en", "Recognise diplomas and skills")]),
    ]
}

fn neighbour(name: &str, likeness: f32, class: &str) -> Neighbour<String, String> {
    Neighbour {
        name: name.into(),
        likeness,
        classes: vec![class.into()],
    }
}

type Found = Vec<Suggestion<String, String>>;

fn ask(text: &str, language: &str, neighbours: &[Neighbour<String, String>]) -> Found {
    suggest(&Classes::new(&plan()), text, language, neighbours, LEAST)
}

fn keys(found: &Found) -> Vec<&str> {
    found.iter().map(|one| one.class.as_str()).collect()
}

#[test]
fn the_words_of_a_class_speak_for_it_in_any_language() {
    let found = ask("Lowering the costs of remittances sent home", "en", &[]);
    assert_eq!(keys(&found)[0], "A1");
    let words: Vec<&str> = found[0]
        .reasons
        .words
        .iter()
        .map(|(word, _)| word.as_str())
        .collect();
    assert!(
        words.iter().any(|word| word.starts_with("remit")),
        "{words:?}"
    );
    let found = ask("Le coût des envois de fonds doit être réduit", "fr", &[]);
    assert_eq!(keys(&found)[0], "A1", "{found:?}");
    // No class has a French text on that: the concept tells.
    let found = ask("Identifier les migrants disparus", "fr", &[]);
    assert_eq!(keys(&found), ["B1"], "{found:?}");
}

#[test]
fn nothing_is_suggested_when_nothing_is_sure() {
    for text in [
        "",
        "   ",
        "Paint the hull of the ferry",
        "of the and to",
        "\u{202e}\0",
    ] {
        assert_eq!(ask(text, "en", &[]), [], "{text:?}");
    }
    // What fits everything is sure of nothing.
    assert_eq!(ask("migrants", "", &[]).len(), 0);
    assert_eq!(
        suggest::<String, String>(&Classes::new(&[]), "remittances", "en", &[], 0.0),
        []
    );
}

#[test]
fn names_and_hashtags_are_found() {
    let mut classes = plan();
    classes[8].names = vec!["#SkillsMatter".into()];
    let classes = Classes::new(&classes);
    let found = suggest::<String, _>(&classes, "A workshop: #SkillsMatter", "en", &[], LEAST);
    assert_eq!(keys(&found), ["E"]);
    assert_eq!(found[0].reasons.named.as_deref(), Some("SkillsMatter"));
    // A theme is named in another language through the concept.
    let theme = Class {
        key: "labour-migration".to_owned(),
        titles: vec![("labour migration".into(), "en".into())],
        ..Class::default()
    };
    let classes = Classes::new(&[theme]);
    let text = "Un atelier sur la migration de main-d'œuvre";
    let found = suggest::<String, _>(&classes, text, "fr", &[], LEAST);
    assert_eq!(found[0].reasons.named.as_deref(), Some("labour migration"));
}

#[test]
fn those_below_count_for_those_above_and_outdo_them() {
    let all = scored::<String, _>(
        &Classes::new(&plan()),
        "Lower the cost of remittances",
        "en",
        &[],
        0.01,
    );
    let score = |key: &str| {
        all.iter()
            .find(|one| one.class == key)
            .map_or(0.0, |one| one.score)
    };
    assert!(
        score("A1") > score("A") && score("A") > score("B"),
        "{all:?}"
    );
    let mut left = all.clone();
    leave_out_outdone(&Classes::new(&plan()), &mut left);
    assert!(!left.iter().any(|one| one.class == "A"));
    // A circle and an unknown class above do no harm.
    let mut circle = vec![
        class("x", "y", &[("en", "remittances")]),
        class("y", "x", &[]),
    ];
    circle.push(class("z", "nobody", &[("en", "diplomas")]));
    let found = suggest::<String, _>(&Classes::new(&circle), "remittances", "en", &[], LEAST);
    assert!(!found.is_empty());
}

#[test]
fn neighbours_speak_by_how_alike_they_are() {
    let text = "Hold a workshop with banks and operators";
    assert_eq!(ask(text, "en", &[]), []);
    let near = [
        neighbour("r1", 0.9, "A1"),
        neighbour("r2", 0.8, "A1"),
        neighbour("r3", 0.2, "C1"),
    ];
    let found = ask(text, "en", &near);
    assert_eq!(keys(&found), ["A1"]);
    assert_eq!(
        found[0].reasons.neighbours,
        [("r1".to_owned(), 0.9), ("r2".to_owned(), 0.8)]
    );
    // They are worth nothing for a class that nobody knows, and little when they are hardly alike.
    assert_eq!(ask(text, "en", &[neighbour("r1", 1.0, "Z")]), []);
    assert_eq!(
        ask(
            text,
            "en",
            &[neighbour("r1", 0.1, "A1"), neighbour("r2", 0.1, "C1")]
        ),
        []
    );
}

#[test]
fn schemes_do_not_stand_against_each_other() {
    let one = |scheme: &str| Class {
        key: format!("{scheme}/1"),
        scheme: scheme.into(),
        ..class("", "", &[("en", "Lower the cost of remittances")])
    };
    let both = [one("a"), one("b"), one("c"), one("d")];
    let text = "Lower the cost of remittances";
    let alone = suggest::<String, _>(&Classes::new(&both[..1]), text, "en", &[], LEAST);
    let found = suggest::<String, _>(&Classes::new(&both), text, "en", &[], LEAST);
    assert_eq!(found.len(), 4);
    assert!(
        (found[0].score - alone[0].score).abs() < 0.05,
        "{found:?} {alone:?}"
    );
}

proptest! {
    #[test]
    fn scores_are_in_order_between_0_and_1_and_the_order_of_neighbours_does_not_matter(
        text in "(remittances|diaspora|return|missing|migrants|skills|of|#Return|\\PC{0,8}| ){0,12}",
        near in proptest::collection::vec((0.0_f32..1.0, 0_usize..9), 0..30),
    ) {
        let keys: Vec<String> = plan().into_iter().map(|class| class.key).collect();
        let mut neighbours: Vec<_> = near
            .iter()
            .enumerate()
            .map(|(number, (likeness, class))| neighbour(&format!("r{number}"), *likeness, &keys[*class]))
            .collect();
        let classes = Classes::new(&plan());
        let found = scored(&classes, &text, "en", &neighbours, 0.0);
        for pair in found.windows(2) {
            prop_assert!(pair[0].score >= pair[1].score);
        }
        prop_assert!(found.iter().all(|one| one.score > 0.0 && one.score <= 1.0));
        neighbours.reverse();
        prop_assert_eq!(scored(&classes, &text, "en", &neighbours, 0.0), found);
    }
}
