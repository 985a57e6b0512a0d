//! What plans, recommendations, items and events lack.

use rapporteur_proto::events::v1::{EventState, Plan, PlanState};
use rapporteur_proto::gateway::v1::{GapKind, ItemFlag};
use rapporteur_proto::recommendations::v1::{
    CommitmentState, RecommendationKind, RecommendationState,
};
use rapporteur_records::name::parent_of;

use super::Search;
use crate::coverage::Tally;
use crate::day::first;
use crate::links::Cover;
use crate::outline::Counted;
use crate::period::{Period, span};
use crate::scope::Scope;
use crate::stated::stated;
use crate::subject::{Subject, adopted, is_promised};

impl Search<'_, '_> {
    /// Nodes that nothing addresses or that no text touches, and figures that differ.
    pub(super) fn plans(&mut self) {
        let wanted = [
            GapKind::NodeNeverAddressed,
            GapKind::NodeWithoutRecommendation,
            GapKind::StatedDiffers,
        ];
        if !wanted.into_iter().any(|kind| self.question.wants(kind)) {
            return;
        }
        let model = self.survey.model;
        for plan in model.plans.values() {
            let asked_for = self.question.plan == plan.name;
            if self.question.is_about_plan(&plan.name) && (asked_for || is_followed(plan)) {
                let tally = Tally::of(model, plan, &Scope::default());
                for one in &tally.outline.counted {
                    self.node(plan, &tally, one);
                }
                self.stated(plan);
            }
        }
    }

