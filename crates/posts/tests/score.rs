//! How well posts are read: every fact that is proposed against the facts that a careful reader wrote down, post by post.
//!
//! `cargo test -p rapporteur-posts --test score -- --nocapture` prints the table by kind of fact.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_posts::parties::BuiltIn;
use rapporteur_posts::{Body, Draft, Event, Options, Post, Qualifier, Vocabulary, draft};

const SEED: &str = include_str!("score/seed.txt");
const OTHERS: &str = include_str!("score/others.txt");

fn read(text: &str) -> Draft {
    let mut vocabulary = Vocabulary::built_in();
    let named = |(id, names): (&str, &[&str])| {
        (
            id.to_owned(),
            names.iter().map(|name| (*name).to_owned()).collect(),
        )
    };
    let dialogues: [(&str, &[&str]); 5] = [
        ("rabat", &["Rabat Process", "Processus de Rabat"]),
        ("khartoum", &["Khartoum Process"]),
        ("jvap", &["JVAP"]),
        ("c2c-mmd", &["C2C MMD"]),
        ("atlas", &["Atlas Dialogue", "Dialogue de l'Atlas"]),
    ];
    vocabulary.set_dialogues(dialogues.map(named));
    let options = Options {
        posted: None,
        dialogue: None,
        vocabulary: &vocabulary,
        parties: &BuiltIn,
    };
    draft(text, &options).unwrap()
}

/// A fact: post, kind, event, value.
type Fact = (usize, String, String, String);

/// Every fact that is proposed, in the words of the answer files.
fn facts(draft: &Draft) -> BTreeSet<Fact> {
    draft
        .posts
        .iter()
        .enumerate()
        .flat_map(|(at, post)| of_post(at + 1, post))
        .collect()
}

fn of_post(number: usize, post: &Post) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |kind: &str, event: &str, value: String| {
        facts.push((
            number,
            kind.to_owned(),
            event.to_owned(),
            value.to_lowercase(),
        ))
    };
    let kind_of = |id: &str| {
        let found = post.proposals.iter().find(|proposal| proposal.id == id);
        match found.map(|proposal| &proposal.record) {
            Some(Body::Event(event)) => event.kind.clone(),
            _ => "-".to_owned(),
        }
    };
    for proposal in &post.proposals {
        match &proposal.record {
            Body::Event(event) => of_event(event, &kind_of, &mut add),
            Body::Claim(claim) => {
                let sign = match claim.qualifier {
                    Qualifier::AtLeast => ">=",
                    Qualifier::About => "~",
                    Qualifier::Exact | Qualifier::Expected => "=",
                };
                let value = claim
                    .value
                    .map_or("?".to_owned(), |value| value.to_string());
                let total = claim
                    .total
                    .map_or(String::new(), |total| format!("/{total}"));
                let period = if claim.period.is_empty() {
                    String::new()
                } else {
                    format!("@{}", claim.period)
                };
                add(
                    "claim",
                    &kind_of(&claim.event),
                    format!("{}{sign}{value}{total}{period}", claim.measure),
                );
            }
            Body::Takeaway(it) => add(
                "takeaway",
                &kind_of(&it.event),
                format!("{} {}", it.number, it.text),
            ),
            Body::Instrument(it) if !it.symbol.is_empty() => {
                add("instrument", "-", format!("{} {}", it.kind, it.symbol))
            }
            Body::Instrument(it) => add(
                "instrument",
                "-",
                format!(
                    "{} {} ({}) {} {}",
                    it.kind,
                    it.number.unwrap(),
                    it.session.unwrap(),
                    it.year.unwrap(),
                    it.title
                ),
            ),
            Body::Theme(it) => add("theme", "-", it.theme.clone()),
            Body::Link(it) => add("link", "-", it.url.clone()),
            // Who is not in the record yet is no fact of the post's: it follows from the roles.
            Body::Party(_) => {}
        }
    }
    facts
}

