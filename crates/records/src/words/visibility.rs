//! Who may read a record.

use rapporteur_proto::Timestamp;
use rapporteur_proto::r#type::v1::Visibility;

use super::Violations;
use crate::time;

impl Violations {
    /// Who may read the record at `record`: an embargo, and only that, ends at a moment.
    pub fn visibility(&mut self, record: &str, visibility: i32, embargo_until: Option<Timestamp>) {
        self.choice::<Visibility>(&format_args!("{record}.visibility"), visibility, true);
        let embargoed = visibility == i32::from(Visibility::Embargoed);
        self.require(
            embargoed == embargo_until.is_some(),
            format_args!("{record}.embargo_until"),
            "is the end of an embargo: given with VISIBILITY_EMBARGOED, and only then",
        );
        self.require(
            embargo_until.is_none_or(|moment| time::to_us(moment).is_some()),
            format_args!("{record}.embargo_until"),
            "is not a moment between years 1 and 9999",
        );
    }
}
