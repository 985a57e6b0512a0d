//! Organisations that migration dialogues meet: id, name in English, other names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::folded;

/// Id, name, other names separated by `;`.
const ORGANISATIONS: &[(&str, &str, &str)] = &[
    (
        "iom",
        "International Organization for Migration",
        "IOM;OIM;Organisation internationale pour les migrations;IOM - UN Migration;UN Migration",
    ),
    (
        "unhcr",
        "United Nations High Commissioner for Refugees",
        "UNHCR;HCR;UN Refugee Agency;Haut-Commissariat des Nations Unies pour les réfugiés",
    ),
    (
        "icrc",
        "International Committee of the Red Cross",
        "ICRC;CICR;Comité international de la Croix-Rouge",
    ),
    (
        "ifrc",
        "International Federation of Red Cross and Red Crescent Societies",
        "IFRC",
    ),
    (
        "icmpd",
        "International Centre for Migration Policy Development",
        "ICMPD",
    ),
    ("eu", "European Union", "EU;UE;Union européenne"),
    (
        "european-commission",
        "European Commission",
        "Commission européenne",
    ),
    ("au", "African Union", "AU;UA;Union africaine"),
    (
        "auc",
        "African Union Commission",
        "AUC;Commission de l'Union africaine",
    ),
    ("un", "United Nations", "UN;ONU;Nations Unies"),
    (
        "unga",
        "United Nations General Assembly",
        "UNGA;UN General Assembly;Assemblée générale des Nations Unies",
    ),
    (
        "ilo",
        "International Labour Organization",
        "ILO;OIT;Organisation internationale du travail",
    ),
    (
        "unodc",
        "United Nations Office on Drugs and Crime",
        "UNODC;ONUDC",
    ),
    (
        "ohchr",
        "Office of the United Nations High Commissioner for Human Rights",
        "OHCHR;HCDH;UN Human Rights",
    ),
    ("undp", "United Nations Development Programme", "UNDP;PNUD"),
    ("unicef", "UNICEF", "United Nations Children's Fund"),
    (
        "who",
        "World Health Organization",
        "WHO;OMS;Organisation mondiale de la santé",
    ),
    ("world-bank", "World Bank", "Banque mondiale"),
    (
        "ecowas",
        "Economic Community of West African States",
        "ECOWAS;CEDEAO",
    ),
    ("igad", "Intergovernmental Authority on Development", "IGAD"),
    (
        "uneca",
        "United Nations Economic Commission for Africa",
        "UNECA;CEA",
    ),
    (
        "frontex",
        "Frontex",
        "European Border and Coast Guard Agency",
    ),
    ("euaa", "European Union Agency for Asylum", "EUAA;AUEA"),
    ("europol", "Europol", ""),
    ("interpol", "INTERPOL", ""),
    ("unu-merit", "UNU-MERIT", "Maastricht University"),
    (
        "giz",
        "Deutsche Gesellschaft für Internationale Zusammenarbeit",
        "GIZ",
    ),
    ("afd", "Agence française de développement", "AFD"),
    (
        "amif",
        "Asylum, Migration and Integration Fund",
        "AMIF;FAMI",
    ),
    (
        "osce",
        "Organization for Security and Co-operation in Europe",
        "OSCE",
    ),
    (
        "council-of-europe",
        "Council of Europe",
        "Conseil de l'Europe",
    ),
    (
        "oecd",
        "Organisation for Economic Co-operation and Development",
        "OECD;OCDE",
    ),
];

/// Words that only the name of an organisation has.
pub(crate) const NOUNS: &str = r"(?i)\b(?:agency|agence|agência|association|authority|bank|banque|bureau|center|centre|comité|commission|committee|council|conseil|department|directorate|direction|federation|fonds|foundation|fondation|fund|government|gouvernement|institute|institut|ministry|ministère|mission|network|office|organi[sz]ation|organisation|programme|réseau|secretariat|secrétariat|service|université|university|union)\b";

/// Folded name -> (id, name).
static BY_NAME: LazyLock<BTreeMap<String, (&str, &str)>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for (id, title, others) in ORGANISATIONS {
        for name in std::iter::once(*title)
            .chain(others.split(';'))
            .filter(|name| !name.is_empty())
        {
            names.entry(folded(name)).or_insert((*id, *title));
        }
    }
    names
});

/// The id and the name in English of an organisation by one of its names.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    BY_NAME.get(&folded(name)).copied()
}
