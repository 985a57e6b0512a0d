//! Forms of state before and after names: `Kingdom of Morocco`, `République du Mali`, `Government of Spain`.

use super::fold::is_small;

/// Words that make a form by themselves; folded.
const FORMS: &[&str] = &[
    "republic",
    "republique",
    "republica",
    "republik",
    "repubblica",
    "republiek",
    "respublika",
    "cumhuriyeti",
    "jamhuri",
    "kingdom",
    "royaume",
    "reino",
    "konigreich",
    "regno",
    "koninkrijk",
    "koninkryk",
    "state",
    "etat",
    "estado",
    "staat",
    "stato",
    "sultanate",
    "sultanat",
    "sultanato",
    "emirate",
    "emirat",
    "emirato",
    "principality",
    "principaute",
    "principado",
    "furstentum",
    "principato",
    "duchy",
    "duche",
    "ducado",
    "grossherzogtum",
    "gran",
    "commonwealth",
    "federation",
    "government",
    "gouvernement",
    "gobierno",
    "governo",
    "regierung",
    // "The country of" in Ewe, Kalenjin and Yoruba.
    "nutome",
    "emetab",
    "orilede",
    "جمهوريه",
    "مملكه",
    "دوله",
    "حكومه",
    "سلطنه",
    "اماره",
];
/// Words that stand beside them.
const BESIDE: &[&str] = &[
    "federal",
    "federale",
    "federative",
    "federativa",
    "islamic",
    "islamique",
    "islamica",
    "islamische",
    "people",
    "peoples",
    "populaire",
    "popular",
    "democratic",
    "democratique",
    "democratica",
    "demokratische",
    "socialist",
    "socialiste",
    "socialista",
    "arab",
    "arabe",
    "united",
    "unie",
    "unida",
    "bolivarian",
    "bolivarienne",
    "bolivariana",
    "plurinational",
    "plurinacional",
    "hashemite",
    "hachemite",
    "hachemi",
    "independent",
    "independant",
    "cooperative",
    "co",
    "operative",
    "oriental",
    "orientale",
    "grand",
    "grande",
    "grao",
    "cooperativa",
    "اسلاميه",
    "شعبيه",
    "ديمقراطيه",
    "عربيه",
    "اتحاديه",
    "متحده",
    "هاشميه",
];

/// Whether a word only says what kind of state it is.
pub(super) fn is_form(word: &str) -> bool {
    FORMS.contains(&word) || BESIDE.contains(&word)
}

/// The words without those of a form; nothing where there is no form, or nothing else.
pub(super) fn without(words: &[String]) -> Option<Vec<&str>> {
    if !words.iter().any(|word| FORMS.contains(&word.as_str())) {
        return None;
    }
    let rest: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !is_form(word))
        .collect();
    rest.iter().any(|word| !is_small(word)).then_some(rest)
}

/// Whether the form of a state with this code is what tells it from another, so that a name must not lose it: a republic
/// of China, of Korea, of the Congo; the states of Georgia and Mexico; what Germany, Viet Nam and Yemen were.
pub(super) fn tells_apart(code: &str, words: &[String]) -> bool {
    let has = |among: &[&str]| {
        words
            .iter()
            .any(|word| among.iter().any(|form| word.starts_with(form)))
    };
    match code {
        "CD" | "CG" | "CN" | "TW" | "KP" | "KR" | "VN" => true,
        "DE" | "YE" => has(&["democrati", "demokrati", "people", "popula", "ديمقراطيه"]),
        "DM" => has(&["republ", "جمهوريه"]),
        "GE" | "MX" | "US" | "BR" => has(&["state", "etat", "estado", "staat"]),
        _ => false,
    }
}
