//! One spelling: British words become American ones, by rule; and accents that keyboards leave out come back
//! where an ending tells them ("migracion"), so that stemmers see the ending.
//!
//! The rules take folded words of any language: what they change in French ("programme") they change in
//! texts and questions alike.

use std::borrow::Cow;

/// Beginnings in which British English writes `our` where American English writes `or`.
const OUR: [&str; 28] = [
    "labour",
    "colour",
    "favour",
    "honour",
    "behaviour",
    "neighbour",
    "harbour",
    "endeavour",
    "rumour",
    "humour",
    "vapour",
    "savour",
    "vigour",
    "rigour",
    "ardour",
    "tumour",
    "odour",
    "armour",
    "parlour",
    "flavour",
    "candour",
    "clamour",
    "fervour",
    "glamour",
    "splendour",
    "valour",
    "saviour",
    "belabour",
];

/// Words, without endings, that are spelled in two ways. A word that begins so is changed so.
const BEGINNINGS: [(&str, &str); 40] = [
    ("programme", "program"),
    ("centre", "center"),
    ("theatre", "theater"),
    ("kilometre", "kilometer"),
    ("metre", "meter"),
    ("litre", "liter"),
    ("fibre", "fiber"),
    ("calibre", "caliber"),
    ("lustre", "luster"),
    ("spectre", "specter"),
    ("meagre", "meager"),
    ("dialogue", "dialog"),
    ("catalogue", "catalog"),
    ("analogue", "analog"),
    ("monologue", "monolog"),
    ("defence", "defense"),
    ("offence", "offense"),
    ("licence", "license"),
    ("pretence", "pretense"),
    ("practise", "practice"),
    ("practising", "practicing"),
    ("judgement", "judgment"),
    ("acknowledgement", "acknowledgment"),
    ("ageing", "aging"),
    ("grey", "gray"),
    ("paediatric", "pediatric"),
    ("foetus", "fetus"),
    ("foetal", "fetal"),
    ("gynaecolog", "gynecolog"),
    ("anaesth", "anesth"),
    ("archaeolog", "archeolog"),
    ("orthopaed", "orthoped"),
    ("encyclopaed", "encycloped"),
    ("haemorrhag", "hemorrhag"),
    ("anaemi", "anemi"),
    ("manoeuvr", "maneuver"),
    ("sceptic", "skeptic"),
    ("enquir", "inquir"),
    ("cheque", "check"),
    ("tyre", "tire"),
];

/// Words that double their `l` before an ending in British English only.
const DOUBLED: [&str; 18] = [
    "travel", "cancel", "label", "model", "counsel", "signal", "channel", "fuel", "level",
    "marshal", "total", "tunnel", "dial", "equal", "rival", "quarrel", "jewel", "fulfil",
];

/// Words in `-ise` (and their `-ised`, `-ising`) that are spelled so everywhere, or that are no such verb.
const ISE: [&str; 52] = [
    "advertise",
    "advise",
    "apprise",
    "arise",
    "bruise",
    "chastise",
    "circumcise",
    "comprise",
    "compromise",
    "concise",
    "cruise",
    "demise",
    "despise",
    "devise",
    "disguise",
    "disfranchise",
    "enfranchise",
    "enterprise",
    "excise",
    "exercise",
    "expertise",
    "franchise",
    "guise",
    "improvise",
    "incise",
    "likewise",
    "merchandise",
    "noise",
    "otherwise",
    "paradise",
    "poise",
    "praise",
    "precise",
    "premise",
    "promise",
    "raise",
    "reprise",
    "revise",
    "rise",
    "supervise",
    "surmise",
    "surprise",
    "televise",
    "treatise",
    "wise",
    "prise",
    "appraise",
    "malaise",
    "marquise",
    "turquoise",
    "tortoise",
    "imprecise",
];

/// A folded word in its American spelling.
pub(super) fn american(word: &str) -> Cow<'_, str> {
    if word.len() < 4 || !word.is_ascii() {
        return Cow::Borrowed(word);
    }
    if let Some(our) = OUR.iter().find(|our| word.starts_with(**our)) {
        let (stem, rest) = (&our[..our.len() - 3], &word[our.len()..]);
        return Cow::Owned(format!("{stem}or{rest}"));
    }
    if let Some((british, american)) = BEGINNINGS.iter().find(|(british, _)| begins(word, british))
    {
        let rest = match &word[british.len()..] {
            "d" if american.ends_with("er") => "ed",
            rest => rest,
        };
        return Cow::Owned(format!("{american}{rest}"));
    }
    for doubled in DOUBLED {
        if let Some(rest) = word.strip_prefix(doubled)
            && let Some(ending) = rest.strip_prefix('l')
            && ["ed", "ing", "er", "ers", "ings", "ation"].contains(&ending)
        {
            return Cow::Owned(format!("{doubled}{ending}"));
        }
    }
    if word == "fulfill"
        || word == "enroll"
        || word == "fulfills"
        || word == "enrolls"
        || word == "enrollment"
    {
        // The other way round: the shorter spelling is the British one.
        return Cow::Owned(word.replacen("ll", "l", 1));
    }
    ize(word)
}

