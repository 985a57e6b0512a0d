//! Civil dates that say how much they know: `2024`, `2024-10`, `2024-10-16`, `2024-10-16T09:30`.

use jiff::civil::{Date, DateTime};
use rapporteur_proto::r#type::v1::{Basis, CivilDate, DatePrecision};

use super::{Field, Violations, text};
use crate::name::quoted;

/// The days that a date can mean, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// What the date says.
    pub precision: DatePrecision,
}

/// Reads the value of a date; `None` when it is not one.
pub fn parse(value: &str) -> Option<Days> {
    let digits = |from: usize, to: usize| -> Option<i16> {
        let part = value.get(from..to)?;
        if part.bytes().all(|b| b.is_ascii_digit()) {
            part.parse().ok()
        } else {
            None
        }
    };
    let year = digits(0, 4).filter(|y| *y >= 1)?;
    let dash = |at: usize| (value.as_bytes().get(at) == Some(&b'-')).then_some(());
    let month = || i8::try_from(digits(5, 7)?).ok();
    match value.len() {
        4 => Some(Days {
            first: Date::new(year, 1, 1).ok()?,
            last: Date::new(year, 12, 31).ok()?,
            precision: DatePrecision::Year,
        }),
        7 => {
            dash(4)?;
            let first = Date::new(year, month()?, 1).ok()?;
            Some(Days {
                first,
                last: first.last_of_month(),
                precision: DatePrecision::Month,
            })
        }
        10 => {
            dash(4)?;
            dash(7)?;
            let day = Date::new(year, month()?, i8::try_from(digits(8, 10)?).ok()?).ok()?;
            Some(Days {
                first: day,
                last: day,
                precision: DatePrecision::Day,
            })
        }
        16 if value.as_bytes().get(10) == Some(&b'T')
            && value.as_bytes().get(13) == Some(&b':') =>
        {
            let moment: DateTime = format!("{value}:00").parse().ok()?;
            Some(Days {
                first: moment.date(),
                last: moment.date(),
                precision: DatePrecision::Time,
            })
        }
        _ => None,
    }
}

/// The days of a date; `None` when it is absent or not known.
pub fn days(date: Option<&CivilDate>) -> Option<Days> {
    date.and_then(|d| parse(&d.value))
}

/// Days since 1970-01-01, for keys that sort.
pub fn ordinal(day: Date) -> i64 {
    Date::new(1970, 1, 1)
        .and_then(|epoch| epoch.until(day))
        .map_or(0, |span| i64::from(span.get_days()))
}

/// The day of a moment, in UTC.
pub fn day_of(us: i64) -> Date {
    let moment = jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::UTC.to_datetime(moment).date()
}

/// Fills in what follows from the value.
pub fn complete(date: &mut Option<CivilDate>) {
    if let Some(date) = date {
        let precision = parse(&date.value).map_or(DatePrecision::Unspecified, |d| d.precision);
        date.precision = precision.into();
        if date.basis == 0 {
            date.basis = if date.value.is_empty() {
                Basis::Unknown
            } else {
                Basis::Given
            }
            .into();
        }
    }
}

impl Violations {
    /// A date: of a known form, or empty with a basis that says so.
    pub fn date(&mut self, field: impl Field, date: Option<&CivilDate>) -> Option<Days> {
        let date = date?;
        self.choice::<Basis>(format_args!("{field}.basis"), date.basis, true);
        self.plain(
            format_args!("{field}.as_written"),
            &date.as_written,
            text::SHORT,
        );
        if date.value.is_empty() {
            let unknown = matches!(date.basis(), Basis::Unknown | Basis::Unspecified);
            self.require(
                unknown,
                format_args!("{field}.value"),
                "is empty, but its basis is not BASIS_UNKNOWN",
            );
            return None;
        }
        let days = parse(&date.value);
        if days.is_none() {
            let shapes = "is not a date such as 2024, 2024-10, 2024-10-16 or 2024-10-16T09:30";
            self.add(
                format_args!("{field}.value"),
                format_args!("{} {shapes}", quoted(&date.value)),
            );
        }
        days
    }

    /// A day of a filter (`2024-10-16`); empty is no bound.
    pub fn day(&mut self, field: impl Field, value: &str) -> Option<Date> {
        if value.is_empty() {
            return None;
        }
        let day = parse(value).filter(|d| d.precision == DatePrecision::Day);
        if day.is_none() {
            self.add(
                field,
                format_args!("{} is not a day such as 2024-10-16", quoted(value)),
            );
        }
        day.map(|d| d.first)
    }

    /// A stretch of time whose end does not lie before its start.
    pub fn period(
        &mut self,
        start: (impl Field, Option<&CivilDate>),
        end: (impl Field, Option<&CivilDate>),
    ) -> Option<(Days, Days)> {
        let first = self.date(start.0, start.1);
        let last = self.date(end.0, end.1);
        let (Some(first), Some(last)) = (first, last) else {
            return None;
        };
        let time = |date: Option<&CivilDate>| date.map(|d| d.value.clone()).unwrap_or_default();
        let both_times =
            first.precision == DatePrecision::Time && last.precision == DatePrecision::Time;
        let backwards = last.last < first.first || (both_times && time(end.1) < time(start.1));
        if backwards {
            self.add(
                format_args!("{}.value", end.0),
                format_args!("{} lies before {}", time(end.1), time(start.1)),
            );
        }
        Some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_mean_days() {
        let october = parse("2024-10").unwrap();
        assert_eq!(october.last, Date::new(2024, 10, 31).unwrap());
        assert_eq!(parse("2024").unwrap().precision, DatePrecision::Year);
        assert_eq!(
            parse("2024-02-29").unwrap().first,
            parse("2024-02-29T09:30").unwrap().last
        );
        for bad in [
            "",
            "24",
            "2024-13",
            "2023-02-29",
            "2024-1-1",
            "2024/10/16",
            "2024-10-16T25:00",
            "2024-10-16 09:30",
            "+024",
            "0000",
            "２０２４",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        assert_eq!(ordinal(Date::new(1970, 1, 2).unwrap()), 1);
        assert_eq!(ordinal(Date::new(1969, 12, 31).unwrap()), -1);
        assert_eq!(ordinal(Date::new(2024, 1, 1).unwrap()), 19_723);
    }

    #[test]
    fn an_end_before_the_start_is_named() {
        let date = |v: &str| CivilDate {
            value: v.into(),
            ..CivilDate::default()
        };
        for (start, end, good) in [
            ("2024-10-17", "2024-10-16", false),
            ("2024-10-16", "2024-10-16", true),
            ("2024-10", "2024", true),
            ("2024-10-16T10:00", "2024-10-16T09:00", false),
        ] {
            let mut violations = Violations::default();
            violations.period(
                ("event.start", Some(&date(start))),
                ("event.end", Some(&date(end))),
            );
            let outcome = violations.done();
            assert_eq!(outcome.is_ok(), good, "{start} {end}");
            if let Err(error) = outcome {
                assert!(error.to_string().contains("event.end.value"), "{error}");
            }
        }
    }
}
