//! Relations between texts, and that nothing supersedes itself, by whatever way.

use rapporteur_proto::recommendations::v1::{Recommendation, Relation, RelationKind as Kind};
use rapporteur_records::{Change, Draft, Error, Records, Result, Violations, name};

use super::RECOMMENDATION;
use crate::instrument::{EVENT, INSTRUMENT};

/// Most texts that are walked to prove that there is no cycle: each is a check of the commit.
const WALKED: usize = 500;

pub(super) fn check(recommendation: &Recommendation, violations: &mut Violations) {
    let relations = &recommendation.relations;
    violations.list("recommendation.relations", relations.len());
    for (place, relation) in relations.iter().enumerate() {
        let at = format_args!("recommendation.relations[{place}]");
        violations.choice::<Kind>(format_args!("{at}.kind"), relation.kind, false);
        let target = relation.target.as_str();
        let text = RECOMMENDATION.pattern.matches(target);
        violations.require(
            text || INSTRUMENT.pattern.matches(target) || EVENT.matches(target),
            format_args!("{at}.target"),
            format_args!(
                "{} is not the name of a recommendation, an instrument or an event",
                name::quoted(target)
            ),
        );
        let of_texts = matches!(relation.kind(), Kind::Supersedes | Kind::Amends);
        violations.require(
            text || !of_texts,
            format_args!("{at}.target"),
            "is no recommendation; only texts are superseded or amended",
        );
        violations.require(
            target != recommendation.name,
            format_args!("{at}.target"),
            "is the recommendation itself",
        );
        let twice = relations[..place]
            .iter()
            .any(|r| r.kind == relation.kind && r.target == relation.target);
        violations.require(!twice, at, "says the same as one before it");
        if let Some(provenance) = &relation.provenance {
            violations.one_provenance(format_args!("{at}.provenance"), provenance);
        }
    }
}

/// What a text supersedes.
fn superseded(recommendation: &Recommendation) -> impl Iterator<Item = &str> {
    recommendation
        .relations
        .iter()
        .filter(|r| r.kind() == Kind::Supersedes)
        .map(|r| r.target.as_str())
}

/// Checks the relations of a drafted text: what it newly supersedes must not supersede it, and what it is on
/// record to have superseded stays so.
pub(super) async fn supersede_no_cycle(
    records: &Records,
    draft: &mut Draft<'_, Recommendation>,
) -> Result<()> {
    let before: Vec<&str> = draft
        .old
        .iter()
        .flat_map(|(old, _)| superseded(old))
        .collect();
    let after: Vec<&str> = superseded(&draft.new).collect();
    for gone in before.iter().filter(|target| !after.contains(target)) {
        let target = records.find(&RECOMMENDATION, gone).await?;
        if target.is_some_and(|(t, _)| t.superseded_by == draft.new.name) {
            return Err(Error::Precondition {
                reason: "RELATION_IN_FORCE",
                subject: draft.new.name.clone(),
                description: format!(
                    "recommendation.relations: {gone} is superseded by {}; that stays on record",
                    draft.new.name
                ),
                legal: Vec::new(),
            });
        }
    }
    let targets: Vec<String> = after
        .iter()
        .filter(|t| !before.contains(t))
        .map(|t| (*t).to_owned())
        .collect();
    // Nothing can supersede a record that does not exist yet.
    if draft.old.is_none() {
        return Ok(());
    }
    no_cycle(
        records,
        &mut draft.change,
        "recommendation.relations",
        &draft.new.name,
        targets,
    )
    .await
}

/// Holds when none of `targets` supersedes `name`, by whatever way. The commit holds only if every text on the
/// way is as it was read.
pub(super) async fn no_cycle(
    records: &Records,
    change: &mut Change<'_>,
    field: &str,
    name: &str,
    targets: Vec<String>,
) -> Result<()> {
    let mut open = targets.clone();
    let mut walked = targets;
    while let Some(next) = open.pop() {
        if next == name {
            return Err(Error::invalid(
                field,
                format!("makes a cycle: {name} would supersede itself"),
            ));
        }
        if walked.len() > WALKED {
            return Err(Error::Exhausted(format!(
                "more than {WALKED} texts are superseded by this one, by whatever way"
            )));
        }
        let (record, version) = records.referred(&RECOMMENDATION, field, &next).await?;
        change.check_record(&RECOMMENDATION, &next, version);
        for target in superseded(&record) {
            if !walked.iter().any(|w| w == target) {
                walked.push(target.to_owned());
                open.push(target.to_owned());
            }
        }
    }
    Ok(())
}

/// Notes that `successor` supersedes `name`, if it does not say so already.
pub(super) fn add(successor: &mut Recommendation, name: &str) {
    if !superseded(successor).any(|target| target == name) {
        successor.relations.push(Relation {
            kind: Kind::Supersedes.into(),
            target: name.to_owned(),
            provenance: None,
        });
    }
}