/// "programmes" begins with "programme"; "programmers" and "metreless" do not belong to "metre".
fn begins(word: &str, british: &str) -> bool {
    let Some(rest) = word.strip_prefix(british) else {
        return false;
    };
    let open = !british.ends_with('e') && !british.ends_with('g') && !british.ends_with('y');
    open || matches!(rest, "" | "s" | "d" | "es" | "ed" | "less" | "ing")
}

/// `-ise`, `-yse` and what is made of them, with a z.
fn ize(word: &str) -> Cow<'_, str> {
    const ENDINGS: [&str; 9] = [
        "isations",
        "isation",
        "isational",
        "ising",
        "ised",
        "iser",
        "isers",
        "ises",
        "ise",
    ];
    if word.len() < 6 {
        return Cow::Borrowed(word);
    }
    for ending in ["yse", "ysed", "yses", "ysing", "yser", "ysers"] {
        // "analyses" is the noun's plural too; both go one way, so that they are found together.
        if let Some(stem) = word.strip_suffix(ending)
            && (stem.ends_with("al") || stem.ends_with("ol"))
        {
            return Cow::Owned(format!("{stem}{}", ending.replacen('s', "z", 1)));
        }
    }
    for ending in ENDINGS {
        let Some(stem) = word.strip_suffix(ending) else {
            continue;
        };
        let noun = ending.starts_with("isation");
        if stem.len() < 2
            || (!noun && (ISE.contains(&format!("{stem}ise").as_str()) || vowel(stem)))
        {
            return Cow::Borrowed(word);
        }
        return Cow::Owned(format!("{stem}{}", ending.replacen('s', "z", 1)));
    }
    Cow::Borrowed(word)
}

/// "raise", "noise": no ending, part of the word.
fn vowel(stem: &str) -> bool {
    stem.ends_with(['a', 'e', 'o', 'u'])
}

/// The beginnings to look for when somebody has typed the beginning of a word: the folded one, and the one
/// that words in the other spelling have in the index ("labou" finds "labor").
pub fn prefixes(beginning: &str) -> Vec<String> {
    let plain = super::fold::letters(&super::fold::plain(beginning, ""));
    let mut all = vec![plain.clone()];
    let mut add = |other: String| {
        if !all.contains(&other) {
            all.push(other);
        }
    };
    add(american(&plain).into_owned());
    for our in OUR {
        if plain.len() == our.len() - 1 && our.starts_with(&plain) {
            add(plain[..plain.len() - 1].to_owned());
        }
    }
    for (british, american) in BEGINNINGS {
        if plain.len() >= 4 && plain.len() < british.len() && british.starts_with(&plain) {
            let common = british
                .bytes()
                .zip(american.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            add(american[..common.min(plain.len())].to_owned());
        }
    }
    if let Some(stem) = plain
        .strip_suffix("is")
        .or_else(|| plain.strip_suffix("isa"))
        && stem.len() > 3
    {
        add(format!("{stem}iz{}", &plain[stem.len() + 2..]));
    }
    all
}

/// The accent that an ending has and that was not typed (Spanish "migracion", Portuguese "migracao"), and the
/// Portuguese plurals in `-ões`, which the stemmer leaves apart from `-ão` in short words.
pub(super) fn accented<'a>(word: &'a str, language: &str) -> Cow<'a, str> {
    let endings: &[(&str, &str)] = match language {
        "es" => &[("cion", "ción"), ("sion", "sión"), ("logia", "logía")],
        "pt" => &[
            ("cao", "ção"),
            ("coes", "ção"),
            ("ções", "ção"),
            ("sao", "são"),
            ("soes", "são"),
            ("sões", "são"),
            ("encia", "ência"),
            ("ancia", "ância"),
        ],
        _ => return Cow::Borrowed(word),
    };
    for (bare, accented) in endings {
        if let Some(stem) = word.strip_suffix(bare) {
            return Cow::Owned(format!("{stem}{accented}"));
        }
    }
    Cow::Borrowed(word)
}
