//! The handover pack, of an answer made by hand: the same bytes each time, no text that does anything, and a
//! page that a browser shows without asking anybody.

// Helpers of tests may fail as tests do; the exception in clippy.toml covers only test functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "pack/record.rs"]
mod record;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rapporteur_cli::{Edition, pack};
use rapporteur_proto::gateway::v1::Handover;
use serde_json::Value;

fn files(handover: &Handover, language: Option<&str>) -> BTreeMap<&'static str, String> {
    let edition = Edition {
        language,
        public: true,
    };
    pack(handover, edition).unwrap().into_iter().collect()
}

#[test]
fn the_same_answer_gives_the_same_bytes() {
    let handover = record::handover();
    let first = files(&handover, Some("en"));
    // Maps of texts have another order in each message that is made anew.
    let again: Handover =
        rapporteur_proto::from_json(serde_json::from_str(&first["handover.json"]).unwrap())
            .unwrap();
    assert_eq!(again, handover);
    for _ in 0..3 {
        assert_eq!(files(&again, Some("en")), first);
    }
    // Nor does the order matter in which lists came.
    let mut turned = handover.clone();
    turned.open.reverse();
    turned.promised.reverse();
    turned.planned.reverse();
    turned.gaps.reverse();
    turned.dues.reverse();
    let turned = files(&turned, Some("en"));
    for name in [
        "handover.html",
        "handover.md",
        "open-items.csv",
        "commitments.csv",
        "planned.csv",
        "gaps.csv",
    ] {
        assert_eq!(turned[name], first[name], "{name}");
    }
    let names: Vec<&str> = first.keys().copied().collect();
    assert_eq!(
        names,
        [
            "commitments.csv",
            "gaps.csv",
            "handover.html",
            "handover.json",
            "handover.md",
            "open-items.csv",
            "planned.csv"
        ]
    );
}

/// Puts `words` into every text of a message in JSON; enum values stay what they are.
fn spoil(value: &mut Value, words: &str) {
    match value {
        Value::String(text) => {
            let is_word = text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            let is_number = text.bytes().all(|b| b.is_ascii_digit());
            if text.is_empty() || !is_word || (!text.contains('_') && !is_number) {
                *text = format!("{words}{text}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, words)),
        Value::Object(fields) => fields.values_mut().for_each(|field| spoil(field, words)),
        _ => {}
    }
}

fn spoiled(words: &str) -> Handover {
    let mut json =
        serde_json::from_str(&files(&record::handover(), None)["handover.json"]).unwrap();
    spoil(&mut json, words);
    rapporteur_proto::from_json(json).unwrap()
}

#[test]
fn no_text_is_markup() {
    let evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";
    let handover = spoiled(evil);
    assert!(handover.open[0].text.as_ref().unwrap().by_language["en"].contains("<script>"));
    let files = files(&handover, None);
    let page = files["handover.html"].to_ascii_lowercase();
    assert!(
        page.contains("&#60;script&#62;"),
        "the text itself is shown"
    );
    for never in [
        "<script",
        "<img",
        "onerror=alert(1)>",
        "<iframe",
        "javascript:",
    ] {
        assert!(!page.contains(never), "{never}");
    }
    assert!(!files["handover.md"].contains("<script"));
    // Nor does the record break out of an attribute: each of the page's own tags is one of these.
    let known = [
        "!doctype",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "svg",
        "defs",
        "pattern",
        "rect",
        "line",
        "header",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "div",
        "small",
        "b",
        "bdi",
        "span",
        "time",
        "dl",
        "dt",
        "dd",
        "nav",
        "ol",
        "ul",
        "li",
        "a",
        "main",
        "section",
        "figure",
        "figcaption",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "br",
        "q",
        "desc",
        "text",
        "tspan",
        "circle",
        "g",
    ];
    for tag in page.split('<').skip(1) {
        let tag: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '!')
            .collect();
        assert!(known.contains(&tag.as_str()), "<{tag}");
    }
}

#[test]
fn no_text_steers_or_turns_the_page() {
    let files = files(&spoiled("\u{202e}\u{1b}[2J\u{2066}"), None);
    for (name, text) in files.iter().filter(|(name, _)| **name != "handover.json") {
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{1b}']), "{name}");
    }
}

#[test]
fn no_cell_is_a_formula() {
    for sign in ["=", "+", "-", "@"] {
        let files = files(&spoiled(&format!("{sign}HYPERLINK(1)")), None);
        let mut seen = 0;
        for name in [
            "open-items.csv",
            "commitments.csv",
            "planned.csv",
            "gaps.csv",
        ] {
            let mut reader = csv::Reader::from_reader(files[name].as_bytes());
            for row in reader.records() {
                for cell in row.unwrap().iter() {
                    assert!(!cell.starts_with(['=', '+', '-', '@']), "{name}: {cell}");
                    seen += usize::from(cell.starts_with(&format!("'{sign}")));
                }
            }
        }
        assert!(seen > 20, "{sign}: {seen}");
    }
}

#[test]
fn what_matters_is_told() {
    let files = files(&record::handover(), Some("en"));
    let page = &files["handover.html"];
    for told in [
        "Rabat Process",
        "Overdue 92 days",
        "Silent 306 days",
        "claimed, not verified: Implemented",
        "lang=\"ar\" dir=\"rtl\"",
        "7 of 10",
        "events 412, recommendations 388",
        "Not addressed yet (3)",
        "Objectives addressed in the term",
        "4 of 10",
        ">public<",
    ] {
        assert!(page.contains(told), "{told}");
    }
    // Every picture says in words what it shows.
    let pictures = page.matches("role=\"img\"").count();
    assert_eq!(pictures, 4);
    assert_eq!(page.matches("<desc id=").count(), pictures);
    // Each id is there once, and what refers to one finds it.
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|it| it.split('"').next())
        .collect();
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[..at].contains(id), "{id} is there twice");
    }
    for link in page
        .split("href=\"#")
        .skip(1)
        .filter_map(|it| it.split('"').next())
    {
        assert!(ids.contains(&link), "{link} leads nowhere");
    }
    assert!(
        files["handover.md"].starts_with("# Rabat Process: handover from Portugal to Nigeria\n")
    );
    assert_eq!(
        files["open-items.csv"].lines().count(),
        1 + record::handover().open.len()
    );
}

