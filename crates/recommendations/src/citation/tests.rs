use proptest::prelude::*;

use super::*;

fn scheme(name: &str) -> &'static Scheme {
    Scheme::named(name).unwrap()
}

fn print(name: &str, text: &str) -> String {
    let citation = scheme(name)
        .parse(text)
        .unwrap_or_else(|| panic!("{name} does not read {text:?}"));
    scheme(name).print(&citation).unwrap()
}

#[test]
fn what_people_write_is_read() {
    for (name, printed, written) in [
        (
            "excom",
            "No. 112 (LXVII) 2016",
            &[
                "112(LXVII)",
                "112 (LXVII)",
                "no. 112(LXVII) of 2016",
                "No. 112 (LXVII) 2016",
                "No 112 (lxvii) – 2016",
                "Conclusion No. 112 (LXVII), 2016",
                "ExCom Conclusion no.112(LXVII)",
                "112 LXVII 2016",
                "112—LXVII",
                "N° 112 (LXVII)",
                "  no.\u{a0}112 ( LXVII ) 2016. ",
                "No. 112 of 2016",
            ][..],
        ),
        (
            "excom",
            "No. 114 (LXVIII) 2017",
            &["no. 114 (LXVIII) of 2017"],
        ),
        (
            "excom",
            "No. 117 (LXXV) 2024, para. (b)",
            &["117 (LXXV), paragraph (b)", "No. 117 (LXXV) 2024 para (b)"],
        ),
        (
            "cbd",
            "XIII/25 para 2(b)",
            &[
                "XIII/25 para 2(b)",
                "xiii / 25 paragraph 2 (b)",
                "Decision XIII/25, para. 2(b)",
                "CBD/COP/DEC/XIII/25 para 2(b)",
                "13/25 para 2(b)",
                "XIII–25 para 2(b)",
            ],
        ),
        (
            "unfccc",
            "14/CP.21",
            &[
                "14/CP.21",
                "14/cp 21",
                "Decision 14 / CP.21",
                "14-CP-21",
                "14/CP21",
            ],
        ),
        (
            "cites",
            "17.57 (Rev. CoP18)",
            &[
                "17.57 (Rev. CoP18)",
                "17.57 rev cop18",
                "Decision 17.57 (rev. CoP 18)",
                "17. 57 (Rev.CoP18)",
            ],
        ),
        ("cites", "17.57", &["17.57", "Res. Conf. 17.57"]),
        (
            "generic",
            "RP/C/2024/1/R.14",
            &[
                "RP/C/2024/1/R.14",
                "rp / c / 2024 / 1 / r14",
                "RP-C-2024-1-R.14",
            ],
        ),
        (
            "generic",
            "C2C-MMD/DEC/2023/2",
            &[
                "C2C-MMD/DEC/2023/2",
                "c2c-mmd-dec-2023-2",
                "C2C–MMD/Dec/2023/2",
            ],
        ),
        ("generic", "RP/TM/2024/1", &["RP/TM/2024/1"]),
    ] {
        for text in written {
            assert_eq!(print(name, text), printed, "{text:?}");
        }
    }
}

