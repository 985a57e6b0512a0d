//! Days on a line: a civil date of any precision as its first or last day.

use jiff::civil::Date;
use rapporteur_proto::r#type::v1::CivilDate;

/// The first day that a date can mean.
pub(super) fn first(date: &Option<CivilDate>) -> Option<Date> {
    let value = date.as_ref()?.value.as_str();
    let day = match value.len() {
        4 => format!("{value}-01-01"),
        7 => format!("{value}-01"),
        _ => value.get(..10)?.to_owned(),
    };
    day.parse().ok()
}

/// The last day that a date can mean.
pub(super) fn last(date: &Option<CivilDate>) -> Option<Date> {
    let value = date.as_ref()?.value.as_str();
    let start = first(date)?;
    match value.len() {
        4 => start.last_of_year().into(),
        7 => Some(start.last_of_month()),
        _ => Some(start),
    }
}

/// Days from one to the other.
pub(super) fn between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// As it is shown: the date, else the words of the source.
pub(super) fn shown(date: &Option<CivilDate>) -> String {
    match date {
        Some(date) if !date.value.is_empty() => date.value.replace('T', " "),
        Some(date) => date.as_written.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_covers_the_days_of_its_precision() {
        let days = |value: &str| {
            let date = Some(CivilDate {
                value: value.into(),
                ..CivilDate::default()
            });
            let show = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
            (show(first(&date)), show(last(&date)))
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(days("2024"), pair("2024-01-01", "2024-12-31"));
        assert_eq!(days("2024-02"), pair("2024-02-01", "2024-02-29"));
        assert_eq!(days("2024-10-16T09:30"), pair("2024-10-16", "2024-10-16"));
        assert_eq!(days("soon"), pair("", ""));
        assert_eq!(first(&None), None);
    }
}
