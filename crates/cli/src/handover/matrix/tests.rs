use rapporteur_proto::r#type::v1::CivilDate;

use super::*;

fn day(value: &str) -> Option<CivilDate> {
    Some(CivilDate {
        value: value.into(),
        ..CivilDate::default()
    })
}

fn link(name: &str, on: &str, kind: PlanLinkKind) -> CoverageProof {
    CoverageProof {
        name: name.into(),
        date: day(on),
        kind: kind.into(),
        ..CoverageProof::default()
    }
}

fn coverage() -> Coverage {
    let (addressed, planned) = (PlanLinkKind::Addressed, PlanLinkKind::Planned);
    Coverage {
        nodes: vec![CoverageNode {
            code: "5".into(),
            addressed: true,
            proof: vec![
                link("a", "2024-12-31", addressed),
                // One record counts once, however many of its links touch the node.
                link("a", "2024-12-31", addressed),
                link("b", "2025-01-01", addressed),
                link("c", "2025-06", planned),
                link("d", "2026-02-01", planned),
                link("e", "", addressed),
            ],
            ..CoverageNode::default()
        }],
        ..Coverage::default()
    }
}

fn drawn(terms: &[Term]) -> Vec<(String, &'static str, usize)> {
    let names = Names::of(&[], None);
    let matrix = matrix(1, &coverage(), terms, &names);
    let cells = matrix.rows[0].cells.iter();
    let columns = matrix.columns.iter();
    columns
        .zip(cells)
        .map(|(column, cell)| (column.below.clone(), cell.class, cell.count))
        .collect()
}

#[test]
fn a_record_counts_in_the_term_of_its_day() {
    let term = |start: &str, end: &str| Term {
        chairmanship: start.into(),
        start: day(start),
        end: day(end),
        ..Term::default()
    };
    let terms = [
        term("2001-01-01", "2001-12-31"),
        term("2024-01-01", "2024-12-31"),
        // Ends where the next begins.
        term("2025-01-01", ""),
        term("2026-01-01", "2027-06-30"),
    ];
    let found = drawn(&terms);
    let cell = |year: &str, class, count| (year.to_owned(), class, count);
    assert_eq!(
        found,
        [
            cell("2024", "addressed", 1),
            cell("2025", "addressed", 1),
            cell("2026–27", "planned", 1)
        ]
    );
}

#[test]
fn without_terms_years_are_the_columns() {
    let years: Vec<String> = drawn(&[]).into_iter().map(|(year, ..)| year).collect();
    assert_eq!(years, ["2024", "2025", "2026"]);
}

#[test]
fn a_text_is_cut_at_a_letter() {
    assert_eq!(short("Réunion conjointe", 8), "Réunion…");
    assert_eq!(short("لقاء", 4), "لقاء");
}
