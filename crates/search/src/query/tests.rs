use proptest::prelude::*;

use super::*;

struct Fixed;

impl Vocabulary for Fixed {
    fn filter(&self, field: &str, value: &str) -> Option<Result<(&'static str, Filter)>> {
        match field {
            "theme" => Some(Ok(("theme", Filter::Is("theme", value.into())))),
            "year" if value == "soon" => {
                Some(Err(Error::Query("\"soon\" is not a year".to_owned())))
            }
            "year" => Some(Ok(("year", Filter::Is("year", value.into())))),
            _ => None,
        }
    }

    fn tag(&self, tag: &str) -> Option<Filter> {
        (tag == "Return").then(|| Filter::Is("theme", "return".into()))
    }

    fn fields(&self) -> &[&'static str] {
        &["theme", "year"]
    }
}

fn read(text: &str) -> Query {
    parse(text, &Fixed).unwrap()
}

fn word(text: &str) -> Node {
    Node::Word(text.into())
}

fn theme(value: &str) -> Filter {
    Filter::Is("theme", value.into())
}

#[test]
fn words_phrases_beginnings_and_tags() {
    let query = read(r#"  Missing  "side by side" migra* #Return #Other m* * - "#);
    let expected = [
        word("Missing"),
        Node::Phrase("side by side".into()),
        Node::Beginning("migra".into()),
        Node::Tag("Return".into(), Some(theme("return"))),
        Node::Tag("Other".into(), None),
        word("m"),
    ];
    assert_eq!(query.nodes, expected);
    assert!(!query.is_wordless());
}

#[test]
fn filters_of_the_whole_are_told_apart() {
    let query = read(r#"a theme:b,c year:2021 -theme:d (theme:e OR f) theme:"g h""#);
    let any = Filter::Any(vec![theme("b"), theme("c")]);
    let year = Filter::Is("year", "2021".into());
    let expected = [("theme", any), ("year", year), ("theme", theme("g h"))];
    assert_eq!(query.filters, expected);
    let expected = [
        word("a"),
        Node::Not(Box::new(Node::Filter(theme("d")))),
        Node::Any(vec![Node::Filter(theme("e")), word("f")]),
    ];
    assert_eq!(query.nodes, expected);
    assert!(read("theme:a").is_wordless() && read("").is_wordless());
}

#[test]
fn alternatives_and_brackets() {
    let expected = [Node::Any(vec![
        Node::All(vec![word("a"), word("b")]),
        word("c"),
    ])];
    assert_eq!(read("a AND b OR c").nodes, expected);
    assert_eq!(read("(a b) | c").nodes, expected);
    let expected = [word("a"), Node::Not(Box::new(word("c"))), word("ORacle")];
    assert_eq!(read("a NOT c ORacle OR").nodes, expected);
    assert_eq!(read(") a ( ) \"\" NOT").nodes, [word("a")]);
}

#[test]
fn what_looks_like_a_field_and_is_none_is_refused_or_a_word() {
    let error = parse("teme:x", &Fixed).unwrap_err().to_string();
    assert!(
        error.contains("teme") && error.contains("theme, year"),
        "{error}"
    );
    let error = parse("year:soon", &Fixed).unwrap_err().to_string();
    assert!(error.contains("soon"), "{error}");
    for words in ["https://example.org", "10:30", "Note:x", "theme:", "a:b"] {
        assert_eq!(read(words).nodes, [word(words)], "{words}");
    }
}

#[test]
fn a_query_is_bounded() {
    let long = "a".repeat(MAX_CHARS + 1);
    let many = "a ".repeat(MAX_PARTS + 1);
    let deep = "(".repeat(MAX_DEPTH + 1);
    let values = format!("theme:{}", "a,".repeat(MAX_PARTS + 1));
    for text in [long, many, deep, values] {
        assert!(
            matches!(parse(&text, &Fixed), Err(Error::Query(_))),
            "{text}"
        );
    }
    let query = read("a\u{202E}b\u{0}c \u{2067}");
    assert_eq!(query.nodes, [word("ab"), word("c")]);
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_or_refused(text in "[ -~“\u{202E}\u{0}هé]{0,80}") {
        let _ = parse(&text, &Fixed);
    }

    #[test]
    fn so_is_what_looks_like_a_query(text in r#"(theme:|year:|OR |NOT |-|\(|\)|"|a|b |\*|#|,|\|){0,40}"#) {
        let _ = parse(&text, &Fixed);
    }
}