fn of_event(
    event: &Event,
    kind_of: &impl Fn(&str) -> String,
    add: &mut impl FnMut(&str, &str, String),
) {
    let kind = event.kind.as_str();
    add("event", kind, event.title.clone());
    let mut dialogues = event.dialogues.clone();
    dialogues.sort();
    if !dialogues.is_empty() {
        add("dialogues", kind, dialogues.join("+"));
    }
    if let Some(ordinal) = event.ordinal {
        add("ordinal", kind, ordinal.to_string());
    }
    if let Some(start) = &event.start {
        let end = event
            .end
            .as_ref()
            .map_or(String::new(), |end| format!("/{}", end.value));
        let value = if start.value.is_empty() {
            format!("\"{}\"", start.as_written)
        } else {
            format!("{}{end}", start.value)
        };
        add("date", kind, value);
    }
    if let Some(place) = &event.place {
        add("place", kind, format!("{},{}", place.name, place.country));
    }
    for role in &event.roles {
        let who = if role.party.is_empty() {
            &role.written
        } else {
            &role.party
        };
        add("role", kind, format!("{}:{who}", role.role));
    }
    for item in &event.agenda {
        add("agenda", kind, item.title.clone());
    }
    if let Some(parent) = &event.parent {
        add("parent", kind, kind_of(parent));
    }
}

/// The answers: for each fact, the values that are right.
fn answers(file: &str) -> Vec<(usize, String, String, Vec<String>)> {
    let lines = file
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let answer = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let values = cells[3].split('|').map(str::to_lowercase).collect();
        (
            cells[0].parse().unwrap(),
            cells[1].to_owned(),
            cells[2].to_owned(),
            values,
        )
    };
    lines.map(answer).collect()
}

#[derive(Default)]
struct Score {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong).max(1) as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed).max(1) as f64
    }
}

/// The score over all kinds; prints it by kind, with what is wrong and what is missed.
fn score(name: &str, text: &str, file: &str) -> Score {
    let mut left = facts(&read(text));
    let mut kinds: BTreeMap<String, Score> = BTreeMap::new();
    for (post, kind, event, values) in answers(file) {
        let found = values
            .iter()
            .map(|value| (post, kind.clone(), event.clone(), value.clone()))
            .find(|fact| left.contains(fact));
        let score = kinds.entry(kind.clone()).or_default();
        match found {
            Some(fact) => {
                left.remove(&fact);
                score.right += 1;
            }
            None => {
                println!("missed  {post} {kind} {event}: {}", values[0]);
                score.missed += 1;
            }
        }
    }
    for (post, kind, event, value) in left {
        println!("wrong   {post} {kind} {event}: {value}");
        kinds.entry(kind).or_default().wrong += 1;
    }
    println!("{name:<12} right wrong missed precision recall");
    let mut all = Score::default();
    for (kind, score) in &kinds {
        print_row(kind, score);
        all.right += score.right;
        all.wrong += score.wrong;
        all.missed += score.missed;
    }
    print_row("all", &all);
    all
}

fn print_row(kind: &str, score: &Score) {
    let Score {
        right,
        wrong,
        missed,
    } = score;
    println!(
        "{kind:<12} {right:>5} {wrong:>5} {missed:>6} {:>9.3} {:>6.3}",
        score.precision(),
        score.recall()
    );
}

#[test]
fn the_seed_is_read_as_a_careful_reader_reads_it() {
    let score = score("seed", SEED, include_str!("score/seed.answers"));
    assert!(score.right + score.missed > 150, "the answers are there");
    assert!(
        score.precision() >= 0.9,
        "precision {:.3}",
        score.precision()
    );
    assert!(score.recall() >= 0.8, "recall {:.3}", score.recall());
}

#[test]
fn the_rules_hold_for_posts_of_other_agencies() {
    let score = score("others", OTHERS, include_str!("score/others.answers"));
    assert!(
        score.precision() >= 0.9,
        "precision {:.3}",
        score.precision()
    );
    assert!(score.recall() >= 0.8, "recall {:.3}", score.recall());
    let draft = read(OTHERS);
    assert_eq!(draft.posts.len(), 6);
    assert_eq!(draft.posts[1].language, "fr");
    assert!(
        draft.posts[5].proposals.is_empty(),
        "a post that says nothing: {:?}",
        draft.posts[5].proposals
    );
}

