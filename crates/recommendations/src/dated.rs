//! The day of a move: today when it is not said, never in the future, never before the move that came last.

use jiff::civil::Date;
use rapporteur_proto::r#type::v1::{Basis, CivilDate};
use rapporteur_records::words::date;
use rapporteur_records::{Result, Violations};

/// A day as a date.
pub fn on(day: Date) -> CivilDate {
    let mut date = Some(CivilDate {
        value: day.to_string(),
        basis: Basis::Given.into(),
        ..CivilDate::default()
    });
    date::complete(&mut date);
    date.unwrap_or_default()
}

/// The day on which something happened, in the field `on` of a request; `earlier` are the days of what came before.
pub fn happened<'a>(
    given: Option<CivilDate>,
    today: Date,
    earlier: impl Iterator<Item = Option<&'a CivilDate>>,
) -> Result<CivilDate> {
    let mut date = given.or_else(|| Some(on(today)));
    date::complete(&mut date);
    let mut violations = Violations::default();
    let days = violations.date("on", date.as_ref());
    let now = days.is_none_or(|d| d.first <= today);
    violations.require(now, "on.value", "lies in the future");
    let last = earlier.filter_map(date::days).map(|d| d.first).max();
    if let (Some(days), Some(last)) = (days, last) {
        let after = days.last >= last;
        violations.require(
            after,
            "on.value",
            format_args!("lies before the last change, of {last}"),
        );
    }
    violations.done()?;
    Ok(date.unwrap_or_default())
}
