//! What a verdict does to its recommendation: the tie that was suggested is written, or taken off again.

use rapporteur_proto::recommendations::v1::{
    Addressee, Recommendation, Relation, RelationKind, Verdict, VerdictKind as Kind,
};
use rapporteur_proto::r#type::v1::{PlanLink, PlanLinkKind};
use rapporteur_records::{Change, Error, Records, Result};

use crate::addressee;

/// Writes the tie, if it is not there: on the text, or as an addressee of it.
pub(super) async fn add(
    records: &Records,
    change: &mut Change<'_>,
    verdict: &Verdict,
    text: &mut Recommendation,
) -> Result<()> {
    let object = verdict.object.clone();
    match verdict.kind() {
        Kind::Unspecified => {}
        Kind::Repeats | Kind::DuplicateOf => {
            let kind = relation(verdict.kind()).into();
            if !text.relations.iter().any(|r| is(r, kind, &object)) {
                text.relations.push(Relation {
                    kind,
                    target: object,
                    provenance: None,
                });
            }
        }
        Kind::Theme => {
            if !text.themes.contains(&object) {
                text.themes.push(object);
            }
        }
        Kind::PlanNode => {
            if !text.plan_links.iter().any(|link| link.node == object) {
                text.plan_links.push(PlanLink {
                    node: object,
                    kind: PlanLinkKind::Addressed.into(),
                    provenance: None,
                });
            }
        }
        Kind::Party => {
            let asked = Addressee {
                party: object,
                ..Addressee::default()
            };
            addressee::with(records, change, &text.name, asked).await?;
        }
    }
    Ok(())
}

/// Takes the tie off the text, if it is still there.
pub(super) fn remove(verdict: &Verdict, text: &mut Recommendation) -> Result<()> {
    let object = verdict.object.as_str();
    match verdict.kind() {
        Kind::Unspecified => {}
        Kind::Repeats | Kind::DuplicateOf => {
            let kind = relation(verdict.kind()).into();
            text.relations.retain(|r| !is(r, kind, object));
        }
        Kind::Theme => text.themes.retain(|theme| theme != object),
        Kind::PlanNode => text.plan_links.retain(|link| link.node != object),
        Kind::Party => {
            return Err(Error::Precondition {
                reason: "ADDRESSED",
                subject: verdict.name.clone(),
                description: format!(
                    "verdict.decision: {object} is addressed by {}; that stays on record",
                    text.name
                ),
                legal: Vec::new(),
            });
        }
    }
    Ok(())
}

fn relation(kind: Kind) -> RelationKind {
    match kind {
        Kind::DuplicateOf => RelationKind::DuplicateOf,
        _ => RelationKind::Repeats,
    }
}

fn is(relation: &Relation, kind: i32, target: &str) -> bool {
    relation.kind == kind && relation.target == target
}
