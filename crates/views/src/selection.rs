//! Which items a question is about.

use std::collections::BTreeSet;

use rapporteur_records::words::PLAN_NODE;
use rapporteur_records::{Error, Pattern, Result, Violations};

use crate::item::{Item, Survey};
use crate::model::{Model, Table};
use crate::outline::with_below;
use crate::subject::Subject;

pub(crate) const DIALOGUE: Pattern = Pattern("dialogues/*");
pub(crate) const PARTY: Pattern = Pattern("parties/*");
pub(crate) const POST: Pattern = Pattern("dialogues/*/posts/*");

/// Filters that all questions about items share. An empty list leaves nothing out.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    dialogues: Vec<String>,
    parties: Vec<String>,
    posts: Vec<String>,
    themes: Vec<String>,
    nodes: Vec<String>,
}

impl Selection {
    pub(crate) fn read(
        wrong: &mut Violations,
        dialogues: &[String],
        parties: &[String],
        posts: &[String],
        themes: &[String],
        plan_nodes: &[String],
    ) -> Self {
        wrong.names("dialogues", dialogues, DIALOGUE);
        wrong.names("parties", parties, PARTY);
        wrong.names("posts", posts, POST);
        wrong.codes("themes", themes);
        wrong.names("plan_nodes", plan_nodes, PLAN_NODE);
        Self {
            dialogues: dialogues.to_vec(),
            parties: parties.to_vec(),
            posts: posts.to_vec(),
            themes: themes.to_vec(),
            nodes: plan_nodes.to_vec(),
        }
    }

    /// All items of a dialogue.
    pub(crate) fn of_dialogue(dialogue: &str) -> Self {
        Self {
            dialogues: vec![dialogue.to_owned()],
            ..Self::default()
        }
    }

    /// The selection in this model; a name that it does not know is an error.
    pub(crate) fn in_model<'a>(&'a self, model: &'a Model) -> Result<Chosen<'a>> {
        all_known(&model.dialogues, &self.dialogues)?;
        all_known(&model.parties, &self.parties)?;
        all_known(&model.posts, &self.posts)?;
        all_known(&model.nodes, &self.nodes)?;
        Ok(Chosen {
            selection: self,
            nodes: with_below(model, self.nodes.iter().map(String::as_str)),
        })
    }
}

/// Refuses the first name that a table does not have.
pub(crate) fn all_known<T>(table: &Table<T>, names: &[String]) -> Result<()> {
    match names.iter().find(|name| !table.contains_key(*name)) {
        Some(name) => Err(Error::NotFound { name: name.clone() }),
        None => Ok(()),
    }
}

/// A selection in a model.
#[derive(Debug)]
pub(crate) struct Chosen<'a> {
    selection: &'a Selection,
    /// The nodes asked for and those below them.
    nodes: BTreeSet<&'a str>,
}

impl Chosen<'_> {
    /// The items that it holds, in the order of the survey.
    pub(crate) fn items<'s, 'm>(
        &'s self,
        survey: &'s Survey<'m>,
    ) -> impl Iterator<Item = Item<'m>> {
        self.subjects(survey).map(|subject| survey.item(subject))
    }

    /// The subjects that it holds, told apart before anything is derived of them.
    pub(crate) fn subjects<'s, 'm>(
        &'s self,
        survey: &'s Survey<'m>,
    ) -> impl Iterator<Item = Subject<'m>> {
        Subject::all(survey.model, survey.day).filter(|subject| self.holds(survey, subject))
    }

    pub(crate) fn holds(&self, survey: &Survey<'_>, subject: &Subject<'_>) -> bool {
        let Selection {
            dialogues,
            parties,
            posts,
            themes,
            nodes,
        } = self.selection;
        let any = |wanted: &[String], own: &[String]| {
            wanted.is_empty() || own.iter().any(|one| wanted.contains(one))
        };
        let one_of =
            |wanted: &[String], own: &str| wanted.is_empty() || wanted.iter().any(|w| w == own);
        one_of(dialogues, subject.dialogue())
            && any(parties, subject.parties())
            && any(themes, subject.themes())
            && (posts.is_empty() || one_of(posts, survey.posts.answering(subject)))
            && (nodes.is_empty() || subject.nodes().iter().any(|node| self.nodes.contains(node)))
    }
}