#[test]
fn addressees_that_stand_alike_share_a_row_of_what_is_urgent() {
    let mut handover = record::handover();
    let mut other = handover.open[1].clone();
    other.name = other.name.replace("/ma", "/ng");
    other.parties = vec!["parties/ng".into()];
    handover.open.push(other);
    let page = &files(&handover, Some("en"))["handover.html"];
    let (urgent, open) = page.split_once("id=\"progress\"").unwrap();
    assert!(urgent.contains("5 items are overdue"));
    assert!(urgent.contains("<b>2 addressees</b><br><bdi>Morocco, Nigeria</bdi>"));
    assert!(!open.contains("2 addressees"), "the list has each of them");
}

#[test]
fn nothing_to_hand_over_is_a_pack_too() {
    let files = files(&Handover::default(), None);
    assert!(files["handover.html"].contains("Nothing is overdue"));
    assert_eq!(files["gaps.csv"].lines().count(), 1);
}

#[test]
fn the_page_asks_nobody() {
    let page = &files(&record::handover(), None)["handover.html"];
    assert!(page.contains("content=\"default-src 'none'; "));
    for never in [
        "<script", "src=", "@import", "url(http", "<link", "<iframe", "style=\"",
    ] {
        assert!(!page.contains(never), "{never}");
    }
    // What a browser would fetch or follow: here only places on the page itself.
    for link in page.split("href=\"").skip(1) {
        assert!(link.starts_with('#'), "{}", &link[..40]);
    }
    assert!(!page.contains("http://") && !page.contains("https://"));
}

/// Debian's chromium, or what else it is called.
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// Runs the browser, and stops it when it takes too long.
fn browse(browser: &Path, home: &Path, flags: &[&str], page: &str) -> Output {
    let (out, err) = (home.join("out"), home.join("err"));
    let mut child = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--no-first-run",
            "--disable-background-networking",
            "--enable-logging=stderr",
            "--v=0",
        ])
        .arg(format!(
            "--user-data-dir={}",
            home.join("profile").display()
        ))
        .args(flags)
        .arg(page)
        .env("HOME", home)
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(120);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() >= end {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::yield_now();
    };
    Output {
        status,
        stdout: std::fs::read(out).unwrap(),
        stderr: std::fs::read(err).unwrap(),
    }
}

#[test]
fn a_browser_shows_the_page() {
    let Some(browser) = chromium() else {
        println!("skipped: no chromium found");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("handover.html");
    std::fs::write(
        &file,
        &files(&record::handover(), Some("en"))["handover.html"],
    )
    .unwrap();
    let page = format!("file://{}", file.display());
    // Whatever is asked for outside goes into the log of the network.
    let log = home.path().join("net.json");
    let net = format!("--log-net-log={}", log.display());
    let shown = browse(&browser, home.path(), &["--dump-dom", &net], &page);
    let said = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(shown.status.success(), "{said}");
    let tree = String::from_utf8(shown.stdout).unwrap();
    assert!(
        tree.contains("Rabat Process") && tree.contains("</html>"),
        "{tree}"
    );
    assert!(!said.contains("CONSOLE"), "{said}");
    let log = std::fs::read_to_string(log).unwrap();
    let asked: Vec<&str> = log
        .split("\"url\":\"")
        .skip(1)
        .filter_map(|it| it.split('"').next())
        .filter(|url| url.starts_with("http"))
        .collect();
    // The browser asks its maker for news of itself; the page asks nobody.
    assert!(
        asked
            .iter()
            .all(|url| url.contains("google") || url.contains("gvt1.com")),
        "{asked:?}"
    );
    let picture = home.path().join("page.png");
    let shot = format!("--screenshot={}", picture.display());
    let shown = browse(
        &browser,
        home.path(),
        &[&shot, "--window-size=1200,2400"],
        &page,
    );
    assert!(shown.status.success());
    let bytes = std::fs::read(&picture).unwrap();
    assert!(
        bytes.starts_with(b"\x89PNG") && bytes.len() > 10_000,
        "{}",
        bytes.len()
    );
    if let Some(keep) = std::env::var_os("KEEP_PACK") {
        let keep = PathBuf::from(keep);
        std::fs::create_dir_all(&keep).unwrap();
        std::fs::copy(&picture, keep.join("page.png")).unwrap();
        for (name, text) in files(&record::handover(), Some("en")) {
            std::fs::write(keep.join(name), text).unwrap();
        }
    }
}
