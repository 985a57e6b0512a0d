use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::analysis::reading::Readings;
use crate::document::Document;
use crate::head::Cursor;
use crate::query::{Vocabulary, parse};
use crate::rank;

const KEYWORDS: &[&str] = &["theme", "party", "seen"];

struct Fields;

impl Vocabulary for Fields {
    fn filter(&self, field: &str, value: &str) -> Option<Result<(&'static str, Filter)>> {
        let known = KEYWORDS.iter().find(|known| **known == field)?;
        Some(Ok((known, Filter::Is(known, value.into()))))
    }

    fn tag(&self, tag: &str) -> Option<Filter> {
        (tag == "LaborMigration").then(|| Filter::Is("theme", "labour-migration".into()))
    }

    fn fields(&self) -> &[&'static str] {
        KEYWORDS
    }
}

struct Shelf {
    index: Arc<Index>,
    _folder: TempDir,
}

/// What is asked beside the words.
#[derive(Default)]
struct Wish<'a> {
    filters: &'a [(&'static str, Filter)],
    sight: Option<&'a Filter>,
    facets: &'a [&'static str],
    size: Option<usize>,
    after: Option<&'a Cursor>,
    texts: Option<&'a Texts<'a>>,
}

fn document(name: &str, texts: &[(&str, &str)], keywords: &[(&'static str, &str)]) -> Document {
    let mut one = Document {
        name: name.into(),
        ..Document::default()
    };
    for (language, words) in texts {
        one.text(language, words, false);
    }
    for (field, value) in keywords {
        one.keyword(field, *value);
    }
    one
}

fn shelf(documents: &[Document]) -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let index = Arc::new(Index::create(folder.path(), KEYWORDS).unwrap());
    let shelf = Shelf {
        index,
        _folder: folder,
    };
    shelf.put(documents);
    shelf
}

impl Shelf {
    fn put(&self, documents: &[Document]) {
        let mut writer = self.index.writer(0).unwrap();
        for one in documents {
            writer.put(&one.name, std::slice::from_ref(one)).unwrap();
        }
        writer.commit("", true).unwrap();
        writer.finish().unwrap();
    }

    fn ask(&self, text: &str, wish: Wish<'_>) -> Answer {
        let query = parse(text, &Fields).unwrap();
        let languages = ["en", "fr", "pt", "ar"].map(str::to_owned);
        let everything = Filter::All(vec![]);
        let ask = Ask {
            query: &query,
            filters: wish.filters,
            sight: wish.sight.unwrap_or(&everything),
            languages: &languages,
            facets: wish.facets,
            order: Order::Relevance,
            size: wish.size.unwrap_or(100),
            after: wish.after,
            texts: wish.texts,
        };
        self.index.ask(&ask).unwrap()
    }

    fn names(&self, text: &str) -> Vec<String> {
        let answer = self.ask(text, Wish::default());
        assert_eq!(answer.total, answer.places.len() as u64);
        answer.places.into_iter().map(|place| place.name).collect()
    }
}

fn sample() -> Shelf {
    shelf(&[
        document(
            "en",
            &[("en", "Establish a network on missing migrants")],
            &[("theme", "labour-migration"), ("party", "pt")],
        ),
        document(
            "fr",
            &[(
                "fr",
                "Créer un réseau sur les personnes migrantes disparues",
            )],
            &[("theme", "return"), ("party", "pt")],
        ),
        document(
            "pt",
            &[("pt", "Reforçar a cooperação sobre migrações laborais")],
            &[("party", "ma")],
        ),
        document(
            "ar",
            &[("ar", "تعزيز التعاون في مجال هجرة اليد العاملة")],
            &[],
        ),
        document(
            "tag",
            &[(
                "en",
                "A meeting on #LabourMigration and the Programme of Action",
            )],
            &[],
        ),
    ])
}

#[test]
fn words_are_found_in_other_forms_and_languages() {
    let shelf = sample();
    for (text, found) in [
        ("migrant", vec!["en", "fr"]),
        ("MISSING networks", vec!["en"]),
        ("personne migrante disparue", vec!["fr"]),
        ("reseau", vec!["fr"]),
        ("cooperacao laboral", vec!["pt"]),
        ("والتعاون", vec!["ar"]),
        ("#LaborMigration", vec!["en", "tag"]),
        ("labour migration", vec!["tag"]),
        ("program", vec!["tag"]),
        ("missing the migrants", vec!["en"]),
        ("\"missing migrants\"", vec!["en"]),
        ("\"migrants missing\"", vec![]),
        ("establsh missing", vec!["en"]),
        ("missing migrants zebra", vec!["en", "fr"]),
        ("coop*", vec!["pt"]),
        ("missing -theme:labour-migration", vec![]),
        ("theme:labour-migration OR theme:return", vec!["en", "fr"]),
        ("-network party:pt", vec!["fr"]),
        ("the", vec!["tag"]),
        ("zebra", vec![]),
        ("", vec!["ar", "en", "fr", "pt", "tag"]),
    ] {
        let mut names = shelf.names(text);
        names.sort();
        assert_eq!(names, found, "{text}");
    }
    let guessed = shelf.ask("establsh missing", Wish::default()).guesses;
    assert_eq!(guessed[0].written, "establsh");
    assert_eq!(guessed[0].read_as, ["establish"]);
    assert_eq!(
        shelf
            .ask("missing migrants zebra", Wish::default())
            .matching,
        Match::Some
    );
}

#[test]
fn what_a_writer_puts_takes_the_place_of_what_was_there() {
    let shelf = sample();
    let changed = document("en", &[("en", "Something else")], &[]);
    let mut writer = shelf.index.writer(0).unwrap();
    assert!(writer.put("en", std::slice::from_ref(&changed)).unwrap());
    assert!(writer.put("fr", &[]).unwrap());
    assert!(!writer.put("none", &[]).unwrap());
    writer.commit("later", true).unwrap();
    assert!(
        !writer.put("en", &[changed]).unwrap(),
        "nothing has changed"
    );
    writer.finish().unwrap();
    assert_eq!(shelf.names("missing"), [""; 0]);
    assert_eq!(shelf.names("else"), ["en"]);
    assert_eq!(shelf.index.digests().unwrap().len(), 4);
}

#[test]
fn a_facet_counts_without_its_own_filters_and_with_all_others() {
    let shelf = sample();
    let filters = [("party", Filter::Is("party", "pt".into()))];
    let answer = shelf.ask(
        "theme:return",
        Wish {
            filters: &filters,
            facets: &["party", "theme"],
            ..Wish::default()
        },
    );
    assert_eq!(answer.total, 1);
    let expected = [
        BTreeMap::from([("pt".into(), 1)]),
        BTreeMap::from([("labour-migration".into(), 1), ("return".into(), 1)]),
    ];
    assert_eq!(answer.facets, expected);
}

#[test]
fn pages_stand_still_while_others_write() {
    let text = |number: usize| format!("{} return", "asylum ".repeat(number % 5));
    let documents: Vec<Document> = (0..50)
        .map(|number| document(&format!("d{number:02}"), &[("en", &text(number))], &[]))
        .collect();
    let shelf = shelf(&documents);
    let expected = shelf.names("asylum return");
    let mut seen: Vec<String> = Vec::new();
    let mut after: Option<Cursor> = None;
    for round in 0.. {
        let answer = shelf.ask(
            "asylum return",
            Wish {
                size: Some(7),
                after: after.as_ref(),
                ..Wish::default()
            },
        );
        seen.extend(answer.places.iter().map(|place| place.name.clone()));
        if !answer.has_more {
            break;
        }
        let next = answer.after(answer.places.len() - 1).unwrap();
        let cursor = Cursor::decode(&next.encode()).unwrap();
        assert_eq!(cursor, next);
        after = Some(cursor);
        // Longer and shorter texts: every figure behind the scores moves.
        let words = "return ".repeat(30 * (round + 1));
        shelf.put(&[document(&format!("new{round}"), &[("en", &words)], &[])]);
    }
    seen.retain(|name| !name.starts_with("new"));
    assert_eq!(seen, expected);
}

/// The same through a head that is put in order by its texts, and the tail behind it.
#[test]
fn the_head_is_in_the_order_of_its_texts_on_every_page() {
    let text = |number: usize| match number % 3 {
        0 => "asylum and return of families".to_owned(),
        1 => format!(
            "return {} asylum",
            "of many other people ".repeat(number % 7)
        ),
        _ => "return, and at the end of a long way asylum".to_owned(),
    };
    let documents: Vec<Document> = (0..150)
        .map(|number| document(&format!("d{number:03}"), &[("en", &text(number))], &[]))
        .collect();
    let shelf = shelf(&documents);
    let readings = Readings::default();
    let texts = |names: &[&str], show: &mut dyn FnMut(&[rank::Text])| {
        for name in names {
            let number = name.trim_start_matches(|c: char| !c.is_ascii_digit());
            let words = text(number.parse().unwrap());
            show(&[rank::Text {
                reading: readings.of(&words, "en"),
                is_title: false,
            }]);
        }
    };
    let page = |size: usize, after: Option<&Cursor>| {
        shelf.ask(
            "return asylum",
            Wish {
                size: Some(size),
                after,
                texts: Some(&texts),
                ..Wish::default()
            },
        )
    };
    let whole = page(1_000, None);
    assert_eq!((whole.total, whole.places.len()), (150, 150));
    let (mut seen, mut after) = (Vec::new(), None);
    for round in 0.. {
        let answer = page(13, after.as_ref());
        seen.extend(answer.places.iter().map(|place| place.name.clone()));
        if !answer.has_more {
            break;
        }
        let next = answer.after(answer.places.len() - 1).unwrap();
        after = Some(Cursor::decode(&next.encode()).unwrap());
        // It would stand at the head; whoever is past it does not see it.
        shelf.put(&[document(
            &format!("new{round}"),
            &[("en", "return asylum")],
            &[],
        )]);
    }
    seen.retain(|name| !name.starts_with("new"));
    let expected: Vec<String> = whole.places.into_iter().map(|place| place.name).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_cursor_that_was_made_up_is_refused_or_read() {
    for bytes in [
        &b""[..],
        b"\x01",
        b"\x00\x00aaaaaaaa",
        b"\x00\xff\xff",
        b"\x00\x03abc",
        b"\x00\x00aaaaaaaa\x01bc",
    ] {
        assert!(Cursor::decode(bytes).is_err(), "{bytes:?}");
    }
}

/// A few words, themes and parties, so that much coincides.
fn documents() -> impl Strategy<Value = Vec<(Vec<usize>, Vec<usize>, usize, usize)>> {
    let words = prop::collection::vec(0..5usize, 0..4);
    let themes = prop::collection::vec(0..3usize, 0..3);
    prop::collection::vec((words, themes, 0..3usize, 0..3usize), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Each count of a facet is the length of the list that its value as a filter gives, and nothing that is not
    /// seen is in either.
    #[test]
    fn counts_are_what_lists_show(made in documents(), word in 0..5usize, seen in 0..3usize, chosen in prop::option::of(0..3usize)) {
        const WORDS: [&str; 5] = ["asylum", "return", "labour", "visa", "border"];
        let documents: Vec<Document> = made.iter().enumerate().map(|(number, (words, themes, party, seen))| {
            let words: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
            let mut one = document(&format!("d{number}"), &[("en", &words.join(" "))], &[]);
            one.keyword("party", format!("p{party}"));
            one.keyword("seen", format!("s{seen}"));
            for theme in themes {
                one.keyword("theme", format!("t{theme}"));
            }
            one
        }).collect();
        let shelf = shelf(&documents);
        let sight = Filter::Is("seen", format!("s{seen}"));
        let chosen: Vec<(&'static str, Filter)> = chosen
            .map(|theme| ("theme", Filter::Is("theme", format!("t{theme}"))))
            .into_iter().collect();
        let query = WORDS[word];
        let answer = shelf.ask(query, Wish {
            sight: Some(&sight),
            filters: &chosen,
            facets: &["theme", "party", "seen"],
            ..Wish::default()
        });
        let listed = |filters: &[(&'static str, Filter)]| shelf.ask(query, Wish {
            sight: Some(&sight),
            filters,
            ..Wish::default()
        });
        prop_assert_eq!(listed(&chosen).places.len() as u64, answer.total);
        for (field, counts) in ["theme", "party", "seen"].into_iter().zip(&answer.facets) {
            for value in 0..3 {
                let value = format!("{}{value}", &field[..1]);
                let mut filters = vec![(field, Filter::Is(field, value.clone()))];
                if field != "theme" {
                    filters.extend(chosen.clone());
                }
                let count = counts.get(value.as_str()).copied().unwrap_or_default();
                prop_assert_eq!(listed(&filters).places.len() as u64, count, "{} {}", field, value);
            }
        }
        let others = answer.facets[2].keys().filter(|value| ***value != *format!("s{seen}")).count();
        prop_assert_eq!(others, 0);
    }
}
