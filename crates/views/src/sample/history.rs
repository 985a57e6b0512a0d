//! A random history of a small record, for the tests of what must hold of any record.

use prost::Name;
use rapporteur_proto::events::v1::{Chairmanship, Crosswalk, CrosswalkKind, PostDuty};
use rapporteur_proto::recommendations::v1::{
    AfterEvent, Cycle, LedgerEntry, ProgressReportEntry, RecommendationKind,
};
use rapporteur_proto::r#type::v1::{Translation, Visibility};
use rapporteur_records::time;

use super::*;

/// Words that nobody outside may read.
pub(crate) const SECRET: &str = "SECRET";

/// One change: a new value of a record.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    type_name: String,
    value: Vec<u8>,
}

impl Step {
    fn of<T: Name + Named>(record: T) -> Self {
        Self {
            name: record.name().to_owned(),
            type_name: T::full_name(),
            value: record.encode_to_vec(),
        }
    }

    pub(crate) fn apply(&self, model: &mut Model) {
        model.apply(&self.name, &self.type_name, Some(&self.value));
    }

    pub(crate) fn apply_to(&self, shelf: &mut crate::shelf::Shelf) {
        shelf.apply(&self.name, &self.type_name, Some(&self.value));
    }
}

/// Numbers that follow from a seed (xorshift).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    fn number(&mut self, most: i32) -> i32 {
        i32::try_from(self.below(usize::try_from(most).unwrap())).unwrap()
    }

    fn is(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn day(&mut self) -> String {
        let (year, month, day) = (self.below(4), self.below(12), self.below(28));
        format!("{}-{:02}-{:02}", 2022 + year, month + 1, day + 1)
    }

    fn maybe_day(&mut self) -> Option<CivilDate> {
        if self.is(4) { None } else { date(&self.day()) }
    }

    fn party(&mut self) -> &'static str {
        ["pt", "ma", "ng"][self.below(3)]
    }

    fn dialogue(&mut self) -> &'static str {
        ["rabat", "khartoum"][self.below(2)]
    }

    fn node(&mut self) -> &'static str {
        ["a1", "a3", "1", "2", "5a", "5b", "1.1", "1.2", "5a.1"][self.below(9)]
    }

    /// Who may read a record, until when, and whether that is everybody on the first day of 2025.
    fn visibility(&mut self) -> (i32, Option<rapporteur_proto::Timestamp>, bool) {
        let passed = self.is(2);
        let until = if passed {
            "2024-12-31T00:00:00Z"
        } else {
            "2025-01-02T00:00:00Z"
        };
        let us = until.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let visibility = Visibility::try_from(self.number(4)).unwrap();
        let is_public = match visibility {
            Visibility::Unspecified | Visibility::Public => true,
            Visibility::Internal => false,
            Visibility::Embargoed => passed,
        };
        (visibility.into(), Some(time::from_us(us)), is_public)
    }

    fn recommendation(&mut self) -> String {
        format!(
            "dialogues/{}/recommendations/r{}",
            self.dialogue(),
            self.below(4)
        )
    }

    fn subject(&mut self) -> String {
        if self.is(3) {
            format!(
                "dialogues/{}/commitments/c{}",
                self.dialogue(),
                self.below(3)
            )
        } else {
            format!("{}/addressees/{}", self.recommendation(), self.party())
        }
    }
}

/// So many changes, after those that make the dialogues, the parties and a plan.
pub(crate) fn history(seed: u64, changes: usize) -> Vec<Step> {
    let mut dice = Dice(seed | 1);
    let mut steps = Vec::new();
    steps.extend(["rabat", "khartoum"].map(|id| Step::of(dialogue(id))));
    steps.extend(["pt", "ma", "ng"].map(|id| Step::of(party(id))));
    let model = plan();
    steps.extend(model.plans.into_values().map(Step::of));
    steps.extend(model.nodes.into_values().map(Step::of));
    for id in ["jvap", "gcm"] {
        let name = format!("dialogues/khartoum/plans/{id}");
        steps.push(Step::of(Plan {
            name: name.clone(),
            ..Plan::default()
        }));
        steps.push(Step::of(PlanNode {
            name: format!("{name}/nodes/1"),
            code: "1".into(),
            kind: PlanNodeKind::Objective.into(),
            ..PlanNode::default()
        }));
    }
    steps.extend((0..changes).map(|_| step(&mut dice)));
    steps
}

