//! Months, and words for days that depend on the day of posting.

/// Months, with the forms they have in posts; lower case.
pub(crate) const MONTHS: [&[&str]; 12] = [
    &["january", "janvier", "jan"],
    &["february", "février", "fevrier", "feb", "févr"],
    &["march", "mars", "mar"],
    &["april", "avril", "apr", "avr"],
    &["may", "mai"],
    &["june", "juin", "jun"],
    &["july", "juillet", "jul", "juil"],
    &["august", "août", "aout", "aug"],
    &["september", "septembre", "sept", "sep"],
    &["october", "octobre", "oct"],
    &["november", "novembre", "nov"],
    &["december", "décembre", "decembre", "dec", "déc"],
];

/// What a relative date counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
    Year,
    /// Some time to come: no day can be told.
    Coming,
}

/// Words for a day, the unit, and how many of it after the day of posting.
pub(crate) const RELATIVE: &[(&str, Unit, i32)] = &[
    (
        r"today|this (?:morning|afternoon|evening)|tonight|aujourd'hui|ce (?:matin|soir)|cet après-midi",
        Unit::Day,
        0,
    ),
    (r"yesterday|hier", Unit::Day, -1),
    (r"tomorrow|demain", Unit::Day, 1),
    (r"this week|cette semaine", Unit::Week, 0),
    (
        r"(?:last|past) week|la semaine (?:dernière|passée)",
        Unit::Week,
        -1,
    ),
    (r"next week|la semaine prochaine", Unit::Week, 1),
    (r"this month|ce mois-ci", Unit::Month, 0),
    (r"last month|le mois dernier", Unit::Month, -1),
    (r"next month|le mois prochain", Unit::Month, 1),
    (r"this year|cette année", Unit::Year, 0),
    (r"last year|l'an(?:née)? derni(?:er|ère)", Unit::Year, -1),
    (r"next year|l'an(?:née)? prochaine?", Unit::Year, 1),
    (
        r"in the (?:coming|next) (?:days|weeks|months)|in the (?:weeks|months) to come|dans les (?:jours|semaines|mois) (?:à venir|qui viennent)|dans les prochaine?s (?:jours|semaines|mois)",
        Unit::Coming,
        0,
    ),
];

/// Words before a date that make it something else than the day of an event: a deadline, a founding.
pub(crate) const NOT_THE_DAY: &str = r"(?i)(?:deadline|appl(?:y|ications?)|regist(?:er|ration)|until|before|by|since|established|founded|created|adopted|signed|launched|au plus tard|avant le|jusqu'au|depuis|créée?|fondée?|établie?|adoptée?|inscri\p{L}+)(?:\W+\p{L}+){0,6}\W*$";
