//! Which texts lack a language of their dialogue.

use rapporteur_proto::gateway::v1::{Gap, GapKind};
use rapporteur_proto::recommendations::v1::ProgressReportState;
use rapporteur_proto::r#type::v1::LocalizedText;

use super::Search;
use crate::scope::dialogue_of;
use crate::translation::flaws;

impl Search<'_, '_> {
    pub(super) fn texts(&mut self) {
        let wanted = [
            GapKind::TranslationMissing,
            GapKind::TranslationMachine,
            GapKind::TranslationStale,
        ];
        if !wanted.into_iter().any(|kind| self.question.wants(kind)) {
            return;
        }
        let (model, day) = (self.survey.model, self.survey.day);
        for (name, one) in &model.dialogues {
            self.text(name, "title", one.title.as_ref());
        }
        for (name, one) in &model.chairmanships {
            for (place, priority) in one.priorities.iter().enumerate() {
                self.text(name, &format!("priorities[{place}]"), Some(priority));
            }
        }
        for (name, one) in &model.plans {
            self.text(name, "title", one.title.as_ref());
        }
        for (name, one) in &model.nodes {
            self.text(name, "text", one.text.as_ref());
        }
        for (name, one) in &model.events {
            self.text(name, "title", one.title.as_ref());
            self.text(name, "description", one.description.as_ref());
        }
        for (name, one) in &model.instruments {
            self.text(name, "title", one.title.as_ref());
        }
        for (name, one) in &model.recommendations {
            self.text(name, "text", one.text.as_ref());
        }
        for (name, one) in &model.commitments {
            if day.shows(one.visibility(), one.embargo_until) {
                self.text(name, "title", one.title.as_ref());
                self.text(name, "text", one.text.as_ref());
            }
        }
        // Nobody translates a report that may still change.
        for (name, one) in &model.reports {
            let settled = matches!(
                one.state(),
                ProgressReportState::Verified | ProgressReportState::Published
            );
            if settled && day.shows(one.visibility(), one.embargo_until) {
                self.text(name, "narrative", one.narrative.as_ref());
            }
        }
        for (name, one) in &model.assessments {
            if day.shows(one.visibility(), one.embargo_until) {
                self.text(name, "text", one.text.as_ref());
            }
        }
        for (name, one) in &model.schedules {
            self.text(name, "title", one.title.as_ref());
        }
    }

    fn text(&mut self, name: &str, field: &str, text: Option<&LocalizedText>) {
        let Some(text) = text.filter(|_| self.question.is_about(name)) else {
            return;
        };
        let dialogue = dialogue_of(name);
        let Some(known) = self.survey.model.dialogues.get(dialogue) else {
            return;
        };
        for flaw in flaws(text, &known.languages) {
            if self.question.wants(flaw.kind) {
                let what = match flaw.kind {
                    GapKind::TranslationMissing => "is missing",
                    GapKind::TranslationMachine => "was made by a machine and read by nobody",
                    _ => "is of a text that has changed since",
                };
                self.found.push(Gap {
                    kind: flaw.kind.into(),
                    name: name.to_owned(),
                    text: Some(text.clone()),
                    detail: format!("{field} in {} {what}", flaw.language),
                    days: None,
                    field: field.to_owned(),
                    language: flaw.language.to_owned(),
                    dialogue: dialogue.to_owned(),
                });
            }
        }
    }
}
