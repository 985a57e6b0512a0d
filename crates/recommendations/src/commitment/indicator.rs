//! Indicators of a commitment: what is measured, and what verified reports found.

use rapporteur_proto::recommendations::v1::{Commitment, Indicator, IndicatorValue};
use rapporteur_records::words::date;
use rapporteur_records::words::text::{LONG, SHORT};
use rapporteur_records::{Error, Field, Result, Violations, check_id, name};

/// Most indicators of a commitment.
const INDICATORS: usize = 50;

pub(super) fn check(indicators: &[Indicator], violations: &mut Violations) {
    violations.require(
        indicators.len() <= INDICATORS,
        "commitment.indicators",
        format_args!(
            "has {} entries; at most {INDICATORS} are kept",
            indicators.len()
        ),
    );
    for (place, indicator) in indicators.iter().enumerate() {
        let at = format_args!("commitment.indicators[{place}]");
        if let Err(wrong) = check_id(&indicator.id) {
            violations.add(format_args!("{at}.id"), wrong);
        }
        let twice = indicators[..place].iter().any(|i| i.id == indicator.id);
        violations.require(
            !twice,
            format_args!("{at}.id"),
            format_args!("{} is there twice", indicator.id),
        );
        violations.localized(
            format_args!("{at}.text"),
            indicator.text.as_ref(),
            LONG,
            true,
        );
        violations.plain(format_args!("{at}.unit"), &indicator.unit, SHORT);
        let ends = [
            ("baseline", &indicator.baseline),
            ("target", &indicator.target),
        ];
        for (field, value) in ends {
            if let Some(value) = value {
                check_own(
                    format_args!("{at}.{field}"),
                    value,
                    &indicator.id,
                    violations,
                );
            }
        }
        violations.list(format_args!("{at}.values"), indicator.values.len());
        for (place, value) in indicator.values.iter().enumerate() {
            check_own(
                format_args!("{at}.values[{place}]"),
                value,
                &indicator.id,
                violations,
            );
        }
    }
}

/// A value inside its indicator: it names that one, or none.
fn check_own(field: impl Field, value: &IndicatorValue, id: &str, violations: &mut Violations) {
    violations.require(
        value.indicator.is_empty() || value.indicator == id,
        format_args!("{field}.indicator"),
        format_args!("{} is another indicator", name::quoted(&value.indicator)),
    );
    check_value(field, value, violations);
}

/// One value, of whatever indicator.
pub fn check_value(field: impl Field, value: &IndicatorValue, violations: &mut Violations) {
    violations.require(
        value.value.is_finite(),
        format_args!("{field}.value"),
        "is not a finite number",
    );
    violations.date(format_args!("{field}.on"), value.on.as_ref());
    if let Some(provenance) = &value.provenance {
        violations.one_provenance(format_args!("{field}.provenance"), provenance);
    }
}

/// Fills in what follows from the values.
pub fn complete(value: &mut IndicatorValue) {
    date::complete(&mut value.on);
}

/// All values of an indicator.
pub(super) fn values_mut(indicator: &mut Indicator) -> impl Iterator<Item = &mut IndicatorValue> {
    let ends = indicator.baseline.iter_mut().chain(&mut indicator.target);
    ends.chain(&mut indicator.values)
}

/// What verified reports found stays, whatever an update says; and only they add to it.
pub(super) fn keep_reported(before: &Commitment, new: &mut Commitment) -> Result<()> {
    for indicator in &mut new.indicators {
        indicator.values.retain(|value| value.report.is_empty());
        let ends = indicator.baseline.iter_mut().chain(&mut indicator.target);
        ends.for_each(|value| value.report.clear());
    }
    for old in &before.indicators {
        let mut reported = old
            .values
            .iter()
            .filter(|v| !v.report.is_empty())
            .peekable();
        if reported.peek().is_none() {
            continue;
        }
        let Some(kept) = new.indicators.iter_mut().find(|i| i.id == old.id) else {
            let wrong = format!("lacks {}, of which verified reports hold values", old.id);
            return Err(Error::invalid("commitment.indicators", wrong));
        };
        reported.for_each(|value| insert(&mut kept.values, value.clone()));
    }
    Ok(())
}

/// Adds what a verified report found.
pub fn add(commitment: &mut Commitment, report: &str, found: &[IndicatorValue]) -> Result<()> {
    for (place, value) in found.iter().enumerate() {
        let of = commitment
            .indicators
            .iter_mut()
            .find(|i| i.id == value.indicator);
        let indicator = of.ok_or_else(|| Error::UnknownReference {
            field: format!("progress_report.indicator_values[{place}].indicator"),
            name: value.indicator.clone(),
        })?;
        let value = IndicatorValue {
            indicator: String::new(),
            report: report.to_owned(),
            ..value.clone()
        };
        insert(&mut indicator.values, value);
    }
    Ok(())
}

/// Puts a value in its place, by its day; one whose day is not known comes last.
fn insert(values: &mut Vec<IndicatorValue>, value: IndicatorValue) {
    let day = date::days(value.on.as_ref()).map(|days| days.first);
    let later = |other: &IndicatorValue| {
        let other = date::days(other.on.as_ref()).map(|days| days.first);
        day.is_some_and(|day| other.is_none_or(|other| other > day))
    };
    let at = values.iter().position(later).unwrap_or(values.len());
    values.insert(at, value);
}