#[test]
fn what_is_no_citation_is_not_read() {
    for (name, texts) in [
        (
            "excom",
            &[
                "",
                "112",
                "LXVII",
                "112 (67",
                "112 ()",
                "112 (LXVII) 12",
                "112 (IIII)",
                "note 112 (LXVII)",
                "112 (LXVII) and more",
                "99999999999 (LXVII)",
                "0 (LXVII)",
            ][..],
        ),
        (
            "cbd",
            &[
                "25",
                "XIII",
                "XIII/",
                "/25",
                "XIIII/25",
                "XIII/25 para",
                "0/25",
            ],
        ),
        ("unfccc", &["14", "CP.21", "14/CP", "14/CMP.3", "14/CP.0"]),
        ("cites", &["17", "17.", ".57", "17.57 (Rev.)", "0.57"]),
        (
            "generic",
            &[
                "RP",
                "RP/C/2024",
                "RP/C/24/1",
                "/C/2024/1",
                "RP//2024/1",
                "RP/C/2024/x",
                "RP/C/2024/1/R.",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(scheme(name).parse(text), None, "{name}: {text:?}");
        }
    }
    assert_eq!(scheme("excom").parse(&"1".repeat(1_000)), None);
}

#[test]
fn a_session_is_held_in_its_year() {
    let excom = scheme("excom");
    let read = |text: &str| excom.parse(text).unwrap();
    assert_eq!(excom.warning(&read("112 (LXVII) 2016")), None);
    assert_eq!(excom.warning(&read("112 (LXVII)")), None);
    let warning = excom.warning(&read("112 (LXVII) 2017")).unwrap();
    assert_eq!(warning, "session LXVII (67) was in 2016, not in 2017");
    assert_eq!(excom.completed(read("117 (LXXV)")).year, 2024);
    let cites = scheme("cites");
    assert!(
        cites
            .warning(&cites.parse("17.57 (Rev. CoP17)").unwrap())
            .is_some()
    );
    assert!(
        cites
            .warning(&cites.parse("17.57 (Rev. CoP18)").unwrap())
            .is_none()
    );
}

#[test]
fn a_number_that_lacks_a_part_says_which() {
    for (name, missing) in [
        ("excom", "session"),
        ("cbd", "session"),
        ("unfccc", "session"),
        ("cites", "session"),
        ("generic", "year"),
    ] {
        let citation = Citation {
            number: 1,
            dialogue: "RP".into(),
            kind: "C".into(),
            ..Citation::default()
        };
        assert_eq!(scheme(name).print(&citation), Err(missing), "{name}");
    }
}

#[test]
fn elements_are_cited_below_their_instrument() {
    for (name, instrument, path, element) in [
        ("generic", "RP/C/2024/1", "R.14", "RP/C/2024/1/R.14"),
        ("generic", "RP/C/2024/1", "14", "RP/C/2024/1/R.14"),
        ("generic", "RP/C/2024/1", "2(b)", "RP/C/2024/1/para 2(b)"),
        ("cbd", "XIII/25", "2(b)", "XIII/25 para 2(b)"),
        ("excom", "No. 112 (LXVII) 2016", "", "No. 112 (LXVII) 2016"),
        ("excom", "", "1", ""),
    ] {
        assert_eq!(scheme(name).element(instrument, path), element);
    }
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        proptest::string::string_regex("[1-9][0-9]{0,2}(\\([a-z]\\)(\\([ivx]{1,3}\\))?)?").unwrap()
    ]
}

/// Any citation that a scheme can print.
fn cited() -> impl Strategy<Value = (&'static Scheme, Citation)> {
    (
        0..SCHEMES.len(),
        1..10_000_u32,
        1..200_u32,
        1950..2200_u32,
        0..300_u32,
        path(),
    )
        .prop_map(|(which, number, session, year, revision, path)| {
            let scheme = SCHEMES[which];
            let mut citation = Citation {
                number,
                path,
                ..Citation::default()
            };
            match scheme.name {
                "excom" => (citation.year, citation.session) = (year, year - 1949),
                "cites" => (citation.session, citation.revision) = (session, revision),
                "generic" => {
                    (citation.dialogue, citation.kind, citation.year) =
                        ("C2C-MMD".into(), "DEC".into(), year);
                    // A bare number is the number of a recommendation, and is read back as one.
                    if citation.path.bytes().all(|b| b.is_ascii_digit())
                        && !citation.path.is_empty()
                    {
                        citation.path = format!("R.{}", citation.path);
                    }
                }
                _ => citation.session = session,
            }
            (scheme, citation)
        })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back((scheme, citation) in cited()) {
        let printed = scheme.print(&citation).unwrap();
        prop_assert_eq!(scheme.parse(&printed), Some(citation.clone()), "{}", printed);
        // Case, spaces and kinds of dashes mean nothing.
        let loose = printed.to_lowercase().replace('-', "\u{2013}").replace(' ', "\u{a0}  ");
        prop_assert_eq!(scheme.parse(&loose), Some(citation), "{}", loose);
        prop_assert_eq!(fold(&printed), fold(&loose));
    }

    #[test]
    fn any_text_is_read_without_harm(text in any::<String>(), near in "[0-9ivxlcIVXLC/.() -]{0,20}") {
        for scheme in SCHEMES {
            for text in [&text, &near] {
                if let Some(citation) = scheme.parse(text) {
                    prop_assert!(citation.number > 0);
                }
            }
        }
    }
}
