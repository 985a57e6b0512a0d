//! States that are taken for each other: a spelling that is near the names of two of them tells neither.

const FAMILIES: &[&[&str]] = &[
    &["NE", "NG"],
    &["GN", "GW", "GQ", "PG", "GY", "GF", "GH"],
    &["CD", "CG"],
    &["KP", "KR"],
    &["DM", "DO"],
    &["SD", "SS"],
    &["IE", "GB", "IS"],
    &["WS", "AS"],
    &["VG", "VI"],
    &["GE", "GS"],
    &["AT", "AU"],
    &["SK", "SI"],
    &["IR", "IQ"],
    &["LT", "LV"],
    &["MR", "MU"],
    &["MW", "ML", "MV", "MT"],
    &["ZM", "GM", "ZW"],
    &["LR", "LY"],
    &["PY", "UY"],
    &["SE", "CH", "SZ"],
    &["MF", "SX", "BL"],
    &["CN", "TW", "HK", "MO"],
    &["MK", "FM", "PF"],
    &["LC", "VC", "KN"],
];

/// Whether two states are of one family.
pub(super) fn are_taken_for_each_other(one: &str, other: &str) -> bool {
    let mut families = FAMILIES.iter();
    one != other && families.any(|family| family.contains(&one) && family.contains(&other))
}

/// Whether a state is taken for another.
pub(super) fn has_family(code: &str) -> bool {
    FAMILIES.iter().any(|family| family.contains(&code))
}
