//! Days in words.

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A date as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known<'a> {
    year: &'a str,
    month: Option<usize>,
    day: Option<u8>,
}

/// `16–17 October 2024`; what cannot be read as a date stays as it is.
pub(super) fn span(start: &str, end: &str, french: bool) -> String {
    let Some(first) = read(start) else {
        return start.to_owned();
    };
    let Some(last) = read(end).filter(|last| *last != first) else {
        return words(first, french, true, true);
    };
    let same_year = first.year == last.year;
    let same_month = same_year && first.month == last.month;
    if same_month && let (Some(one), Some(other)) = (first.day, last.day) {
        let rest = words(Known { day: None, ..first }, french, true, true);
        return format!("{}–{} {rest}", ordinal(one, french), other);
    }
    format!(
        "{} – {}",
        words(first, french, true, !same_year),
        words(last, french, true, true)
    )
}

fn read(value: &str) -> Option<Known<'_>> {
    let mut parts = value.split('T').next()?.split('-');
    let year = parts
        .next()
        .filter(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))?;
    let month = parts.next().map(|month| {
        month
            .parse::<usize>()
            .ok()
            .filter(|month| (1..=12).contains(month))
    });
    let day = parts.next().map(|day| day.parse::<u8>().ok());
    Some(Known {
        year,
        month: month.flatten(),
        day: day.flatten(),
    })
}

fn ordinal(day: u8, french: bool) -> String {
    if french && day == 1 {
        "1er".to_owned()
    } else {
        day.to_string()
    }
}

fn words(date: Known<'_>, french: bool, with_month: bool, with_year: bool) -> String {
    let names = if french { &FRENCH } else { &ENGLISH };
    let month = date
        .month
        .filter(|_| with_month)
        .and_then(|month| names.get(month - 1));
    let parts = [
        date.day
            .filter(|_| month.is_some())
            .map(|day| ordinal(day, french)),
        month.map(|month| (*month).to_owned()),
        with_year.then(|| date.year.to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_said_as_far_as_they_are_known() {
        for (start, end, english, french) in [
            (
                "2024-10-16",
                "2024-10-17",
                "16–17 October 2024",
                "16–17 octobre 2024",
            ),
            ("2024-06-01", "", "1 June 2024", "1er juin 2024"),
            (
                "2024-09-30",
                "2024-10-02",
                "30 September – 2 October 2024",
                "30 septembre – 2 octobre 2024",
            ),
            (
                "2024-12-31",
                "2025-01-01",
                "31 December 2024 – 1 January 2025",
                "31 décembre 2024 – 1er janvier 2025",
            ),
            ("2024-02", "2024-02", "February 2024", "février 2024"),
            ("2024", "", "2024", "2024"),
            ("2024-10-16T09:30", "", "16 October 2024", "16 octobre 2024"),
            ("", "", "", ""),
        ] {
            assert_eq!(span(start, end, false), english);
            assert_eq!(span(start, end, true), french);
        }
    }
}