    fn node<'m>(&mut self, plan: &Plan, tally: &Tally<'m>, one: &Counted<'m>) {
        let Some(node) = one.nodes.first() else {
            return;
        };
        let text = one.nodes.iter().find_map(|node| node.text.as_ref());
        let standing = tally.standing(one);
        if !standing.addressed {
            let planned = if standing.planned {
                ", though it is planned"
            } else {
                ""
            };
            let detail = format!(
                "{} of {}: no held event and no adopted text addresses it{planned}",
                one.code, plan.name
            );
            self.add(GapKind::NodeNeverAddressed, &node.name, text, detail);
        } else if !tally.covers(one).any(Cover::is_text) {
            let detail = format!(
                "{} of {}: events address it, no recommendation and no instrument does",
                one.code, plan.name
            );
            self.add(GapKind::NodeWithoutRecommendation, &node.name, text, detail);
        }
    }

    fn stated(&mut self, plan: &Plan) {
        for one in stated(self.survey.model, plan, &Period::default()) {
            let Some(claim) = one.claim.filter(|_| one.agrees == Some(false)) else {
                continue;
            };
            let of = |value: Option<i64>, total: Option<i64>| {
                let value = value.map_or("?".to_owned(), |v| v.to_string());
                total.map_or(value.clone(), |total| format!("{value} of {total}"))
            };
            let detail = format!(
                "{} of {}: stated {}, counted {}",
                claim.measure,
                plan.name,
                of(claim.value, claim.total),
                of(one.counted, one.counted_total)
            );
            let before = self.found.len();
            self.add(GapKind::StatedDiffers, &one.name, None, detail);
            if let Some(gap) = self.found.get_mut(before) {
                // One record may carry several claims about several plans.
                gap.field = format!("claims[{}].{}", claim.id, parent_and_id(&plan.name));
            }
        }
    }

    /// Adopted operational recommendations that are addressed to nobody.
    pub(super) fn recommendations(&mut self) {
        let model = self.survey.model;
        if !self.question.wants(GapKind::RecommendationWithoutAddressee) {
            return;
        }
        for (name, text) in &model.recommendations {
            let asks = text.state() == RecommendationState::Adopted
                && text.kind() == RecommendationKind::Operational
                && self.question.is_about(name);
            let mut referrers = model.referrers(name);
            if asks
                && !referrers
                    .any(|other| model.addressees.contains_key(other) && parent_of(other) == name)
            {
                let since = first(adopted(model, text));
                self.add_since(
                    GapKind::RecommendationWithoutAddressee,
                    name,
                    text.text.as_ref(),
                    "it asks for something and is addressed to nobody".to_owned(),
                    since,
                );
            }
        }
    }

    /// Addressees for whom nobody answers, commitments without a report or a due.
    pub(super) fn items(&mut self) {
        let wanted = [
            GapKind::AddresseeWithoutFocalPoint,
            GapKind::CommitmentWithoutReport,
            GapKind::CommitmentWithoutDue,
        ];
        if !wanted.into_iter().any(|kind| self.question.wants(kind)) {
            return;
        }
        let survey = self.survey;
        for subject in Subject::all(survey.model, survey.day) {
            if !subject.is_open() || !self.question.is_about(subject.name()) {
                continue;
            }
            let item = survey.item(subject);
            let since = item.since.map(|(day, _)| day);
            let (name, text) = (subject.name(), subject.text());
            match subject {
                Subject::Addressee(entry, _) if item.has(ItemFlag::Orphaned) => {
                    let detail = if item.post.is_empty() {
                        format!("{} has no focal point here", entry.party)
                    } else {
                        format!("nobody holds {}", item.post)
                    };
                    let kind = GapKind::AddresseeWithoutFocalPoint;
                    self.add_since(kind, name, text, detail, since);
                }
                Subject::Commitment(one) if is_promised(one) => {
                    if item.has(ItemFlag::NoReport) {
                        let detail = "no report speaks of it".to_owned();
                        let kind = GapKind::CommitmentWithoutReport;
                        self.add_since(kind, name, text, detail, since);
                    }
                    let is_dated = one.due.as_ref().is_some_and(|due| !due.value.is_empty());
                    if !is_dated && one.state() != CommitmentState::Completed {
                        let detail = "nobody has said by when".to_owned();
                        let kind = GapKind::CommitmentWithoutDue;
                        self.add_since(kind, name, text, detail, since);
                    }
                }
                Subject::Addressee(..) | Subject::Commitment(_) => {}
            }
        }
    }

    /// Events whose day has passed without a word, or that were held without an outcome.
    pub(super) fn events(&mut self) {
        let (model, day) = (self.survey.model, self.survey.day);
        for (name, event) in &model.events {
            let days = span(event.start.as_ref(), event.end.as_ref());
            let Some((_, end)) = days.filter(|_| self.question.is_about(name)) else {
                continue;
            };
            let title = event.title.as_ref();
            match event.state() {
                EventState::Planned | EventState::Confirmed if end < day.on => {
                    let detail = "its day has passed; was it held?".to_owned();
                    let kind = GapKind::EventNotSaidToBeHeld;
                    self.add_since(kind, name, title, detail, Some(end));
                }
                EventState::Held if day.since(end) > self.question.outcome_after => {
                    let mut referrers = model.referrers(name);
                    let has_outcome = referrers.any(|other| {
                        let instrument = model.instruments.get(other);
                        let text = model.recommendations.get(other);
                        instrument.is_some_and(|i| i.event == *name)
                            || text.is_some_and(|t| t.event == *name)
                    });
                    if !event.no_outcome && !has_outcome {
                        let detail = "it was held, and no outcome is recorded".to_owned();
                        let kind = GapKind::EventWithoutOutcome;
                        self.add_since(kind, name, title, detail, Some(end));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether anybody still works by a plan.
pub(crate) fn is_followed(plan: &Plan) -> bool {
    !matches!(
        plan.state(),
        PlanState::Draft | PlanState::Expired | PlanState::Superseded
    )
}

/// `plans/cadiz` of `dialogues/rabat/plans/cadiz`.
fn parent_and_id(name: &str) -> &str {
    name.match_indices('/')
        .nth(1)
        .map_or(name, |(at, _)| &name[at + 1..])
}