/// Facts that other sources give and the posts do not: see `seed_facts` in the answers' head.
#[test]
fn what_the_posts_do_not_say_is_not_found_in_them() {
    let facts = facts(&read(SEED));
    let said = |kind: &str, words: &str| {
        facts
            .iter()
            .find(|(_, own, _, value)| own == kind && value.contains(words))
    };
    for (kind, words) in [
        // Days and years of meetings, known from other pages.
        ("date", "2024"),
        ("date", "05-15"),
        ("date", "06-20"),
        ("date", "07-18"),
        ("date", "2025"),
        // Places: Praia, Geneva, Tashkent are nowhere written; the routes' meetings have none.
        ("place", "praia"),
        ("place", "geneva"),
        ("place", "tashkent"),
        // Nigeria is the next chair, whom the post does not name; and reference country of Area 1.
        ("role", ":ng"),
        ("role", "reference-country"),
        ("claim", "countries=33"),
        ("claim", "countries=53"),
        ("claim", "actions=21"),
        ("claim", "participants>=100"),
        ("claim", "participants>=150"),
        ("claim", "=17"),
        ("instrument", "117"),
        ("event", "75th"),
    ] {
        assert_eq!(said(kind, words), None);
    }
    let joint = facts
        .iter()
        .find(|(post, kind, event, _)| *post == 1 && kind == "place" && event == "other");
    assert_eq!(joint, None, "where the Joint Board meets is not stated");
}

