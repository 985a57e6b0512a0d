//! Real sentences, by language.

use proptest::prelude::*;
use tantivy::tokenizer::{TokenStream as _, TokenizerManager};

use super::*;

fn stems(language: &str, text: &str) -> Vec<String> {
    words(text, language)
        .into_iter()
        .map(|word| word.stem)
        .collect()
}

/// Words of a text, folded; wholes marked.
fn folded(text: &str) -> Vec<String> {
    let show = |word: Word| format!("{}{}", if word.whole { "=" } else { "" }, word.folded);
    words(text, "").into_iter().map(show).collect()
}

#[track_caller]
fn alike(language: &str, forms: &[&str]) {
    for form in forms {
        assert_eq!(
            stems(language, form),
            stems(language, forms[0]),
            "{form} and {} in {language}",
            forms[0]
        );
    }
}

#[test]
fn forms_of_a_word_are_one_stem() {
    alike("en", &["policy", "Policies"]);
    alike("en", &["woman", "women", "women's", "Women’s"]);
    alike("en", &["child", "children"]);
    alike("en-GB", &["migrating", "migration"]);
    alike(
        "fr",
        &[
            "recommandation",
            "recommandations",
            "les recommandations".trim_start_matches("les "),
        ],
    );
    alike("fr", &["l'accès", "accès", "L’ACCÈS", "d'accès"]);
    alike("it", &["dell'accordo", "accordo", "accordi"]);
    alike("es", &["migración", "migraciones", "migracion"]);
    alike("es", &["niño", "niña", "niños", "niñas"]);
    alike(
        "pt-BR",
        &["migração", "migrações", "migracao", "migracoes", "MIGRAÇÃO"],
    );
    alike("pt", &["recomendação", "recomendações"]);
    alike(
        "fr",
        &[
            "travailleur",
            "travailleurs",
            "travailleuse",
            "travailleuses",
        ],
    );
    alike("fr", &["nombreux", "nombreuses"]);
    alike("fr", &["directeur", "directrices"]);
    alike("fr", &["enjeu", "enjeux"]);
    alike("pt", &["regional", "regionais"]);
    alike("pt", &["sustentável", "sustentáveis"]);
    alike("de", &["Empfehlung", "Empfehlungen"]);
    alike("ru", &["мигранты", "мигрантов", "мигрантами"]);
    alike("tr", &["IRMAK", "ırmak"]);
}

#[test]
fn arabic_words_lose_article_signs_and_endings() {
    alike(
        "ar",
        &[
            "الهجرة",
            "هجرة",
            "والهجرة",
            "بالهجرة",
            "هِجْرَة",
            "هجـــرة",
            "الهجره",
        ],
    );
    alike(
        "ar",
        &["المهاجرين", "مهاجرون", "مهاجر", "للمهاجرين", "المهاجرات"],
    );
    alike("ar", &["الإنسان", "إنسان", "انسان", "أنسان"]);
    alike("ar", &["التوصيات", "توصية"]);
    alike("ar", &["اللاجئين", "لاجئ"]);
    assert_ne!(stems("ar", "حقوق"), stems("ar", "أطفال"));
    assert_eq!(stems("ar", "عام ٢٠٢٤")[1], "2024");
}

#[test]
fn accents_case_and_width_do_not_count() {
    assert_eq!(fold("ÉVÉNEMENT"), "evenement");
    assert_eq!(fold("Straße"), "strasse");
    assert_eq!(fold("ＡＢＣ"), "abc");
    assert_eq!(fold("Œuvre"), "oeuvre");
    assert_eq!(fold("Türkiye"), "turkiye");
    assert_eq!(fold("Đà Nẵng".split(' ').next().unwrap()), "da");
    assert_eq!(fold("Ærø"), "aero");
    assert_eq!(fold("हिन्दी"), "हिन्दी");
    assert_eq!(fold("인권"), "인권");
    // Soft hyphen, zero-width joiner, right-to-left override.
    assert_eq!(fold("mig\u{ad}ra\u{200d}tion\u{202e}"), "migration");
}

