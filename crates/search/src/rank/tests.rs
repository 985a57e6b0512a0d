//! Small corpora in which it is plain what comes first.

use super::*;
use crate::evaluate::judged;
use crate::evaluate::ours::Ranking;

fn corpus(texts: &[(&str, &str)]) -> Vec<judged::Text> {
    let text = |(place, (language, text)): (usize, &(&str, &str))| judged::Text {
        id: place.to_string(),
        text: (*text).to_owned(),
        language: (*language).to_owned(),
        ..judged::Text::default()
    };
    texts.iter().enumerate().map(text).collect()
}

fn ask(corpus: &[judged::Text], language: &str, query: &str) -> Vec<usize> {
    let ranking = Ranking::new(
        corpus,
        Tuning {
            learned: 0.0,
            ..Tuning::default()
        },
    )
    .unwrap();
    let query = judged::Text {
        text: query.to_owned(),
        language: language.to_owned(),
        ..judged::Text::default()
    };
    ranking.rank(&query, 10).unwrap()
}

#[test]
fn word_forms_spellings_and_hashtags_are_found() {
    let texts = corpus(&[
        ("en", "Facilitate the labour migration of nurses"),
        ("en", "Fisheries in the north"),
        ("fr", "Régularisation des travailleurs"),
    ]);
    assert_eq!(ask(&texts, "en", "labor migrations"), [0]);
    assert_eq!(ask(&texts, "en", "#LaborMigration"), [0]);
    assert_eq!(ask(&texts, "fr", "régularisations"), [2]);
    assert_eq!(ask(&texts, "", "travailleur"), [2]);
}

#[test]
fn who_answers_more_of_the_question_comes_first() {
    let texts = corpus(&[
        ("en", "migrants migrants migrants migrants migrants"),
        ("en", "The families of missing migrants are informed"),
        (
            "en",
            "Missing data on many things, among them those who are called migrants here",
        ),
    ]);
    assert_eq!(ask(&texts, "en", "missing migrants"), [1, 2, 0]);
}

#[test]
fn the_very_form_and_the_very_code_come_first() {
    let texts = corpus(&[
        ("en", "Detain nobody"),
        ("en", "Detention of nobody"),
        ("en", "See A/RES/74/18"),
        ("en", "See A/RES/74/19"),
    ]);
    assert_eq!(ask(&texts, "en", "a/res/74/19")[0], 3);
    let texts = corpus(&[
        ("en", "migrant workers unite"),
        ("en", "migrants worker unite"),
    ]);
    assert_eq!(ask(&texts, "en", "migrants worker")[0], 1);
}

#[test]
fn a_title_counts_more() {
    let mut texts = corpus(&[
        ("en", "a word about asylum and another about borders"),
        ("en", "a word about other things and much more text"),
    ]);
    texts[1].title = "Asylum".to_owned();
    assert_eq!(ask(&texts, "en", "asylum"), [1, 0]);
}

#[test]
fn other_words_for_the_same_thing_are_found_after_the_words_themselves() {
    let texts = corpus(&[
        ("en", "Combat trafficking in persons"),
        ("fr", "Lutter contre la traite des êtres humains"),
        ("en", "Combat corruption"),
        ("ar", "مكافحة الاتجار بالبشر"),
        ("en", "Fight slavery"),
    ]);
    let found = ask(&texts, "en", "trafficking in persons");
    assert_eq!(found[0], 0);
    let others: std::collections::BTreeSet<_> = found[1..].iter().copied().collect();
    assert!(
        others.contains(&1) && others.contains(&3) && others.contains(&4),
        "{found:?}"
    );
    assert!(!others.contains(&2));
    assert_eq!(ask(&texts, "fr", "traite des êtres humains")[0], 1);
}

#[test]
fn a_mistyped_word_is_understood() {
    let texts = corpus(&[
        ("en", "readmission agreements"),
        ("en", "fishery agreements"),
    ]);
    assert_eq!(ask(&texts, "en", "readmisson"), [0]);
    assert_eq!(ask(&texts, "en", "raedmission agreements")[0], 0);
    assert!(ask(&texts, "en", "5678").is_empty());
}

#[test]
fn odd_questions_are_answered() {
    let texts = corpus(&[("en", "to be or not to be"), ("en", "nothing of it")]);
    assert_eq!(ask(&texts, "en", "to be"), [0]);
    assert!(ask(&texts, "en", "").is_empty());
    assert!(ask(&texts, "en", "\u{202e}\0 -- !!").is_empty());
    let long: String = (0..10_000).map(|number| format!("word{number} ")).collect();
    assert_eq!(ask(&texts, "en", &format!("nothing {long}")), [1]);
    assert!(ask(&texts, "en", &format!("{long} nothing")).is_empty());
}

#[test]
fn a_question_learns_from_its_best_answers() {
    let texts = corpus(&[
        ("en", "asylum seekers and reception centres"),
        ("en", "asylum procedures and reception conditions"),
        ("en", "better reception of new arrivals"),
        ("en", "railway bridges"),
    ]);
    let ranking = Ranking::new(
        &texts,
        Tuning {
            learned: 0.5,
            ..Tuning::default()
        },
    )
    .unwrap();
    let query = judged::Text {
        text: "asylum".to_owned(),
        language: "en".to_owned(),
        ..judged::Text::default()
    };
    let found = ranking.rank(&query, 10).unwrap();
    assert!(
        found[..2].contains(&0) && found[..2].contains(&1) && found[2] == 2,
        "{found:?}"
    );
    assert!(!found.contains(&3));
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let texts: Vec<(&str, String)> = (0..60)
        .map(|number| {
            (
                "en",
                format!("measure {} of {} on borders", number % 7, number % 5),
            )
        })
        .collect();
    let texts: Vec<(&str, &str)> = texts
        .iter()
        .map(|(language, text)| (*language, text.as_str()))
        .collect();
    let texts = corpus(&texts);
    let first = ask(&texts, "en", "border measures 3");
    for _ in 0..3 {
        assert_eq!(ask(&texts, "en", "border measures 3"), first);
    }
}

#[test]
fn every_concept_has_phrases_in_each_of_five_languages() {
    let file = include_str!("concepts.txt");
    for line in file
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let languages: Vec<&str> = line
            .split('|')
            .filter_map(|part| part.trim().split(' ').next())
            .collect();
        assert_eq!(languages, ["en", "fr", "es", "pt", "ar"], "{line}");
    }
    assert!(!concepts::named(&crate::analysis::words("migrants disparus", "fr"), "fr").is_empty());
}