fn step(dice: &mut Dice) -> Step {
    match dice.below(10) {
        0 => Step::of(an_event(dice)),
        1 => Step::of(a_recommendation(dice)),
        2 => Step::of(an_addressee(dice)),
        3 => Step::of(a_commitment(dice)),
        4 | 5 => Step::of(a_report(dice)),
        6 => Step::of(an_assessment(dice)),
        7 => Step::of(a_schedule(dice)),
        8 => {
            let duty = [
                PostDuty::FocalPoint,
                PostDuty::Alternate,
                PostDuty::ValidatingAuthority,
            ];
            let (party, place) = (dice.party(), dice.below(3));
            let mut post = post(&format!("{party}-{place}"), party, duty[place], &dice.day());
            post.holders[0].end = dice.maybe_day();
            Step::of(post)
        }
        _ if dice.is(2) => Step::of(Chairmanship {
            name: format!("dialogues/rabat/chairmanships/{}", dice.party()),
            party: format!("parties/{}", dice.party()),
            start: dice.maybe_day(),
            end: dice.maybe_day(),
            state: dice.number(4),
            ..Chairmanship::default()
        }),
        _ => {
            let other = ["jvap", "gcm"][dice.below(2)];
            Step::of(Crosswalk {
                name: format!("{PLAN}/crosswalks/{other}-{}", dice.below(2)),
                from_node: node_name(dice.node()),
                to_node: format!("dialogues/khartoum/plans/{other}/nodes/1"),
                kind: CrosswalkKind::try_from(1 + dice.number(5)).unwrap().into(),
                ..Crosswalk::default()
            })
        }
    }
}

fn links(dice: &mut Dice) -> Vec<PlanLink> {
    let mut links: Vec<PlanLink> = (0..dice.below(3))
        .map(|_| {
            let kind = [PlanLinkKind::Planned, PlanLinkKind::Addressed][dice.below(2)];
            link(dice.node(), kind)
        })
        .collect();
    if dice.is(3) {
        links.push(PlanLink {
            node: "dialogues/khartoum/plans/gcm/nodes/1".into(),
            kind: PlanLinkKind::Addressed.into(),
            provenance: None,
        });
    }
    links
}

fn an_event(dice: &mut Dice) -> Event {
    let day = dice.day();
    let mut event = event(dice.dialogue(), &format!("e{}", dice.below(6)), &day);
    event.state = dice.number(9);
    if event.state() == EventState::Draft {
        event.title = text(SECRET);
    }
    event.plan_links = links(dice);
    if dice.is(3) {
        event.joint_dialogues = vec![format!("dialogues/{}", dice.dialogue())];
    }
    event
}

fn a_recommendation(dice: &mut Dice) -> Recommendation {
    let made_at = format!("dialogues/rabat/events/e{}", dice.below(6));
    let mut one = recommendation("rabat", "r", &made_at);
    one.name = dice.recommendation();
    one.kind = RecommendationKind::Operational.into();
    if dice.is(3) {
        one.state = dice.number(9);
    }
    if one.state() == RecommendationState::Draft {
        one.text = text(SECRET);
    }
    one.adopted = dice.maybe_day();
    one.plan_links = links(dice);
    one.themes = vec!["return".into()];
    if let Some(text) = one.text.as_mut().filter(|_| dice.is(2)) {
        text.authentic = "en".into();
        text.by_language.insert("fr".into(), "mots".into());
        let translation = Translation {
            machine: dice.is(2),
            source_digest: "0123456789abcdef".into(),
        };
        text.translations.insert("fr".into(), translation);
    }
    one
}

