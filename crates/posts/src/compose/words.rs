//! The words of posts in both languages.

use super::{Figure, Item, Meeting, Quoted};

/// Measure, English, French; with `{}` for "out of" where the figure has a total.
const MEASURES: &[(&str, &str, &str)] = &[
    ("participants", "participants", "participants"),
    ("countries", "countries", "pays"),
    ("member_states", "member states", "États membres"),
    ("organisations", "organisations", "organisations"),
    ("recommendations", "recommendations", "recommandations"),
    ("takeaways", "policy takeaways", "points à retenir"),
    ("conclusions", "conclusions", "conclusions"),
    ("areas_addressed", "areas addressed", "domaines abordés"),
    (
        "objectives_addressed",
        "objectives addressed",
        "objectifs abordés",
    ),
    ("actions_addressed", "actions addressed", "actions abordées"),
    ("areas", "areas", "domaines"),
    ("objectives", "objectives", "objectifs"),
    ("actions", "actions", "actions"),
    ("experts", "experts", "experts"),
    ("officials", "officials", "fonctionnaires"),
    ("speakers", "speakers", "intervenants"),
    ("days", "days", "jours"),
];

/// Role, English and French for one, English and French for several.
const ROLES: &[(&str, [&str; 2], [&str; 2])] = &[
    ("chair", ["Chair", "Présidence"], ["Chairs", "Présidence"]),
    (
        "co-chair",
        ["Co-chair", "Coprésidence"],
        ["Co-chairs", "Coprésidence"],
    ),
    (
        "co-organiser",
        ["Organiser", "Organisation"],
        ["Co-organisers", "Coorganisation"],
    ),
    ("host", ["Host", "Hôte"], ["Hosts", "Hôtes"]),
    ("co-host", ["Co-host", "Cohôte"], ["Co-hosts", "Cohôtes"]),
    ("lead", ["Lead", "Animation"], ["Leads", "Animation"]),
    (
        "partner",
        ["Partner", "Partenaire"],
        ["Partners", "Partenaires"],
    ),
    (
        "supporter",
        ["With the support of", "Avec le soutien de"],
        ["With the support of", "Avec le soutien de"],
    ),
    (
        "funder",
        ["Funded by", "Financement"],
        ["Funded by", "Financement"],
    ),
    (
        "rapporteur",
        ["Rapporteur", "Rapporteur"],
        ["Rapporteurs", "Rapporteurs"],
    ),
    (
        "reference-country",
        ["Reference country", "Pays de référence"],
        ["Reference countries", "Pays de référence"],
    ),
    (
        "speaker",
        ["Speaker", "Intervention"],
        ["Speakers", "Interventions"],
    ),
    (
        "participant",
        ["Participant", "Participation"],
        ["Participants", "Participation"],
    ),
];

/// `at least 100 participants`; none where nobody gave a number.
pub(super) fn figure(figure: &Figure, french: bool) -> Option<String> {
    let value = thousands(figure.value?, french);
    let key = if figure.unit.is_empty() {
        &figure.measure
    } else {
        &figure.unit
    };
    let known = MEASURES.iter().find(|(measure, _, _)| measure == key);
    let noun = known.map_or_else(
        || key.replace('_', " "),
        |(_, english, fr)| (if french { *fr } else { *english }).to_owned(),
    );
    let number = match (figure.total, french) {
        (Some(total), false) => format!("{value} of {}", thousands(total, french)),
        (Some(total), true) => format!("{value} sur {}", thousands(total, french)),
        (None, _) => value,
    };
    let how = match (figure.qualifier.as_str(), french) {
        ("at-least", false) => "at least ",
        ("at-least", true) => "au moins ",
        ("about", false) => "about ",
        ("about", true) => "environ ",
        _ => "",
    };
    let end = match (figure.qualifier.as_str(), french) {
        ("expected", false) => " expected",
        ("expected", true) => " (nombre attendu)",
        _ => "",
    };
    Some(format!("{how}{number} {noun}{end}"))
}

fn thousands(value: i64, french: bool) -> String {
    let digits = value.unsigned_abs().to_string();
    let separator = if french { '\u{202F}' } else { ',' };
    let mut out = if value < 0 {
        "-".to_owned()
    } else {
        String::new()
    };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// A footnote: the name of the claim, the words, and whose they are.
pub(super) fn note(
    claim: &str,
    from: &Quoted,
    french: bool,
    safe: impl Fn(&str) -> String,
) -> String {
    let quote = match (from.quote.is_empty(), french) {
        (true, _) => String::new(),
        (false, false) => format!(": “{}”", safe(&from.quote)),
        (false, true) => format!(" : «\u{A0}{}\u{A0}»", safe(&from.quote)),
    };
    let source = if from.source.is_empty() {
        String::new()
    } else {
        format!(" ({})", safe(&from.source))
    };
    format!("{}{quote}{source}", safe(claim))
}

/// `A, B and C`.
pub(super) fn all(names: &[String], french: bool) -> String {
    let and = if french { " et " } else { " and " };
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{}{and}{last}", first.join(", ")),
    }
}

/// Each role with its names, in the order of the table.
pub(super) fn roles(
    meeting: &Meeting,
    french: bool,
    item: impl Fn(&Item) -> String,
) -> Vec<(String, String)> {
    let row = |(role, one, several): &(&str, [&str; 2], [&str; 2])| {
        let mut names: Vec<String> = Vec::new();
        for (_, name) in meeting.roles.iter().filter(|(own, _)| own == role) {
            let name = item(name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let label = if names.len() > 1 { several } else { one }[usize::from(french)];
        (!names.is_empty()).then(|| (label.to_owned(), all(&names, french)))
    };
    ROLES.iter().filter_map(row).collect()
}

/// `#LabourMigration #Mobility`: a capital letter a word, so that readers for the blind can tell the words apart.
pub(super) fn hashtags(themes: &[String]) -> String {
    let tag = |theme: &String| {
        let words = theme.split('-').map(|word| {
            let mut letters = word.chars().filter(|c| c.is_alphanumeric());
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect::<String>()
            })
        });
        format!("#{}", words.collect::<String>())
    };
    themes
        .iter()
        .filter(|theme| !theme.is_empty())
        .map(tag)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_say_how_exact_they_are_and_unknown_ones_nothing() {
        let of = |value, total, qualifier: &str, measure: &str| Figure {
            value,
            total,
            qualifier: qualifier.to_owned(),
            measure: measure.to_owned(),
            ..Figure::default()
        };
        let both = |one: &Figure| (figure(one, false), figure(one, true));
        let said =
            |english: &str, french: &str| (Some(english.to_owned()), Some(french.to_owned()));
        assert_eq!(
            both(&of(Some(12_500), None, "at-least", "participants")),
            said(
                "at least 12,500 participants",
                "au moins 12\u{202F}500 participants"
            )
        );
        assert_eq!(
            both(&of(Some(5), Some(10), "exact", "objectives_addressed")),
            said("5 of 10 objectives addressed", "5 sur 10 objectifs abordés")
        );
        assert_eq!(
            both(&of(Some(3), None, "exact", "focal_points")),
            said("3 focal points", "3 focal points")
        );
        assert_eq!(
            figure(&of(None, None, "exact", "recommendations"), false),
            None
        );
    }

    #[test]
    fn hashtags_are_made_of_themes() {
        assert_eq!(
            hashtags(&["labour-migration".into(), "sdg-8".into(), String::new()]),
            "#LabourMigration #Sdg8"
        );
    }
}
