//! Whatever the text: no panic, quotes that are where they say, the same answer twice, bounded time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rapporteur_posts::parties::BuiltIn;
use rapporteur_posts::{Body, Draft, LONGEST, Options, Quote, Vocabulary, draft};

fn read(text: &str) -> Draft {
    let mut vocabulary = Vocabulary::built_in();
    vocabulary.set_dialogues([("rabat".to_owned(), vec!["Rabat Process".to_owned()])]);
    let posted = Some("2024-10-08".parse().unwrap());
    draft(
        text,
        &Options {
            posted,
            dialogue: None,
            vocabulary: &vocabulary,
            parties: &BuiltIn,
        },
    )
    .unwrap()
}

/// Every quote of a draft.
fn quotes(draft: &Draft) -> Vec<Quote> {
    let mut quotes = Vec::new();
    for proposal in draft.posts.iter().flat_map(|post| &post.proposals) {
        quotes.push(proposal.evidence.quote.clone());
        if let Body::Event(event) = &proposal.record {
            let dates = [&event.start, &event.end]
                .into_iter()
                .flatten()
                .map(|date| &date.evidence);
            let places = event.place.iter().map(|place| &place.evidence);
            let roles = event.roles.iter().map(|role| &role.evidence);
            let agenda = event.agenda.iter().map(|item| &item.evidence);
            quotes.extend(
                dates
                    .chain(places)
                    .chain(roles)
                    .chain(agenda)
                    .map(|evidence| evidence.quote.clone()),
            );
        }
    }
    quotes
}

fn check(text: &str) {
    let draft = read(text);
    for quote in quotes(&draft) {
        assert!(!quote.text.is_empty());
        assert_eq!(&text[quote.bytes[0]..quote.bytes[1]], quote.text);
        let characters: String = text
            .chars()
            .skip(quote.characters[0])
            .take(quote.characters[1] - quote.characters[0])
            .collect();
        assert_eq!(characters, quote.text);
    }
    for post in &draft.posts {
        assert_eq!(&text[post.bytes[0]..post.bytes[1]], post.text);
    }
    assert_eq!(read(text), draft);
}

/// Pieces that rules look for, to be put together in any way.
const PIECES: &[&str] = &[
    "Steering Committee Meeting",
    "réunion thématique",
    "workshop on",
    "Summit",
    "launch of the ",
    "❇️",
    "👉",
    "📅 ",
    "7️⃣",
    "🔟",
    "16 and 17 October",
    "on 31 février 2023",
    "in May",
    "yesterday",
    "2024-02-30",
    "99 weeks ago",
    "il y a 999 ans",
    "𝟭𝟲 𝗢𝗰𝘁𝗼𝗯𝗲𝗿",
    "Co-organisers: ",
    "Portugal",
    "Égypte",
    "E\u{301}gypte",
    " and ",
    ", ",
    "(ICRC)",
    "hosted by",
    "to lead",
    "were participating",
    "115 participants",
    "five",
    "5 out of the 10 objectives",
    "99999999999999999999 countries",
    "2.5 million refugees",
    "1. ",
    "2. ",
    "3) ",
    "no. 112(LXVII) of 2016 on ",
    "A/RES/76/1",
    "#labourmigration",
    "#",
    "https://a.example/é?x=(1)",
    "https://m.example/url-68747470733a2f2f61/",
    "On the agenda:",
    "\n",
    "\r\n",
    "\n-\n",
    "To view or add a comment, sign in",
    "1,704 followers",
    "’s",
    "«",
    "\u{200B}",
    "🇲🇦",
    "移民",
    "هجرة",
    "\u{0}",
    "in Lisbon",
    "à Genève",
    "visit to ",
    "The ",
    "will ",
    "took place ",
    ". ",
    ": ",
    "Rabat Process ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quotes_are_where_they_say(text in r"\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn quotes_are_where_they_say_in_what_looks_like_a_post(pieces in prop::collection::vec(prop_oneof![8 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => r"\PC{1,6}"], 0..60)) {
        check(&pieces.concat());
    }
}

#[test]
fn the_seed_is_quoted_letter_for_letter() {
    let seed = include_str!("score/seed.txt");
    check(seed);
    assert!(quotes(&read(seed)).len() > 150);
}

/// What rules look for, over and over.
const ENDLESS: &[&str] = &[
    "1. a ",
    "Portugal and ",
    "A Joint High-level Meeting in Lisbon on 16 October. ",
    "❇️Heading❇️ A workshop. Co-organisers: Portugal ",
    "115 participants from 41 countries ",
    "#a https://a.example ",
    "((((",
    "A",
    "x\n",
    "no. 1(I) on ",
    "hosted by Aa, ",
    "e\u{301}",
];

fn timed(text: &str, most: Duration) {
    let start = Instant::now();
    read(text);
    let head: String = text.chars().take(20).collect();
    assert!(
        start.elapsed() < most,
        "{head:?} took {:?}",
        start.elapsed()
    );
}

/// A megabyte of everything in one post takes seconds in an unoptimised build, and so does much of one thing: nothing is
/// quadratic.
#[test]
fn a_megabyte_takes_bounded_time() {
    let of = |piece: &&str| piece.repeat((1 << 20) / ENDLESS.len() / piece.len());
    timed(
        &ENDLESS.iter().map(of).collect::<String>(),
        Duration::from_secs(120),
    );
    for piece in ENDLESS {
        timed(
            &piece.repeat((1 << 17) / piece.len()),
            Duration::from_secs(60),
        );
    }
}

#[test]
fn too_much_is_refused() {
    let vocabulary = Vocabulary::built_in();
    let options = Options {
        posted: None,
        dialogue: None,
        vocabulary: &vocabulary,
        parties: &BuiltIn,
    };
    let refused = draft(&"x".repeat(LONGEST + 1), &options)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("split it"), "{refused}");
    assert!(draft(&"x\n-\n".repeat(5_001), &options).is_err());
}