fn an_addressee(dice: &mut Dice) -> Addressee {
    let mut one = addressee(&dice.recommendation(), dice.party());
    one.addressed = dice.maybe_day();
    one.response = dice.number(7);
    one.next_due = dice.maybe_day();
    if dice.is(2) {
        one.implementation = dice.number(9);
        one.entries = vec![LedgerEntry {
            on: dice.maybe_day(),
            implementation: one.implementation,
            // Of a report that was never recorded here, so nobody knows who may read its words.
            report: "dialogues/rabat/reports/elsewhere".into(),
            word: SECRET.into(),
            ..LedgerEntry::default()
        }];
    }
    one
}

fn a_commitment(dice: &mut Dice) -> Commitment {
    let id = format!("c{}", dice.below(3));
    let mut one = commitment(dice.dialogue(), &id, &[dice.party()]);
    let is_public;
    (one.visibility, one.embargo_until, is_public) = dice.visibility();
    one.title = text(if is_public { &id } else { SECRET });
    one.state = dice.number(10);
    one.implementation = dice.number(9);
    one.due = dice.maybe_day();
    one.recommendations = vec![dice.recommendation()];
    one.plan_nodes = vec![node_name(dice.node())];
    one
}

fn a_report(dice: &mut Dice) -> ProgressReport {
    let id = format!("p{}", dice.below(8));
    let claimed = Implementation::try_from(dice.number(9)).unwrap();
    let mut one = report(&id, &dice.subject(), &dice.day(), claimed);
    one.state = 1 + dice.number(6);
    let is_public;
    (one.visibility, one.embargo_until, is_public) = dice.visibility();
    let is_open = is_public
        && matches!(
            one.state(),
            ProgressReportState::Verified | ProgressReportState::Published
        );
    let words = if is_open { "open words" } else { SECRET };
    one.narrative = text(words);
    one.word = words.into();
    one.verified = one.claimed;
    one.entries = vec![ProgressReportEntry {
        state: one.state,
        reason: words.into(),
        on: dice.maybe_day(),
        ..ProgressReportEntry::default()
    }];
    if dice.is(4) {
        one.schedule = format!("dialogues/rabat/schedules/s{}", dice.below(3));
        one.due = dice.maybe_day();
    }
    one
}

fn an_assessment(dice: &mut Dice) -> Assessment {
    let voice = Voice::try_from(1 + dice.number(3)).unwrap();
    let status = Implementation::try_from(dice.number(9)).unwrap();
    let id = format!("x{}", dice.below(5));
    let mut one = assessment(&id, &dice.subject(), voice, status);
    one.date = dice.maybe_day();
    let is_public;
    (one.visibility, one.embargo_until, is_public) = dice.visibility();
    one.word = if is_public { "open words" } else { SECRET }.into();
    one.text = text(&one.word);
    one
}

fn a_schedule(dice: &mut Dice) -> Schedule {
    let mut one = every(
        &format!("s{}", dice.below(3)),
        1 + dice.number(14),
        &dice.day(),
    );
    match dice.below(3) {
        0 => {
            one.interval = None;
            one.cycles = (0..3)
                .map(|place| Cycle {
                    id: format!("c{place}"),
                    opens: dice.maybe_day(),
                    closes: dice.maybe_day(),
                })
                .collect();
        }
        1 => {
            one.interval = None;
            one.after_event = Some(AfterEvent {
                event: format!("dialogues/rabat/events/e{}", dice.below(6)),
                days: dice.number(200) - 100,
            });
        }
        _ => {}
    }
    if dice.is(3) {
        one.plan_nodes = vec![node_name(dice.node())];
    }
    if dice.is(3) {
        one.commitments = vec![format!("dialogues/rabat/commitments/c{}", dice.below(3))];
    }
    if dice.is(3) {
        one.start = dice.maybe_day();
    }
    one
}
