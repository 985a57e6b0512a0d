//! Words for kinds of event.

/// How much a word says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// An event, wherever it stands.
    Strong,
    /// An event where the sentence also says when, where, by whom, or that it happens.
    Weak,
    /// Several, of which nothing else is said.
    Collective,
}

/// The kind as the record words it, its words, and what they weigh. The first that fits is taken.
pub(crate) const KINDS: &[(&str, &str, Weight)] = &[
    (
        "other",
        r"(?i)\b(?:further|more|additional|other) (?:\w+ )?(?:meetings|events|workshops|webinars) will\b|\bd'autres (?:réunions|ateliers|rencontres) (?:auront lieu|se tiendront|suivront)",
        Weight::Collective,
    ),
    (
        "ministerial-conference",
        r"(?i)\bministerial (?:conference|meeting)\b|\b(?:conférence|réunion) ministérielle\b",
        Weight::Strong,
    ),
    (
        "senior-officials-meeting",
        r"(?i)\bsenior officials?'?s? meetings?\b|\bréunion d(?:es|e) hauts? fonctionnaires\b|(?-i:\bSOM\b)",
        Weight::Strong,
    ),
    (
        "senior-officials-meeting",
        r"(?i)\b(?:senior officials|hauts fonctionnaires)\b[^.!?\n]{0,120}\b(?:came together|met|gathered|convened|se sont réunis)\b",
        Weight::Strong,
    ),
    (
        "high-level-meeting",
        r"(?i)\b(?:joint )?high-level (?:meeting|conference|event|segment|dialogue)\b|\b(?:réunion|conférence|rencontre) (?:conjointe )?de haut niveau\b",
        Weight::Strong,
    ),
    (
        "steering-committee",
        r"(?i)\bsteering committee(?: meeting)?\b|\bcomité (?:de pilotage|directeur)\b",
        Weight::Strong,
    ),
    (
        "thematic-meeting",
        r"(?i)\bthematic (?:meeting|session|workshop)\b|\b(?:réunion|rencontre|atelier) thématique\b",
        Weight::Strong,
    ),
    (
        "technical-meeting",
        r"(?i)\b(?:technical|expert) (?:meeting|consultation)\b|\bréunion (?:technique|d'experts)\b",
        Weight::Strong,
    ),
    (
        "stocktaking",
        r"(?i)\b(?:follow-up )?stocktaking (?:event|meeting)\b|\bfollow-up meeting\b|\bréunion (?:de bilan|de suivi)\b",
        Weight::Strong,
    ),
    (
        "side-event",
        r"(?i)\bside[- ]event\b|\bévénement parallèle\b",
        Weight::Strong,
    ),
    (
        "field-visit",
        r"(?i)\b(?:field|study) visit\b|\bvisite (?:de terrain|d'étude)\b",
        Weight::Strong,
    ),
    (
        "roundtable",
        r"(?i)\bround-? ?table\b|\btable ronde\b",
        Weight::Strong,
    ),
    ("webinar", r"(?i)\bwebinar\b|\bwebinaire\b", Weight::Strong),
    (
        "workshop",
        r"(?i)\bworkshop\b|\btraining (?:course|session)\b|\bseminar\b|\batelier\b|\bséminaire\b",
        Weight::Strong,
    ),
    (
        "observance",
        r"\b(?:International|World|European|African) (?:Day|Week) (?:of|for|against|on)(?: (?:the |and )?#?\p{Lu}[\p{L}-]*)+|\b(?:International|World) (?:\p{Lu}\p{L}+'?s? ){1,3}Day\b|\bJournée (?:internationale|mondiale|européenne) (?:d\p{L}{0,2}[ '])(?:[\p{L}'-]+)(?: (?:de|du|des|et) [\p{L}'-]+)*",
        Weight::Strong,
    ),
    (
        "launch",
        r"(?i)\blaunch of\b(?-i:(?: the)? \p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*)|\blancement d(?:e la|es|u|e|e l')[ ']?(?-i:\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*)",
        Weight::Strong,
    ),
    (
        "bilateral-meeting",
        r"(?i)\bhad the (?:pleasure|honou?r) (?:of|to) (?:meet|meeting|welcom\w+|receiv\w+)\b|\bbilateral (?:meeting|talks)\b|\b(?:met with|paid a (?:courtesy )?visit to)\b|\bréunion bilatérale\b|\b(?:s'est entretenue?|se sont entretenus) avec\b|\ba (?:rencontré|reçu)\b",
        Weight::Strong,
    ),
    (
        "committee-session",
        r"(?i)\b(?:executive )?(?:committee|board|council|assembly)\b[^.!?\n]{0,40}\badopt(?:ed|s)\b[^.!?\n]{0,30}\b(?:an?|its|the)(?: \w+)? (?:conclusion|resolution|decision)\b|\b(?:comité (?:exécutif)?|conseil|assemblée(?: générale)?)\b[^.!?\n]{0,40}\badopt(?:é|e)\b[^.!?\n]{0,30}\b(?:une|sa|la)(?: \w+)? (?:conclusion|résolution|décision)\b",
        Weight::Strong,
    ),
    (
        "network-meeting",
        r"(?i)\b(?:network|working group|task force) meeting\b|\bréunion du (?:réseau|groupe de travail)\b",
        Weight::Strong,
    ),
    (
        "network-meeting",
        r"\b(?:(?:The )?(?:\p{Lu}[\p{L}-]* |of |for |on |and )*(?:Group|Network|Task Force)(?: (?:of|for|on|and|\p{Lu}[\p{L}-]*))*) (?:[Mm]eets|[Mm]et|gathered|convened)\b|\b(?:Groupe|Réseau)(?: (?:d\p{L}{1,2}|pour|sur|et|\p{L}+)){1,8} (?:se réunit|s'est réuni)\b",
        Weight::Strong,
    ),
    (
        "summit",
        r"\b(?:[\p{Lu}][\p{L}-]* )*Summit\b|\b[Ss]ommet (?:\p{L}{1,3}[ '])?\p{Lu}[\p{L}-]*",
        Weight::Strong,
    ),
    (
        "other",
        r"\b(?:\p{Lu}[\p{L}-]* (?:(?:and|of|&) )?)+(?:Committee |Board |Council )?(?:Meetings?|Conference|Consultations?|Symposium|Forum|Assembly)\b",
        Weight::Weak,
    ),
    (
        "other",
        r"(?:\bla |\bla \d+e |\bune )(?:réunion|conférence|rencontre)\b|\bConférence(?: [\p{L}'-]+){1,4}\b",
        Weight::Weak,
    ),
    (
        "other",
        r"\b(?:meeting|conference|consultation)\b",
        Weight::Weak,
    ),
];

