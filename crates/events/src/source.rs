//! Sources: posts, pages and documents, word for word.

use rapporteur_proto::events::v1::{
    CreateSourceRequest, ListSourcesRequest, Source, UpdateSourceRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::{SHORT, WHOLE};
use rapporteur_records::{
    Call, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft, layout,
};

use crate::dialogue::DIALOGUE;
use crate::party::PARTY;
use crate::reference::References;

const BY_DIALOGUE: u8 = 1;

/// Most dialogues that a source concerns: each is an index row.
const MOST_DIALOGUES: usize = 100;

/// Sources.
pub static SOURCE: Noun<Source> = Noun {
    kind: 2,
    pattern: Pattern("sources/*"),
    field: "source",
    output_only: &[],
    under: None,
    index: |source| {
        let of = |dialogue: &String| {
            layout::index(SOURCE.kind, BY_DIALOGUE)
                .str(dialogue)
                .str(&source.name)
                .into_bytes()
        };
        source.dialogues.iter().map(of).collect()
    },
    guards: |_| Vec::new(),
    complete: |source| date::complete(&mut source.published),
    check,
};

fn check(source: &Source, violations: &mut Violations) {
    violations.code("source.kind", &source.kind);
    violations.name("source.publisher", &source.publisher, PARTY.pattern);
    violations.date("source.published", source.published.as_ref());
    violations.url("source.url", &source.url);
    if !source.language.is_empty() {
        violations.language("source.language", &source.language);
    }
    violations.plain("source.text", &source.text, WHOLE);
    violations.links("source.links", &source.links);
    for (field, words) in [
        ("source.hashtags", &source.hashtags),
        ("source.mentions", &source.mentions),
    ] {
        violations.list(field, words.len());
        for (place, word) in words.iter().enumerate() {
            let at = format_args!("{field}[{place}]");
            violations.require(!word.is_empty(), at, "is empty");
            violations.plain(at, word, SHORT);
        }
    }
    violations.names("source.dialogues", &source.dialogues, DIALOGUE.pattern);
    let few = source.dialogues.len() <= MOST_DIALOGUES;
    violations.require(
        few,
        "source.dialogues",
        format_args!("names more than {MOST_DIALOGUES} dialogues"),
    );
    violations.documents("source.documents", &source.documents);
    violations.provenance("source.provenance", &source.provenance);
    violations.external_ids("source.external_ids", &source.external_ids);
}

/// Records a new source.
pub async fn create(records: &Records, call: Call, request: CreateSourceRequest) -> Result<Stored> {
    let draft = draft!(
        records
            .create(&SOURCE, call, "", &request.source_id, request.source)
            .await?
    );
    refer(records, &draft.new).await?;
    draft.commit().await
}

/// Changes a source.
pub async fn update(records: &Records, call: Call, request: UpdateSourceRequest) -> Result<Stored> {
    let draft = draft!(
        records
            .update(&SOURCE, call, request.source, request.update_mask.as_ref())
            .await?
    );
    refer(records, &draft.new).await?;
    draft.commit().await
}

async fn refer(records: &Records, source: &Source) -> Result<()> {
    let mut references = References::default();
    references.one(&PARTY, "source.publisher", &source.publisher);
    references.all(&DIALOGUE, "source.dialogues", &source.dialogues);
    references.provenance("source.provenance", &source.provenance);
    references.check(records).await
}

/// What a list asks for.
pub fn listing(request: &ListSourcesRequest) -> Result<Listing<Source>> {
    let mut violations = Violations::default();
    violations.name("dialogue", &request.dialogue, DIALOGUE.pattern);
    violations.done()?;
    let mut listing = Listing::names(&SOURCE, "");
    if !request.dialogue.is_empty() {
        let of_dialogue = layout::index(SOURCE.kind, BY_DIALOGUE)
            .str(&request.dialogue)
            .into_bytes();
        listing.ranges = vec![Range::prefix(of_dialogue)];
    }
    Ok(listing)
}
