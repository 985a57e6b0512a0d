//! The mappings that ship with the product.

/// Name and text of each.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "chairmanships",
        include_str!("../../mappings/chairmanships.toml"),
    ),
    (
        "conferences",
        include_str!("../../mappings/conferences.toml"),
    ),
    ("countries", include_str!("../../mappings/countries.toml")),
    (
        "country-aliases",
        include_str!("../../mappings/country-aliases.toml"),
    ),
    (
        "dialogue-events",
        include_str!("../../mappings/dialogue-events.toml"),
    ),
    (
        "dialogue-members",
        include_str!("../../mappings/dialogue-members.toml"),
    ),
    (
        "dialogue-plans",
        include_str!("../../mappings/dialogue-plans.toml"),
    ),
    (
        "eu-event-types",
        include_str!("../../mappings/eu-event-types.toml"),
    ),
    (
        "europarl-meetings",
        include_str!("../../mappings/europarl-meetings.toml"),
    ),
    ("gcm", include_str!("../../mappings/gcm.toml")),
    ("ical", include_str!("../../mappings/ical.toml")),
    ("indico", include_str!("../../mappings/indico.toml")),
    (
        "informea-decisions",
        include_str!("../../mappings/informea-decisions.toml"),
    ),
    (
        "informea-meetings",
        include_str!("../../mappings/informea-meetings.toml"),
    ),
    ("languages", include_str!("../../mappings/languages.toml")),
    (
        "legistar-search",
        include_str!("../../mappings/legistar-search.toml"),
    ),
    ("legistar", include_str!("../../mappings/legistar.toml")),
    ("ocd", include_str!("../../mappings/ocd.toml")),
    (
        "ohchr-matrix-rows",
        include_str!("../../mappings/ohchr-matrix-rows.toml"),
    ),
    (
        "ohchr-matrix",
        include_str!("../../mappings/ohchr-matrix.toml"),
    ),
    ("oparl", include_str!("../../mappings/oparl.toml")),
    ("popolo", include_str!("../../mappings/popolo.toml")),
    ("sdg", include_str!("../../mappings/sdg.toml")),
    (
        "taic-vocabulary",
        include_str!("../../mappings/taic-vocabulary.toml"),
    ),
    ("taic", include_str!("../../mappings/taic.toml")),
    (
        "unga-resolutions",
        include_str!("../../mappings/unga-resolutions.toml"),
    ),
    ("upr-info", include_str!("../../mappings/upr-info.toml")),
    (
        "upr-timeline",
        include_str!("../../mappings/upr-timeline.toml"),
    ),
];

#[cfg(test)]
mod tests {
    use super::super::Mapping;
    use super::*;

    #[test]
    fn all_are_read_and_named_as_their_files() {
        for (name, text) in SHIPPED {
            let mapping = Mapping::parse(text).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            assert_eq!(mapping.name(), *name);
            assert!(!mapping.about().is_empty() && !mapping.formats().is_empty());
        }
    }
}
