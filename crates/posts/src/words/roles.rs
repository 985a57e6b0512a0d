//! Words for what a party does at an event.

/// The role as the record words it, and words that the names of the parties follow.
pub(crate) const BEFORE_NAMES: &[(&str, &str)] = &[
    (
        "co-chair",
        r"co-?chaired by|co-?chairs?\s*:|co-?présidée?s? par|coprésidence\s*:|under the co-?chair\p{L}*ship of",
    ),
    (
        "chair",
        r"\bchaired by|\bchairs?\s*:|\bprésidée?s? par|présidence\s*:|under the chair\p{L}*ship of|sous la présidence d[ue']s?",
    ),
    (
        "co-organiser",
        r"co-?organi[sz](?:ed by|ers?\s*:)|co-?organisée?s? par|co-?organisateurs?\s*:|(?:jointly|collectively|conjointement)?\s*organi[sz]ed (?:jointly )?by|organisée?s? (?:conjointement )?par|organi[sz]ers?\s*:|organisateurs?\s*:|convened (?:jointly )?by|convoquée? par",
    ),
    (
        "co-host",
        r"co-?hosted by|co-?hosts?\b\s*:?|co-?accueillie?s? par",
    ),
    (
        "host",
        r"\bhosted by|at the invitation of|\bhosts?\s*:|\baccueillie?s? par|à l'invitation d[ue']s?|hôtes?\s*:",
    ),
    (
        "supporter",
        r"with (?:the )?support (?:from|of)|supported by|avec (?:l'appui|le soutien) d[ue']s?|soutenue?s? par|appuyée?s? par",
    ),
    (
        "funder",
        r"(?:co-?)?(?:funded|financed) (?:by|through)|with (?:the )?(?:funding|financial support) (?:from|of)|donors?\s*:|(?:co)?financée?s? par|grâce au financement d[ue']s?",
    ),
    (
        "lead",
        r"\bled (?:jointly )?by|facilitated by|moderated by|animée?s? par|dirigée?s? par|modérée?s? par",
    ),
    (
        "partner",
        r"in (?:partnership|collaboration|cooperation) with|together with|partners?\s*:|en (?:partenariat|collaboration|coopération) avec|partenaires?\s*:",
    ),
    (
        "rapporteur",
        r"\brapporteur (?:from|of|for|d[ue']s?)|rapporteurs?\s*:",
    ),
    (
        "reference-country",
        r"reference countr(?:y|ies)\s*:|pays de référence\s*:",
    ),
    (
        "participant",
        r"participants?\s*:|with the participation of|avec la participation d[ue']s?",
    ),
];

/// The role, and words that the names of the parties stand before.
pub(crate) const AFTER_NAMES: &[(&str, &str)] = &[
    (
        "participant",
        r"\b(?:were|was|are) participating|\b(?:took|take) part|\bparticipated|\b(?:re)?affirmed|ont participé|ont pris part|ont (?:ré)?affirmé",
    ),
    (
        "host",
        r"\bhosted (?:the|a|an)\b|\ba accueilli\b|\bont accueilli\b",
    ),
    (
        "co-chair",
        r"\bco-?chaired (?:the|a|an)\b|\bont co-?présidé\b",
    ),
    (
        "co-organiser",
        r"\b(?:co-?)?organi[sz]ed (?:the|a|an)\b|\b(?:a|ont) (?:co-?)?organisé (?:la|le|les|une?)\b|\bont co-?organisé\b",
    ),
];

/// Words that say that the first party of the sentence leads what follows.
pub(crate) const LEADS: &str = r"\bto lead\b|\bis leading\b|\bled (?:the|a|an)\b|\bpour animer\b";
