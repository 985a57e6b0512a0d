//! What figures count.

/// A noun as a pattern, and what the record calls it.
pub(crate) const MEASURES: &[(&str, &str)] = &[
    (
        r"participants?(?:·e·s|\(e\)s)?|participantes|attendees|delegates|délégué(?:·e)?s",
        "participants",
    ),
    (r"member states|états membres", "member_states"),
    (r"countries|nations|pays", "countries"),
    (r"recommendations|recommandations", "recommendations"),
    (
        r"takeaways|take-aways|key messages|messages clés|enseignements",
        "takeaways",
    ),
    (r"conclusions", "conclusions"),
    (r"areas|domaines", "areas_addressed"),
    (r"objectives|objectifs", "objectives_addressed"),
    (r"actions", "actions_addressed"),
    (r"organi[sz]ations|organisations", "organisations"),
    (r"experts?|expertes", "experts"),
    (r"officials|fonctionnaires|agents", "officials"),
    (r"trainees|stagiaires", "trainees"),
    (r"speakers|intervenants|orateurs", "speakers"),
    (r"refugees|réfugiés", "refugees"),
    (r"migrants", "migrants"),
    (r"returnees", "returnees"),
    (r"households|ménages", "households"),
    (r"pledges|engagements", "pledges"),
];

/// Measures that are met out of a number only when the text says so: without "of", they are just so many.
pub(crate) const OF_A_PLAN: &[(&str, &str)] = &[
    ("areas_addressed", "areas"),
    ("objectives_addressed", "objectives"),
    ("actions_addressed", "actions"),
];

/// Words before a figure that say how exact it is.
pub(crate) const AT_LEAST: &str = r"(?i)\b(?:more than|over|at least|plus d[e']|au moins)\s*$";
/// The same, for about.
pub(crate) const ABOUT: &str = r"(?i)\b(?:about|around|approximately|nearly|almost|some|close to|up to|environ|près de|quelque|presque)\s*$";
/// Words that say that a number is there and not which.
pub(crate) const MANY: &str = r"many|numerous|several|various|plusieurs|de nombreuses|de nombreux";