/// Words of networks and bodies that a section about an event may be named by.
pub(crate) const BODY: &str =
    r"(?i)\b(?:network|working group|task force|réseau|groupe de travail)\b";

/// Words that say that something will be.
pub(crate) const COMING: &str = r"(?i)\bwill\b|\bupcoming\b|\bsave the date\b|\bjoin us\b|\bregister\b|\bis (?:to|going to|scheduled)\b|\bbientôt\b|\b(?:aura|auront) lieu\b|\bse tiendr(?:a|ont)\b|\bà venir\b|\bsera\b|\bseront\b|\binscrivez\b";
/// Words that say that something was.
pub(crate) const PAST: &str = r"(?i)\b(?:was|were|attended|joined|filmed|recorded|took place|came together|met|gathered|concluded|hosted|held|explored|discussed|addressed|adopted|had|organised|organized|resulted|resulting|participated|reaffirmed|welcomed)\b|\bmeets\b|\ba eu lieu\b|\bs'est (?:tenue?|réunie?|déroulée?)\b|\bse sont (?:tenue?s|réunie?s)\b|\bont (?:participé|adopté|échangé|débattu)\b|\ba (?:réuni|rassemblé|adopté|permis)\b";
/// Words that say that something is held somewhere, or sometime.
pub(crate) const HOLDING: &str = r"(?i)\b(?:tak(?:es?|ing) place|took place|(?:is|was|were|be|being|are|,) (?:held|hosted|organi[sz]ed|convened)|held in|hosted in|organi[sz]ed in|came together|come together|gathered|gathers?|meets?|met in|joined us|join us|convened|concluded)\b|\b(?:a eu|aura|auront|ont eu) lieu\b|\bs'est (?:tenue?|réunie?|déroulée?)\b|\bse (?:tient|tiendra|tiendront|réunit)\b|\b(?:se sont|étaient) réuni(?:s|es)?\b|\btenue? à\b|\ba réuni\b|\bréunis\b";
/// Words before a list of events to come.
pub(crate) const LISTING: &str = r"(?i)\b(?:upcoming(?: (?:events|meetings))?|coming up|save the dates?|agenda of the week|à venir|prochains rendez-vous)\s*:?\s*$";
/// Several events in one place.
pub(crate) const SEVERAL: &str = r"(?i)\b(?:events|meetings|workshops|activities|réunions|événements|ateliers)\b[^.!?\n]{0,30}\b(?:hosted|held|organi[sz]ed|taking place|organisée?s|accueillie?s)\b";
/// Words before the points of an agenda.
pub(crate) const AGENDA: &str =
    r"(?i)\b(?:on the agenda|agenda|topics|à l'ordre du jour|ordre du jour|au programme)\s*:\s*$";