#[test]
fn the_traps_of_the_seed() {
    let draft = read(SEED);
    assert_eq!(draft.posts.len(), 11);
    let all: Vec<_> = draft
        .posts
        .iter()
        .flat_map(|post| &post.proposals)
        .collect();

    // Furniture is no part of any post.
    for furniture in [
        "1,704 followers",
        "To view or add",
        "More Relevant Posts",
        "Rabat Process’ Post",
    ] {
        assert!(SEED.contains(furniture));
        assert!(
            draft
                .posts
                .iter()
                .all(|post| !post.text.contains(furniture)),
            "{furniture}"
        );
    }

    // Links are kept letter for letter; the mirror's address is decoded and nothing is fetched.
    let links: Vec<_> = all
        .iter()
        .filter_map(|p| {
            if let Body::Link(link) = &p.record {
                Some(link)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(links.len(), 9);
    assert!(links.iter().all(|link| SEED.contains(&link.url)));
    assert!(
        links
            .iter()
            .any(|link| link.resolved == "https://www.refworld.org")
    );

    // 61 hashtags, ignoring case; those that are names of people are no themes.
    let tags: BTreeSet<String> = draft
        .posts
        .iter()
        .flat_map(|post| &post.hashtags)
        .map(|tag| tag.to_lowercase())
        .collect();
    assert_eq!(tags.len(), 61);
    assert!(tags.contains("vladimir") && tags.contains("gjorgjiev"));
    let themes: BTreeMap<&str, &str> = all
        .iter()
        .filter_map(|p| {
            if let Body::Theme(it) = &p.record {
                Some((it.hashtag.as_str(), it.theme.as_str()))
            } else {
                None
            }
        })
        .collect();
    assert!(
        !themes
            .keys()
            .any(|tag| ["Vladimir", "Gjorgjiev", "IOM", "EU", "DTenV"].contains(tag))
    );
    assert_eq!(themes["LaborMigration"], themes["labourmigration"]);
    assert_eq!(
        (themes["thb"], themes["terugkeer"], themes["migratie"]),
        ("trafficking", "return", "migration")
    );
    assert_eq!(themes["rootcauses"], "root-causes");

    // People are mentioned; they have no roles.
    let mentioned: Vec<&str> = draft
        .posts
        .iter()
        .flat_map(|post| post.mentions.iter().map(String::as_str))
        .collect();
    assert!(
        mentioned.contains(&"Reşat Ö.")
            && mentioned.contains(&"Resat Ozkan")
            && mentioned.contains(&"Marta Feio")
    );
    let roles = facts(&draft)
        .into_iter()
        .filter(|(_, kind, _, _)| kind == "role");
    for (_, _, _, role) in roles {
        for person in [
            "albert",
            "feio",
            "giordani",
            "gjorgjiev",
            "busatti",
            "engering",
            "gray",
            "garlick",
            "keegan",
            "kitimbo",
        ] {
            assert!(!role.contains(person), "{role}");
        }
    }

    // 22 + 30 recommendations, of which "many concrete recommendations" is none, nor are the 7 takeaways.
    let claims: Vec<_> = all
        .iter()
        .filter_map(|p| {
            if let Body::Claim(claim) = &p.record {
                Some(claim)
            } else {
                None
            }
        })
        .collect();
    let sum = |measure: &str| {
        claims
            .iter()
            .filter(|claim| claim.measure == measure)
            .filter_map(|claim| claim.value)
            .sum::<i64>()
    };
    assert_eq!(
        (
            sum("recommendations"),
            sum("takeaways"),
            sum("participants")
        ),
        (52, 7, 271)
    );
    assert!(
        claims
            .iter()
            .any(|claim| claim.measure == "recommendations" && claim.value.is_none())
    );
    assert_eq!(
        all.iter()
            .filter(|p| matches!(p.record, Body::Takeaway(_)))
            .count(),
        7
    );
}

#[test]
fn the_day_of_posting_gives_the_rest_of_a_date() {
    let vocabulary = Vocabulary::built_in();
    let dates = |text: &str, posted: &str| {
        let options = Options {
            posted: Some(posted.parse().unwrap()),
            dialogue: Some("rabat"),
            vocabulary: &vocabulary,
            parties: &BuiltIn,
        };
        let draft = draft(text, &options).unwrap();
        let event = draft.posts[0]
            .proposals
            .iter()
            .find_map(|p| {
                if let Body::Event(event) = &p.record {
                    Some(event.clone())
                } else {
                    None
                }
            })
            .expect(text);
        (
            event.start.map(|date| date.value).unwrap_or_default(),
            event.end.map(|date| date.value).unwrap_or_default(),
        )
    };
    for (text, posted, start, end) in [
        (
            "The Steering Committee meets in Lisbon on 16 and 17 October.",
            "2024-10-08",
            "2024-10-16",
            "2024-10-17",
        ),
        (
            "The Steering Committee met on 28 December.",
            "2025-01-10",
            "2024-12-28",
            "",
        ),
        (
            "A webinar will be held on 3 January.",
            "2024-12-20",
            "2025-01-03",
            "",
        ),
        (
            "One month ago, the Senior Officials Meeting was held in Rabat.",
            "2024-03-01",
            "2024-02",
            "",
        ),
        (
            "Today the Executive Committee adopted a conclusion.",
            "2024-10-18",
            "2024-10-18",
            "",
        ),
        (
            "This week we held a workshop on data.",
            "2024-06-12",
            "2024-06",
            "",
        ),
        (
            "This week we held a workshop on data.",
            "2024-07-31",
            "",
            "",
        ),
        (
            "Un webinaire a eu lieu la semaine dernière.",
            "2024-06-12",
            "2024-06",
            "",
        ),
        (
            "Un atelier sur les données s'est tenu il y a deux mois.",
            "2024-06-12",
            "2024-04",
            "",
        ),
        (
            "Last year's summit: the 6th EU-AU Summit was held last year.",
            "2023-05-02",
            "2022",
            "",
        ),
        (
            "The workshop was held from 30 September to 2 October 2024.",
            "2024-10-08",
            "2024-09-30",
            "2024-10-02",
        ),
        (
            "The workshop was held on 31 February 2024.",
            "2024-10-08",
            "2024-02",
            "",
        ),
        (
            "The roundtable took place on 2024-05-06.",
            "2024-10-08",
            "2024-05-06",
            "",
        ),
        (
            "L'atelier aura lieu le 1er juin.",
            "2024-04-08",
            "2024-06-01",
            "",
        ),
    ] {
        assert_eq!(
            dates(text, posted),
            (start.to_owned(), end.to_owned()),
            "{text}"
        );
    }
}