#[test]
fn british_and_american_spelling_are_one() {
    for (british, american) in [
        ("labour", "labor"),
        ("labourers", "laborers"),
        ("programmes", "programs"),
        ("centre", "center"),
        ("centred", "centered"),
        ("organise", "organize"),
        ("organisation", "organization"),
        ("regularised", "regularized"),
        ("analyse", "analyze"),
        ("defence", "defense"),
        ("travelling", "traveling"),
        ("fulfilling", "fulfiling"),
        ("fulfill", "fulfil"),
        ("ageing", "aging"),
        ("behavioural", "behavioral"),
        ("dialogues", "dialogs"),
    ] {
        assert_eq!(fold(british), fold(american));
        alike("en", &[british, american]);
    }
    for same in [
        "exercise",
        "promised",
        "raise",
        "raised",
        "expertise",
        "comprises",
        "supervising",
        "programmer",
        "wise",
        "rise",
        "enterprises",
        "noise",
        "our",
        "hour",
        "four",
        "tour",
    ] {
        assert_eq!(fold(same), same);
    }
}

#[test]
fn the_beginning_of_a_word_finds_both_spellings() {
    assert!(prefixes("labou").contains(&"labo".to_owned()));
    assert!(prefixes("labour").contains(&"labor".to_owned()));
    assert!(prefixes("organis").contains(&"organiz".to_owned()));
    assert!(prefixes("organisa").contains(&"organiza".to_owned()));
    assert_eq!(prefixes("migr"), ["migr"]);
    assert_eq!(prefixes("MIGRÉ"), ["migre"]);
    for (beginning, word) in [
        ("programm", "programme"),
        ("centr", "centre"),
        ("defenc", "defence"),
    ] {
        let word = fold(word);
        assert!(
            prefixes(beginning)
                .iter()
                .any(|prefix| word.starts_with(prefix)),
            "{beginning}"
        );
    }
}

#[test]
fn codes_are_kept_and_their_parts_are_found_too() {
    assert_eq!(
        folded("see A/RES/74/19."),
        ["see", "=a/res/74/19", "a", "res", "74", "19"]
    );
    assert_eq!(folded("10.7.1 and 5a"), ["10.7.1", "and", "5a"]);
    assert_eq!(
        folded("para 5(a), R.14; C-189"),
        [
            "para", "=5a", "5", "a", "=r14", "r", "14", "=c189", "c", "189"
        ]
    );
    assert_eq!(folded("SDG8"), ["=sdg8", "sdg", "8"]);
    assert_eq!(folded("1,000 people"), ["1000", "people"]);
    assert_eq!(folded("2024-05-01"), ["=2024-05-01", "2024", "05", "01"]);
}

#[test]
fn hashtags_are_words_and_themselves() {
    assert_eq!(
        folded("#LaborMigration"),
        ["=labormigration", "labor", "migration"]
    );
    assert_eq!(folded("#LabourMigration"), folded("#LaborMigration"));
    assert_eq!(
        folded("(#missing_migrants)"),
        ["=missingmigrants", "missing", "migrants"]
    );
    assert_eq!(
        folded("#SDGGoals#GCM"),
        ["=sdggoals", "sdg", "goals", "gcm"]
    );
    assert_eq!(folded("# 5 #"), ["5"]);
    assert_eq!(
        folded("#الهجرة_النظامية"),
        ["=الهجرهالنظاميه", "الهجره", "النظاميه"]
    );
}

#[test]
fn hyphens_dots_and_abbreviations() {
    assert_eq!(folded("follow-up"), ["=followup", "follow", "up"]);
    assert_eq!(folded("co-operation")[0], "=cooperation");
    assert_eq!(folded("U.N. texts"), ["un", "texts"]);
    assert_eq!(folded("adopted.Further"), ["adopted", "further"]);
    assert_eq!(
        folded("end of the day-to-day-to-day").last().unwrap(),
        "day"
    );
}

#[test]
fn scripts_without_spaces_give_pairs() {
    assert_eq!(folded("移民工人 2030"), ["移民", "民工", "工人", "2030"]);
    assert_eq!(folded("人"), ["人"]);
    assert_eq!(folded("データ"), ["デー", "ータ"]);
    assert!(folded("สิทธิมนุษยชน").len() > 4);
    // What is asked is found within what stands there.
    let text = folded("保护移徙工人的权利");
    assert!(folded("移徙工人").iter().all(|pair| text.contains(pair)));
}

