//! Plans: draft -> adopted -> in force -> expired or superseded.

use rapporteur_proto::events::v1::{
    AdoptPlanRequest, BringIntoForcePlanRequest, CreatePlanRequest, DeclaredCount,
    ExpirePlanRequest, ListPlansRequest, Plan, PlanNodeKind, PlanState as State,
    SupersedePlanRequest, UpdatePlanRequest,
};
use rapporteur_records::edit::illegal_move;
use rapporteur_records::words::text::SHORT;
use rapporteur_records::words::{claim, date};
use rapporteur_records::{
    Call, Draft, Field, Listing, Noun, Pattern, Records, Result, Stored, Violations, draft, name,
};

use crate::ancestry;
use crate::dialogue::{DIALOGUE, parent_exists};
use crate::reference::References;

/// Plans.
pub static PLAN: Noun<Plan> = Noun {
    kind: 7,
    pattern: Pattern("dialogues/*/plans/*"),
    field: "plan",
    output_only: &["state"],
    under: None,
    index: |_| Vec::new(),
    guards: |_| Vec::new(),
    complete: |plan| {
        date::complete(&mut plan.adopted);
        date::complete(&mut plan.start);
        date::complete(&mut plan.end);
        claim::complete(&mut plan.claims);
        if plan.state == 0 {
            plan.state = State::Draft.into();
        }
    },
    check,
};

fn check(plan: &Plan, violations: &mut Violations) {
    violations.localized("plan.title", plan.title.as_ref(), SHORT, true);
    violations.choice::<State>("plan.state", plan.state, false);
    violations.date("plan.adopted", plan.adopted.as_ref());
    violations.period(
        ("plan.start", plan.start.as_ref()),
        ("plan.end", plan.end.as_ref()),
    );
    violations.name("plan.superseded_by", &plan.superseded_by, PLAN.pattern);
    match (
        plan.state() == State::Superseded,
        plan.superseded_by.is_empty(),
    ) {
        (true, true) => violations.add(
            "plan.superseded_by",
            "is empty; a superseded plan names its successor",
        ),
        (false, false) => violations.add(
            "plan.superseded_by",
            "is only for superseded plans; supersede it",
        ),
        _ => {}
    }
    declared_counts("plan.declared_counts", &plan.declared_counts, violations);
    violations.claims("plan.claims", &plan.claims);
    violations.documents("plan.documents", &plan.documents);
    violations.provenance("plan.provenance", &plan.provenance);
    violations.external_ids("plan.external_ids", &plan.external_ids);
}

/// How many nodes of each kind a plan or node says that it has: each kind once.
pub(crate) fn declared_counts(
    field: impl Field,
    counts: &[DeclaredCount],
    violations: &mut Violations,
) {
    violations.list(field, counts.len());
    for (place, count) in counts.iter().enumerate() {
        let at = format_args!("{field}[{place}]");
        violations.choice::<PlanNodeKind>(format_args!("{at}.kind"), count.kind, false);
        violations.require(count.count >= 0, format_args!("{at}.count"), "is negative");
        let twice = counts[..place].iter().any(|c| c.kind == count.kind);
        violations.require(!twice, format_args!("{at}.kind"), "is there twice");
        if let Some(provenance) = &count.provenance {
            violations.one_provenance(format_args!("{at}.provenance"), provenance);
        }
    }
}

/// Records a new plan.
pub async fn create(records: &Records, call: Call, request: CreatePlanRequest) -> Result<Stored> {
    finish(
        records,
        draft!(
            records
                .create(&PLAN, call, &request.parent, &request.plan_id, request.plan)
                .await?
        ),
    )
    .await
}

/// Changes a plan.
pub async fn update(records: &Records, call: Call, request: UpdatePlanRequest) -> Result<Stored> {
    finish(
        records,
        draft!(
            records
                .update(&PLAN, call, request.plan, request.update_mask.as_ref())
                .await?
        ),
    )
    .await
}

/// Adopts a draft plan, on a day if it is known.
pub async fn adopt(records: &Records, call: Call, request: AdoptPlanRequest) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&PLAN, call, &request.name, &request.etag)
            .await?
    );
    let mut on = request.on;
    date::complete(&mut on);
    let mut violations = Violations::default();
    violations.date("on", on.as_ref());
    violations.done()?;
    advance(&mut draft, "adopt", State::Adopted)?;
    if on.is_some() {
        draft.new.adopted = on;
    }
    finish(records, draft).await
}

/// An adopted plan comes into force.
pub async fn bring_into_force(
    records: &Records,
    call: Call,
    request: BringIntoForcePlanRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&PLAN, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, "bring into force", State::InForce)?;
    finish(records, draft).await
}

/// A plan in force has run out.
pub async fn expire(records: &Records, call: Call, request: ExpirePlanRequest) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&PLAN, call, &request.name, &request.etag)
            .await?
    );
    advance(&mut draft, "expire", State::Expired)?;
    finish(records, draft).await
}

/// Another plan takes the place of a plan in force.
pub async fn supersede(
    records: &Records,
    call: Call,
    request: SupersedePlanRequest,
) -> Result<Stored> {
    let mut draft = draft!(
        records
            .act(&PLAN, call, &request.name, &request.etag)
            .await?
    );
    PLAN.pattern.check("successor", &request.successor)?;
    advance(&mut draft, "supersede", State::Superseded)?;
    draft.new.superseded_by.clone_from(&request.successor);
    ancestry::place(records, &mut draft, "successor", |plan| &plan.superseded_by).await?;
    draft.settle()?;
    draft.commit().await
}

fn advance(draft: &mut Draft<'_, Plan>, verb: &str, to: State) -> Result<()> {
    let (from, legal): (_, &[&str]) = match draft.new.state() {
        State::Unspecified | State::Draft => ("a draft", &["adopt"]),
        State::Adopted => ("adopted", &["bring into force"]),
        State::InForce => ("in force", &["expire", "supersede"]),
        State::Expired => ("expired", &[]),
        State::Superseded => ("superseded", &[]),
    };
    if !legal.contains(&verb) {
        return Err(illegal_move(&draft.new.name, from, verb, legal));
    }
    draft.new.state = to.into();
    Ok(())
}

async fn finish(records: &Records, mut draft: Draft<'_, Plan>) -> Result<Stored> {
    draft.settle()?;
    ancestry::place(records, &mut draft, "plan.superseded_by", |plan| {
        &plan.superseded_by
    })
    .await?;
    let plan = &draft.new;
    let mut references = References::default();
    references.one(&DIALOGUE, "parent", name::parent_of(&plan.name));
    for (place, count) in plan.declared_counts.iter().enumerate() {
        references.one_provenance(
            format_args!("plan.declared_counts[{place}]"),
            count.provenance.as_ref(),
        );
    }
    references.claims("plan.claims", &plan.claims);
    references.provenance("plan.provenance", &plan.provenance);
    references.check(records).await?;
    draft.commit().await
}

/// What a list asks for.
pub async fn listing(records: &Records, request: &ListPlansRequest) -> Result<Listing<Plan>> {
    let mut violations = Violations::default();
    violations.choice::<State>("state", request.state, true);
    violations.done()?;
    let listing = Listing::children(&PLAN, &request.parent)?;
    parent_exists(records, &DIALOGUE, &request.parent, request.as_of).await?;
    let state = request.state;
    Ok(if state == 0 {
        listing
    } else {
        listing.only(move |plan| plan.state == state)
    })
}
