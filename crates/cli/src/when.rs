//! Moments and days, as people type them.

use jiff::civil;
use jiff::{Span, tz::TimeZone};
use prost_types::Timestamp;
pub(crate) use rapporteur_exchange::write::cell::moment as show;
use rapporteur_proto::r#type::v1::{Basis, CivilDate};

/// For clap: RFC 3339, a date (the end of that day, UTC), or a span such as `2 weeks ago`.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    moment_at(text, jiff::Timestamp::now())
}

fn moment_at(text: &str, now: jiff::Timestamp) -> Result<Timestamp, String> {
    let zone = TimeZone::UTC;
    let found = if let Ok(exact) = text.parse::<jiff::Timestamp>() {
        exact
    } else if let Ok(day) = text.parse::<civil::Date>() {
        let end = day
            .at(23, 59, 59, 999_999_999)
            .to_zoned_datetime(zone)
            .map_err(|e| e.to_string())?;
        end.timestamp()
    } else if let Ok(span) = text.parse::<Span>() {
        let then = now
            .to_zoned_datetime(zone)
            .checked_add(span)
            .map_err(|e| e.to_string())?;
        then.timestamp()
    } else {
        return Err(
            "is not a moment: write 2024-10-16T09:30:00Z, 2024-10-16 or \"2 weeks ago\"".to_owned(),
        );
    };
    Ok(Timestamp {
        seconds: found.as_second(),
        nanos: found.subsec_nanosecond(),
    })
}

/// A civil date as it is typed; `unknown` records that nobody knows. The service checks the rest.
pub(crate) fn civil(text: &str) -> CivilDate {
    if text == "unknown" {
        return CivilDate {
            basis: Basis::Unknown.into(),
            ..CivilDate::default()
        };
    }
    CivilDate {
        value: text.to_owned(),
        ..CivilDate::default()
    }
}

/// A civil date that may be absent.
pub(crate) fn civil_some(text: &Option<String>) -> Option<CivilDate> {
    text.as_deref().map(civil)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_three_ways() {
        let now = "2024-10-16T12:00:00Z".parse().unwrap();
        let read = |text| moment_at(text, now).map(|t| show(t.seconds, t.nanos));
        assert_eq!(
            read("2024-10-01T00:00:00+02:00"),
            Ok("2024-09-30T22:00:00Z".into())
        );
        assert_eq!(
            read("2024-10-01"),
            Ok("2024-10-01T23:59:59.999999999Z".into())
        );
        assert_eq!(read("2 weeks ago"), Ok("2024-10-02T12:00:00Z".into()));
        assert_eq!(read("1 day 6 hours ago"), Ok("2024-10-15T06:00:00Z".into()));
        for odd in ["", "yesterday", "2024-13-01", "soon"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn an_unknown_day_is_said_to_be_unknown() {
        assert_eq!(civil("unknown").basis, i32::from(Basis::Unknown));
        assert_eq!(civil("2024-10").value, "2024-10");
    }
}
