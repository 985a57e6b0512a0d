//! Crosswalks: how the nodes of one plan stand to those of another.
//!
//! A crosswalk belongs to the plan of its first node. No two of a plan tie the same pair of nodes; one that no
//! longer holds is withdrawn, not removed.

use bytes::Bytes;
use rapporteur_proto::events::v1::{
    CreateCrosswalkRequest, Crosswalk, CrosswalkKind, ListCrosswalksRequest, UpdateCrosswalkRequest,
};
use rapporteur_records::list::is_under;
use rapporteur_records::words::text::LONG;
use rapporteur_records::{
    Call, Error, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft, layout,
    name,
};
use rapporteur_store::Write;

use crate::dialogue::parent_exists;
use crate::plan::PLAN;
use crate::plan_node::PLAN_NODE;
use crate::reference::References;

/// node, name: of both nodes.
const BY_NODE: u8 = 1;
/// from, to: the pair is taken.
const PAIR: u8 = 1;

/// Crosswalks.
pub static CROSSWALK: Noun<Crosswalk> = Noun {
    kind: 10,
    pattern: Pattern("dialogues/*/plans/*/crosswalks/*"),
    field: "crosswalk",
    output_only: &[],
    under: None,
    index: |crosswalk| {
        [&crosswalk.from_node, &crosswalk.to_node]
            .map(|node| {
                layout::index(CROSSWALK.kind, BY_NODE)
                    .str(node)
                    .str(&crosswalk.name)
                    .into_bytes()
            })
            .into()
    },
    guards: |crosswalk| vec![pair(crosswalk)],
    complete: |_| {},
    check,
};

/// The row that says that these two nodes are tied.
fn pair(crosswalk: &Crosswalk) -> Bytes {
    layout::guard(CROSSWALK.kind, PAIR)
        .str(&crosswalk.from_node)
        .str(&crosswalk.to_node)
        .into_bytes()
}

fn check(crosswalk: &Crosswalk, violations: &mut Violations) {
    let Crosswalk {
        name,
        from_node,
        to_node,
        ..
    } = crosswalk;
    violations.required_name("crosswalk.from_node", from_node, PLAN_NODE.pattern);
    violations.required_name("crosswalk.to_node", to_node, PLAN_NODE.pattern);
    let of = |node: &str| name::parent_of(node) == name::parent_of(name);
    violations.require(
        !PLAN_NODE.pattern.matches(from_node) || of(from_node),
        "crosswalk.from_node",
        format_args!("is not a node of {}", name::parent_of(name)),
    );
    violations.require(
        !PLAN_NODE.pattern.matches(to_node) || !of(to_node),
        "crosswalk.to_node",
        "is a node of the same plan; a crosswalk leads to another",
    );
    violations.choice::<CrosswalkKind>("crosswalk.kind", crosswalk.kind, false);
    violations.plain("crosswalk.note", &crosswalk.note, LONG);
    violations.provenance("crosswalk.provenance", &crosswalk.provenance);
    violations.external_ids("crosswalk.external_ids", &crosswalk.external_ids);
}

/// Records a new crosswalk.
pub async fn create(
    records: &Records,
    call: Call,
    request: CreateCrosswalkRequest,
) -> Result<Stored> {
    let begun = records.create(
        &CROSSWALK,
        call,
        &request.parent,
        &request.crosswalk_id,
        request.crosswalk,
    );
    let mut draft = draft!(begun.await?);
    refer(records, &draft.new).await?;
    let pair = pair(&draft.new);
    if let Some(row) = records.store().get(&pair).await? {
        let holder = String::from_utf8_lossy(&row.value).into_owned();
        return Err(Error::Precondition {
            reason: "ALREADY_TIED",
            description: format!("crosswalk.to_node: {holder} ties the two nodes already"),
            subject: holder,
            legal: Vec::new(),
        });
    }
    draft.change.check(pair.clone(), 0);
    draft.change.write(Write::put(pair, draft.new.name.clone()));
    draft.commit().await
}

/// Changes a crosswalk; its nodes stay.
pub async fn update(
    records: &Records,
    call: Call,
    request: UpdateCrosswalkRequest,
) -> Result<Stored> {
    let begun = records.update(
        &CROSSWALK,
        call,
        request.crosswalk,
        request.update_mask.as_ref(),
    );
    let draft = draft!(begun.await?);
    let mut violations = Violations::default();
    let (old, new) = (draft.before(), &draft.new);
    for (field, same) in [
        ("crosswalk.from_node", old.from_node == new.from_node),
        ("crosswalk.to_node", old.to_node == new.to_node),
    ] {
        violations.require(
            same,
            field,
            "cannot be changed; withdraw this crosswalk and record another",
        );
    }
    violations.done()?;
    refer(records, &draft.new).await?;
    draft.commit().await
}

async fn refer(records: &Records, crosswalk: &Crosswalk) -> Result<()> {
    let mut references = References::default();
    references.one(&PLAN, "parent", name::parent_of(&crosswalk.name));
    references.one(&PLAN_NODE, "crosswalk.from_node", &crosswalk.from_node);
    references.one(&PLAN_NODE, "crosswalk.to_node", &crosswalk.to_node);
    references.provenance("crosswalk.provenance", &crosswalk.provenance);
    references.check(records).await
}

/// What a list asks for.
pub async fn listing(
    records: &Records,
    request: &ListCrosswalksRequest,
) -> Result<Listing<Crosswalk>> {
    let mut violations = Violations::default();
    violations.name("node", &request.node, PLAN_NODE.pattern);
    violations.done()?;
    let mut listing = Listing::children(&CROSSWALK, &request.parent)?;
    parent_exists(records, &PLAN, &request.parent, request.as_of).await?;
    if !request.node.is_empty() {
        let of_node = layout::index(CROSSWALK.kind, BY_NODE).str(&request.node);
        listing.ranges = vec![Range::prefix(of_node.into_bytes())];
        let parent = request.parent.clone();
        listing = listing.only(move |crosswalk| is_under(&crosswalk.name, &parent));
    }
    Ok(listing)
}
