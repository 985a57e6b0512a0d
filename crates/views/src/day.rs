//! The day against which dues and ages are counted, and what may be shown on it.

use jiff::civil::Date;
use rapporteur_proto::Timestamp;
use rapporteur_proto::r#type::v1::{Basis, CivilDate, DatePrecision, Visibility};
use rapporteur_records::words::date::{day_of, days};
use rapporteur_records::{Violations, time};

/// A report older than this is stale, when nobody says another age.
const STALE_AFTER_DAYS: i32 = 365;

/// What an answer depends on beside the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Dues and ages are counted against this day.
    pub on: Date,
    /// Embargoes that end later, in microseconds since the Unix epoch, still hold.
    pub moment: i64,
    /// A report older than so many days is stale.
    pub stale_after: i32,
    /// Leave out what not everybody may read.
    pub public_only: bool,
}

impl Day {
    /// The day that a request asks about: `on`, else the day of `as_of`, else that of `now`.
    pub fn read(wrong: &mut Violations, on: &str, as_of: Option<Timestamp>, now: i64) -> Self {
        let then = as_of.and_then(time::to_us);
        wrong.require(
            as_of.is_none() || then.is_some(),
            "as_of",
            "is not a moment between years 1 and 9999",
        );
        let of = then.unwrap_or(now);
        let day = wrong.day("on", on).unwrap_or_else(|| day_of(of));
        // Asking about a day to come opens nothing that is closed today.
        let moment = end_of(day).map_or(of, |end| end.min(of)).min(now);
        Self {
            on: day,
            moment,
            stale_after: STALE_AFTER_DAYS,
            public_only: false,
        }
    }

    /// The same day with another age at which reports are stale; 0 = the usual one.
    #[must_use]
    pub fn stale_after(self, wrong: &mut Violations, days: i32) -> Self {
        wrong.require(
            days >= 0,
            "stale_after_days",
            format_args!("{days} is negative"),
        );
        let stale_after = if days == 0 { self.stale_after } else { days };
        Self {
            stale_after,
            ..self
        }
    }

    /// The same day, for everybody or only for those who work on it.
    #[must_use]
    pub fn public_only(self, public_only: bool) -> Self {
        Self {
            public_only,
            ..self
        }
    }

    /// Whether a record with this visibility may be shown.
    pub(crate) fn shows(&self, visibility: Visibility, until: Option<Timestamp>) -> bool {
        !self.public_only
            || match visibility {
                Visibility::Unspecified | Visibility::Public => true,
                Visibility::Internal => false,
                Visibility::Embargoed => until
                    .and_then(time::to_us)
                    .is_some_and(|until| until <= self.moment),
            }
    }

    /// Days from `day` until now, none before it.
    pub(crate) fn since(&self, day: Date) -> i32 {
        days_between(day, self.on).max(0)
    }
}

/// The last microsecond of a day, in UTC.
fn end_of(day: Date) -> Option<i64> {
    let next = day.tomorrow().ok()?;
    let begins = jiff::tz::Offset::UTC
        .to_timestamp(next.to_datetime(jiff::civil::Time::midnight()))
        .ok()?;
    Some(begins.as_microsecond() - 1)
}

/// Days from one to the other.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// A day so many days later, or the last that there is.
pub(crate) fn later(day: Date, days: i32) -> Date {
    day.saturating_add(jiff::Span::new().days(days))
}

/// A day that was counted, as a date of the record.
pub(crate) fn civil(day: Date) -> CivilDate {
    CivilDate {
        value: day.to_string(),
        precision: DatePrecision::Day.into(),
        basis: Basis::Inferred.into(),
        as_written: String::new(),
    }
}

/// The first day that a date may mean.
pub(crate) fn first(date: Option<&CivilDate>) -> Option<Date> {
    days(date).map(|days| days.first)
}

/// The last day that a date may mean.
pub(crate) fn last(date: Option<&CivilDate>) -> Option<Date> {
    days(date).map(|days| days.last)
}

/// The day on which a record was first recorded.
pub(crate) fn recorded(create_time: Option<Timestamp>) -> Option<Date> {
    create_time.and_then(time::to_us).map(day_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn read(on: &str, as_of: &str, now: &str) -> Day {
        let mut wrong = Violations::default();
        let as_of = (!as_of.is_empty()).then(|| time::from_us(us(as_of)));
        let day = Day::read(&mut wrong, on, as_of, us(now));
        wrong.done().unwrap();
        day
    }

    #[test]
    fn the_day_is_the_one_asked_for_or_that_of_the_moment() {
        let now = "2026-11-25T23:30:00Z";
        assert_eq!(read("", "", now).on.to_string(), "2026-11-25");
        assert_eq!(
            read("", "2024-01-02T00:00:00Z", now).on.to_string(),
            "2024-01-02"
        );
        let both = read("2025-06-30", "2024-01-02T00:00:00Z", now);
        assert_eq!(both.on.to_string(), "2025-06-30");
        let mut wrong = Violations::default();
        let odd = Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        };
        let _ = Day::read(&mut wrong, "June", Some(odd), 0).stale_after(&mut wrong, -1);
        let error = wrong.done().unwrap_err().to_string();
        for field in ["on:", "as_of:", "stale_after_days:"] {
            assert!(error.contains(field), "{field} in {error}");
        }
    }

    #[test]
    fn no_question_ends_an_embargo_before_its_time() {
        let now = "2026-11-25T12:00:00Z";
        let until = |text: &str| Some(time::from_us(us(text)));
        for (on, as_of, embargo, shown) in [
            ("", "", "2026-11-25T12:00:00Z", true),
            ("", "", "2026-11-25T12:00:01Z", false),
            ("2030-01-01", "", "2027-01-01T00:00:00Z", false),
            ("", "9999-01-01T00:00:00Z", "2027-01-01T00:00:00Z", false),
            ("", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", false),
            ("2024-12-31", "", "2025-01-01T00:00:00Z", false),
            ("2025-01-01", "", "2025-01-01T00:00:00Z", true),
        ] {
            let day = read(on, as_of, now).public_only(true);
            let seen = day.shows(Visibility::Embargoed, until(embargo));
            assert_eq!(seen, shown, "{on} {as_of} {embargo}");
            assert!(!day.shows(Visibility::Internal, until(embargo)));
            assert!(!day.shows(Visibility::Embargoed, None));
            let all = day.public_only(false);
            assert!(all.shows(Visibility::Internal, None));
        }
    }
}
