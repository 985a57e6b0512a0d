//! Claims: figures that somebody stated.

use rapporteur_proto::r#type::v1::{Claim, Qualifier};

use super::{Field, Violations, date, text};
use crate::{Pattern, check_id};

impl Violations {
    /// Claims of one record: distinct ids, known measures, figures that are not negative.
    pub fn claims(&mut self, field: impl Field, claims: &[Claim]) {
        self.list(field, claims.len());
        for (place, claim) in claims.iter().enumerate() {
            let at = format_args!("{field}[{place}]");
            if let Err(wrong) = check_id(&claim.id) {
                self.add(format_args!("{at}.id"), wrong);
            }
            if claims[..place].iter().any(|c| c.id == claim.id) {
                self.add(
                    format_args!("{at}.id"),
                    format_args!("{} is there twice", claim.id),
                );
            }
            let measure = !claim.measure.is_empty()
                && claim
                    .measure
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_');
            self.require(
                measure,
                format_args!("{at}.measure"),
                "must be a word of a-z and _, such as participants",
            );
            self.plain(format_args!("{at}.measure"), &claim.measure, text::SHORT);
            self.plain(format_args!("{at}.unit"), &claim.unit, text::SHORT);
            self.require(
                claim.value.is_none_or(|v| v >= 0),
                format_args!("{at}.value"),
                "is negative",
            );
            self.require(
                claim.total.is_none_or(|t| t >= 0),
                format_args!("{at}.total"),
                "is negative",
            );
            self.choice::<Qualifier>(format_args!("{at}.qualifier"), claim.qualifier, true);
            self.name(
                format_args!("{at}.plan"),
                &claim.plan,
                Pattern("dialogues/*/plans/*"),
            );
            self.period(
                (
                    format_args!("{at}.period_start"),
                    claim.period_start.as_ref(),
                ),
                (format_args!("{at}.period_end"), claim.period_end.as_ref()),
            );
            if let Some(provenance) = &claim.provenance {
                self.one_provenance(format_args!("{at}.provenance"), provenance);
            }
        }
    }
}

/// Fills in what follows from the values.
pub fn complete(claims: &mut [Claim]) {
    for claim in claims {
        date::complete(&mut claim.period_start);
        date::complete(&mut claim.period_end);
    }
}
