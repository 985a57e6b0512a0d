//! Vocabularies: the status words of other systems, and what they mean here.
//!
//! They are data. A word that comes with its vocabulary is looked up when it is recorded; what it meant then is
//! stored beside it, so a vocabulary that is mended later changes nothing that was recorded.

use std::collections::BTreeMap;

use rapporteur_proto::recommendations::v1::{
    CommitmentState, CreateVocabularyRequest, Implementation, ListVocabulariesRequest,
    RecommendationState, Response, Term, UpdateVocabularyRequest, Vocabulary,
};
use rapporteur_records::words::text::{LONG, SHORT, fold};
use rapporteur_records::{
    Call, Error, Field, Listing, Noun, Pattern, Records, Result, Stored, Violations, draft, name,
};

use crate::reference::References;
use crate::register::Register;

/// Most words of a vocabulary.
const TERMS: usize = 200;
/// Most words that an error tells: it travels in a header.
const TOLD: usize = 30;

/// Vocabularies.
pub static VOCABULARY: Noun<Vocabulary> = Noun {
    kind: 8,
    pattern: Pattern("vocabularies/*"),
    field: "vocabulary",
    output_only: &[],
    under: None,
    index: |_| Vec::new(),
    guards: |_| Vec::new(),
    complete: |_| {},
    check,
};

fn check(vocabulary: &Vocabulary, violations: &mut Violations) {
    violations.localized("vocabulary.title", vocabulary.title.as_ref(), SHORT, true);
    let terms = &vocabulary.terms;
    violations.require(
        terms.len() <= TERMS,
        "vocabulary.terms",
        format_args!("has {} words; at most {TERMS} are kept", terms.len()),
    );
    let mut known = BTreeMap::new();
    for (place, term) in terms.iter().enumerate() {
        let at = format_args!("vocabulary.terms[{place}]");
        spelling(
            format_args!("{at}.word"),
            &term.word,
            &mut known,
            violations,
        );
        violations.list(format_args!("{at}.aliases"), term.aliases.len());
        for (place, alias) in term.aliases.iter().enumerate() {
            spelling(
                format_args!("{at}.aliases[{place}]"),
                alias,
                &mut known,
                violations,
            );
        }
        violations.choice::<Response>(format_args!("{at}.response"), term.response, true);
        violations.choice::<Implementation>(
            format_args!("{at}.implementation"),
            term.implementation,
            true,
        );
        violations.choice::<RecommendationState>(
            format_args!("{at}.text_state"),
            term.text_state,
            true,
        );
        violations.choice::<CommitmentState>(
            format_args!("{at}.commitment_state"),
            term.commitment_state,
            true,
        );
        violations.plain(format_args!("{at}.note"), &term.note, LONG);
    }
    violations.plain("vocabulary.note", &vocabulary.note, LONG);
    violations.provenance("vocabulary.provenance", &vocabulary.provenance);
    violations.external_ids("vocabulary.external_ids", &vocabulary.external_ids);
}

/// One spelling of a word, which no other word of the vocabulary may have.
fn spelling<'a>(
    field: impl Field,
    word: &'a str,
    known: &mut BTreeMap<String, &'a str>,
    violations: &mut Violations,
) {
    let key = folded(word);
    violations.require(!key.is_empty(), field, "is empty");
    violations.plain(field, word, SHORT);
    if let Some(other) = known.insert(key, word) {
        let same = format!(
            "{} is the same word as {}",
            name::quoted(word),
            name::quoted(other)
        );
        violations.add(field, same);
    }
}

/// A word without case, accents and the number of its spaces.
fn folded(word: &str) -> String {
    fold(word).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Records a new vocabulary.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateVocabularyRequest,
) -> Result<Stored> {
    let id = &request.vocabulary_id;
    let begun = records.create(&VOCABULARY, call, "", id, request.vocabulary);
    let draft = draft!(begun.await?);
    refer(&draft.new).check(records, register).await?;
    draft.commit().await
}

/// Changes a vocabulary. What was recorded with its words stays as it was.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateVocabularyRequest,
) -> Result<Stored> {
    let mask = request.update_mask.as_ref();
    let begun = records.update(&VOCABULARY, call, request.vocabulary, mask);
    let draft = draft!(begun.await?);
    refer(&draft.new).check(records, register).await?;
    draft.commit().await
}

fn refer(vocabulary: &Vocabulary) -> References {
    let mut references = References::default();
    references.provenance("vocabulary.provenance", &vocabulary.provenance);
    references
}

/// What a list asks for: all of them, by name.
pub fn listing(_: &ListVocabulariesRequest) -> Result<Listing<Vocabulary>> {
    Listing::children(&VOCABULARY, "")
}

/// The term of a word, by any of its spellings.
pub fn find<'a>(vocabulary: &'a Vocabulary, word: &str) -> Option<&'a Term> {
    let wanted = folded(word);
    vocabulary.terms.iter().find(|term| {
        std::iter::once(&term.word)
            .chain(&term.aliases)
            .any(|spelling| folded(spelling) == wanted)
    })
}

/// What `word` means in a vocabulary; nothing where no vocabulary is named. `at` is the path of the message that
/// holds the fields `word` and `vocabulary`.
pub async fn meaning(records: &Records, at: &str, vocabulary: &str, word: &str) -> Result<Term> {
    if vocabulary.is_empty() {
        return Ok(Term::default());
    }
    let field = path(at, "vocabulary");
    let (vocabulary, _) = records.referred(&VOCABULARY, &field, vocabulary).await?;
    if let Some(term) = find(&vocabulary, word) {
        return Ok(term.clone());
    }
    let words = vocabulary.terms.iter().map(|term| name::quoted(&term.word));
    let told: Vec<String> = words.take(TOLD).collect();
    let more = if vocabulary.terms.len() > TOLD {
        ", ..."
    } else {
        ""
    };
    let wrong = format!(
        "{} is no word of {}, which has {}{more}",
        name::quoted(word),
        vocabulary.name,
        told.join(", ")
    );
    Err(Error::invalid(path(at, "word"), wrong))
}

/// Takes what a word means for what was left out; refuses what contradicts it.
pub fn agree(field: &str, stated: &mut i32, meant: i32, term: &Term) -> Result<()> {
    if *stated == 0 {
        *stated = meant;
    } else if meant != 0 && meant != *stated {
        let wrong = format!(
            "contradicts the vocabulary, in which {} means something else; leave it out",
            name::quoted(&term.word)
        );
        return Err(Error::invalid(field, wrong));
    }
    Ok(())
}

/// The path of a field of the message at `at`; the request itself when that is empty.
pub fn path(at: &str, field: &str) -> String {
    if at.is_empty() {
        field.to_owned()
    } else {
        format!("{at}.{field}")
    }
}
