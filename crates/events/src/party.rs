//! Parties: states, organisations, persons.

use rapporteur_proto::events::v1::{
    CreatePartyRequest, ListPartiesRequest, Party, PartyKind, UpdatePartyRequest,
};
use rapporteur_proto::r#type::v1::LocalizedText;
use rapporteur_records::words::text::{LONG, SHORT, begins_a_word, begins_a_word_of};
use rapporteur_records::{
    Call, Draft, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft, layout,
};
use rapporteur_store::key::Key;

use crate::ancestry;
use crate::reference::References;

const BY_KIND: u8 = 1;

/// Parties.
pub static PARTY: Noun<Party> = Noun {
    kind: 1,
    pattern: Pattern("parties/*"),
    field: "party",
    output_only: &[],
    under: None,
    index: |party| {
        vec![
            layout::index(PARTY.kind, BY_KIND)
                .i64(party.kind.into())
                .str(&party.name)
                .into_bytes(),
        ]
    },
    guards: |_| Vec::new(),
    complete,
    check,
};

fn complete(party: &mut Party) {
    let unnamed = party
        .title
        .as_ref()
        .is_none_or(|t| t.by_language.is_empty());
    if let Some(country) = rust_iso3166::from_alpha2(&party.country_code).filter(|_| unnamed) {
        party.title = Some(LocalizedText {
            by_language: [("en".to_owned(), country.name.to_owned())].into(),
            ..LocalizedText::default()
        });
    }
}

fn check(party: &Party, violations: &mut Violations) {
    violations.choice::<PartyKind>("party.kind", party.kind, false);
    violations.localized("party.title", party.title.as_ref(), SHORT, true);
    match (party.kind(), party.country_code.is_empty()) {
        (PartyKind::State, _) => violations.country("party.country_code", &party.country_code),
        (_, false) => violations.add("party.country_code", "is only for states"),
        _ => {}
    }
    violations.plain("party.acronym", &party.acronym, SHORT);
    violations.list("party.aliases", party.aliases.len());
    for (place, alias) in party.aliases.iter().enumerate() {
        violations.plain(format_args!("party.aliases[{place}]"), alias, SHORT);
    }
    violations.name("party.parent_party", &party.parent_party, PARTY.pattern);
    violations.plain("party.description", &party.description, LONG);
    violations.provenance("party.provenance", &party.provenance);
    violations.external_ids("party.external_ids", &party.external_ids);
}

/// Records a new party.
pub async fn create(records: &Records, call: Call, request: CreatePartyRequest) -> Result<Stored> {
    finish(
        records,
        draft!(
            records
                .create(&PARTY, call, "", &request.party_id, request.party)
                .await?
        ),
    )
    .await
}

/// Changes a party.
pub async fn update(records: &Records, call: Call, request: UpdatePartyRequest) -> Result<Stored> {
    finish(
        records,
        draft!(
            records
                .update(&PARTY, call, request.party, request.update_mask.as_ref())
                .await?
        ),
    )
    .await
}

async fn finish(records: &Records, mut draft: Draft<'_, Party>) -> Result<Stored> {
    ancestry::place(records, &mut draft, "party.parent_party", |party| {
        &party.parent_party
    })
    .await?;
    let mut references = References::default();
    references.provenance("party.provenance", &draft.new.provenance);
    references.check(records).await?;
    draft.commit().await
}

/// The rows of an index by party, `of_party`, that lead to records under `parent` (an id may be `-`). The
/// names follow the party in the index, so one dialogue is one stretch of it.
pub(crate) fn under<T>(of_party: Key, parent: &str, noun: &Noun<T>) -> Range {
    if parent.contains("/-") {
        return Range::prefix(of_party.into_bytes());
    }
    let names = of_party
        .str(&format!("{parent}/{}/", noun.pattern.collection()))
        .into_bytes();
    // Without the end mark of the text.
    Range::prefix(names.slice(..names.len() - 2))
}

/// What a list asks for.
pub fn listing(request: &ListPartiesRequest) -> Result<Listing<Party>> {
    let mut violations = Violations::default();
    violations.choice::<PartyKind>("kind", request.kind, true);
    violations.plain("text_prefix", &request.text_prefix, SHORT);
    violations.done()?;
    let mut listing = Listing::names(&PARTY, "");
    if request.kind != 0 {
        let of_kind = layout::index(PARTY.kind, BY_KIND)
            .i64(request.kind.into())
            .into_bytes();
        listing.ranges = vec![Range::prefix(of_kind)];
    }
    if !request.text_prefix.is_empty() {
        let prefix = request.text_prefix.clone();
        listing = listing.only(move |party| {
            let mut others = [&party.acronym, &party.country_code]
                .into_iter()
                .chain(&party.aliases);
            begins_a_word(party.title.as_ref(), &prefix)
                || others.any(|word| begins_a_word_of(word, &prefix))
        });
    }
    Ok(listing)
}
