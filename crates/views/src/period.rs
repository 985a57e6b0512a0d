//! Days: the stretch that a question is about, and the stretch that a record takes.

use jiff::civil::Date;
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::words::date::days;

/// From a day to a day, both included; an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

/// The days that something takes, as far as they are known: first and last.
pub type Span = (Date, Date);

impl Period {
    /// Whether any day will do.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Whether something falls into the period with at least one of the days that it may mean. What has
    /// no date falls only into the open period: nobody can say that it was then.
    pub fn holds(&self, span: Option<Span>) -> bool {
        let Some((first, last)) = span else {
            return self.is_open();
        };
        self.from.is_none_or(|from| last >= from) && self.to.is_none_or(|to| first <= to)
    }

    /// The days that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let later = |a: Option<Date>, b: Option<Date>| a.max(b);
        let earlier = |a: Option<Date>, b: Option<Date>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        Self {
            from: later(self.from, other.from),
            to: earlier(self.to, other.to),
        }
    }

    /// Whether both have a day in common.
    pub fn meets(&self, other: &Self) -> bool {
        let both = self.and(*other);
        match (both.from, both.to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        }
    }
}

/// From the first day that `start` may mean to the last that `end` may mean; an end that is not known is open.
pub fn period(start: Option<&CivilDate>, end: Option<&CivilDate>) -> Period {
    Period {
        from: days(start).map(|d| d.first),
        to: days(end).map(|d| d.last),
    }
}

/// The days of something with a start and perhaps an end (the start when absent).
pub fn span(start: Option<&CivilDate>, end: Option<&CivilDate>) -> Option<Span> {
    let (start, end) = (days(start), days(end));
    let first = start.or(end)?.first;
    let last = end.or(start)?.last;
    Some((first, last.max(first)))
}

/// A day as the protos spell it; empty when there is none.
pub fn spelt(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::date;

    fn year(year: &str) -> Period {
        period(date(year).as_ref(), date(year).as_ref())
    }

    #[test]
    fn a_period_holds_what_overlaps_it() {
        let whole = year("2023");
        for (start, end, inside) in [
            ("2023-01-01", "", true),
            ("2022-12-31", "2023-01-01", true),
            ("2023-12-31", "2024-01-02", true),
            ("2022-12-30", "2022-12-31", false),
            ("2024-01-01", "", false),
            ("2023", "", true),
            ("2023-12", "", true),
            ("", "2023-04-01", true),
            ("2023-12-31T23:00", "", true),
        ] {
            assert_eq!(
                whole.holds(span(date(start).as_ref(), date(end).as_ref())),
                inside,
                "{start} {end}"
            );
        }
    }

    #[test]
    fn what_has_no_date_falls_only_into_the_open_period() {
        assert!(Period::default().holds(None));
        assert!(!year("2023").holds(None));
        assert!(
            !Period {
                from: None,
                to: year("2023").to
            }
            .holds(None)
        );
    }

    #[test]
    fn periods_meet_in_common_days() {
        let (a, b) = (year("2023"), period(date("2023-06").as_ref(), None));
        assert_eq!(
            a.and(b),
            Period {
                from: b.from,
                to: a.to
            }
        );
        assert_eq!(spelt(a.and(b).from), "2023-06-01");
        assert!(!year("2022").meets(&a));
        assert!(Period::default().meets(&a));
    }
}
