//! Posts made of the record, kept letter for letter in `compose/`.
//!
//! `UPDATE_POSTS=1 cargo test -p rapporteur-posts --test compose` writes them anew; read the difference.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use rapporteur_posts::{Figure, Form, Item, Language, Meeting, Quoted, Style, compose};

fn item(text: &str, language: &str) -> Item {
    Item {
        text: text.to_owned(),
        language: language.to_owned(),
    }
}

fn figure(
    id: &str,
    value: Option<i64>,
    total: Option<i64>,
    qualifier: &str,
    quote: &str,
) -> Figure {
    Figure {
        claim: format!("dialogues/rabat/events/2024-lisbon-hlm#{id}"),
        measure: id.replace('-', "_"),
        value,
        total,
        qualifier: qualifier.to_owned(),
        from: Quoted {
            quote: quote.to_owned(),
            source: "sources/p03".to_owned(),
        },
        ..Figure::default()
    }
}

fn meeting() -> Meeting {
    let role = |role: &str, name: &str| (role.to_owned(), item(name, ""));
    let takeaway = |number: &str, text: &str| {
        (
            number.to_owned(),
            item(text, "en"),
            format!("dialogues/rabat/recommendations/2024-lisbon-hlm.t{number}"),
        )
    };
    Meeting {
        title: item("Joint High-level Meeting on *skills* mobility", "en"),
        dialogues: vec![item("Rabat Process", "en"), item("Khartoum Process", "en")],
        start: "2024-10-16".into(),
        end: "2024-10-17".into(),
        place: "Lisbon".into(),
        country: "PT".into(),
        held: true,
        roles: vec![
            role("co-chair", "Portugal"),
            role("co-chair", "Egypt"),
            role("host", "Portugal"),
        ],
        agenda: vec![
            item("Labour migration and mobility", "en"),
            item("Attirer les talents", "fr"),
        ],
        figures: vec![
            figure(
                "participants",
                Some(156),
                None,
                "exact",
                "156 participants joined us in Lisbon",
            ),
            figure(
                "objectives-addressed",
                Some(5),
                Some(10),
                "exact",
                "5 out of the 10 objectives",
            ),
            figure(
                "recommendations",
                None,
                None,
                "",
                "many concrete recommendations",
            ),
            figure("countries", Some(1_053), None, "at-least", ""),
        ],
        takeaways: vec![
            takeaway("1", "Rethinking what skills are in demand"),
            takeaway("2", "Ensuring worker protection"),
        ],
        themes: vec!["skills-mobility".into(), "mobility".into()],
        links: vec![
            (item("Read more", ""), "https://lnkd.in/dvQYk8sj".into()),
            (item("", ""), "https://lnkd.in/dAfd5ekD".into()),
        ],
    }
}

/// What the record has of a meeting that is only planned.
fn planned() -> Meeting {
    let mut figures = vec![figure(
        "participants",
        Some(80),
        None,
        "expected",
        "80 participants are expected",
    )];
    figures.push(figure("countries", Some(20), None, "exact", "20 countries"));
    Meeting {
        held: false,
        figures,
        takeaways: Vec::new(),
        ..meeting()
    }
}

fn check(name: &str, meeting: &Meeting, form: Form, language: Language, style: Style) {
    let text = compose(meeting, form, language, style).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/compose")
        .join(name);
    if std::env::var_os("UPDATE_POSTS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(text, kept, "{name}");
}

#[test]
fn posts_are_as_they_are_kept() {
    use Form::{Announcement, ReportOut, Takeaways};
    use Language::{English, French};
    use Style::{Markdown, Plain};
    check(
        "announcement.en.md",
        &planned(),
        Announcement,
        English,
        Markdown,
    );
    check(
        "announcement.fr.md",
        &planned(),
        Announcement,
        French,
        Markdown,
    );
    check("report-out.en.md", &meeting(), ReportOut, English, Markdown);
    check("report-out.fr.md", &meeting(), ReportOut, French, Markdown);
    check("takeaways.en.md", &meeting(), Takeaways, English, Markdown);
    check("takeaways.fr.md", &meeting(), Takeaways, French, Markdown);
    check("report-out.fr.txt", &meeting(), ReportOut, French, Plain);
    check(
        "announcement.en.txt",
        &planned(),
        Announcement,
        English,
        Plain,
    );
}

#[test]
fn what_the_record_does_not_say_is_left_out() {
    let bare = Meeting {
        title: item("Meeting", "en"),
        ..Meeting::default()
    };
    let text = |form| compose(&bare, form, Language::English, Style::Plain).unwrap();
    assert_eq!(text(Form::Announcement), "Meeting\n");
    assert_eq!(text(Form::Takeaways), "Meeting\n");
    assert_eq!(
        text(Form::ReportOut),
        "Meeting\n\nThe record does not say that it was held.\n"
    );
}

#[test]
fn nothing_of_the_record_becomes_markup_or_steers_a_terminal() {
    let mut hostile = meeting();
    hostile.title = item("<script>\n# x [a](b) `c` \u{1b}[31m\u{202E}", "en");
    hostile.links = vec![(
        item("[x](javascript:1)", ""),
        "https://a.example/>\n# y".into(),
    )];
    hostile.figures[0].from.quote = "a\n\n[^1]: b".into();
    let text = compose(
        &hostile,
        Form::ReportOut,
        Language::English,
        Style::Markdown,
    )
    .unwrap();
    assert!(
        text.starts_with("# \\<script\\> \\# x \\[a\\](b) \\`c\\` \\[31m\n"),
        "{text}"
    );
    assert!(
        text.contains("- \\[x\\](javascript:1): <https://a.example/#y>\n"),
        "{text}"
    );
    assert!(text.contains("“a \\[^1\\]: b”"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202E}']));
}