#[test]
fn places_follow_one_another_and_point_into_the_text() {
    let text = "L’accès: follow-up of #LaborMigration";
    let words = words(text, "fr");
    let places: Vec<_> = words
        .iter()
        .map(|word| (word.position, word.length, word.whole))
        .collect();
    assert_eq!(
        places,
        [
            (0, 1, false),
            (1, 2, true),
            (1, 1, false),
            (2, 1, false),
            (3, 1, false),
            (4, 2, true),
            (4, 1, false),
            (5, 1, false)
        ]
    );
    assert_eq!(&text[words[0].from..words[0].to], "L’accès");
    assert_eq!(&text[words[5].from..words[5].to], "LaborMigration");
}

#[test]
fn stop_words_are_known_by_language() {
    assert!(
        stop_word("en", "the")
            && stop_word("", "of")
            && stop_word("fr-FR", "les")
            && stop_word("pt", "não".replace('ã', "a").as_str())
    );
    assert!(stop_word("ar", &fold("في")) && stop_word("en", &fold("don't")));
    assert!(!stop_word("en", "migration") && !stop_word("xx", "the"));
}

#[test]
fn tokenizers_are_registered_by_language() {
    let manager = TokenizerManager::new();
    register(&manager);
    for language in languages() {
        assert!(
            manager.get(tokenizer_name(language)).is_some(),
            "{language}"
        );
    }
    assert_eq!(tokenizer_name("pt-BR"), "text_pt");
    assert_eq!(tokenizer_name("nb"), "text_no");
    assert_eq!(tokenizer_name("zh-Hans"), FOLDED);
    assert_eq!(tokenizer_name(""), FOLDED);
    let mut french = manager.get("text_fr").unwrap();
    let mut stream = french.token_stream("Les recommandations adoptées");
    let mut texts = Vec::new();
    stream.process(&mut |token| texts.push((token.text.clone(), token.position)));
    assert_eq!(
        texts,
        [
            ("le".to_owned(), 0),
            ("recommand".to_owned(), 1),
            ("adopt".to_owned(), 2)
        ]
    );
}

#[test]
fn languages_are_guessed_of_sentences_only() {
    assert_eq!(
        guess("Take further steps to protect the rights of migrant workers and their families"),
        Some("en")
    );
    assert_eq!(
        guess("Prendre des mesures pour protéger les droits des travailleurs migrants"),
        Some("fr")
    );
    assert_eq!(
        guess("حماية حقوق العمال المهاجرين وأفراد أسرهم"),
        Some("ar")
    );
    assert_eq!(guess("x"), None);
}

#[test]
fn a_word_of_which_stemming_leaves_nothing_keeps_its_letters() {
    for language in languages() {
        for word in words("\u{6e5}s\u{e01}", language) {
            assert!(!word.stem.is_empty(), "{language}: {word:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is thrown at it: no panic in any language, offsets within the text, words of bounded length.
    #[test]
    fn any_text_gives_words(text in "(\\PC|[\\x00-\\x20#./'’-]|[a-zA-Z]{1,9}|[\u{600}-\u{6ff}]{1,9}|[α-ω]{1,9}|[а-я]{1,9}|[क-ह]{1,5}|[ก-๛]{1,5}|[一-丐]{1,4}){0,30}") {
        for language in languages().chain([""]) {
            let mut last = 0;
            for word in words(&text, language) {
                prop_assert!(text.get(word.from..word.to).is_some());
                prop_assert!(!word.folded.is_empty() && !word.stem.is_empty() && word.length >= 1);
                prop_assert!(word.folded.chars().count() <= 4 * fold::MAX_CHARS);
                prop_assert!(word.position >= last);
                last = word.position;
            }
        }
    }

    /// Folding what is folded changes nothing, so that an indexed term can be asked for as it stands.
    #[test]
    fn folding_is_idempotent(word in "[a-zA-ZÀ-ÿ]{1,12}(is(e|ed|ing|ation)|our(s|ed)?|tre|ll(ed|ing))?") {
        let once = fold(&word);
        prop_assert_eq!(fold(&once), once);
    }
}
