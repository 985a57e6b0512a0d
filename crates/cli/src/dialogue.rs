//! Dialogues, with their bodies.

use rapporteur_proto::events::v1;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::name;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};

pub(crate) const NOUN: Noun = Noun {
    kind: "dialogue",
    message: "rapporteur.events.v1.Dialogue",
    service: "rapporteur.events.v1.DialogueService",
    pattern: name::DIALOGUE,
    columns: &[
        "name",
        "code",
        "title",
        "secretariat",
        "languages",
        "parent_programme",
    ],
};

/// Dialogues, with their bodies
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List dialogues
    List(List),
    /// Record a dialogue
    Add(Box<Add>),
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its name
    #[arg(long)]
    title: Option<String>,
    /// Short code used in citations (RP)
    #[arg(long)]
    code: Option<String>,
    /// A body, as ID:KIND:TITLE (repeatable)
    #[arg(long, value_name = "ID:KIND:TITLE")]
    body: Vec<String>,
    /// A working language, BCP 47 (repeatable)
    #[arg(long = "works-in", value_name = "TAG")]
    languages: Vec<String>,
    /// The programme that it is part of
    #[arg(long, value_name = "DIALOGUE")]
    programme: Option<String>,
    /// The organisation that is its secretariat
    #[arg(long, value_name = "PARTY")]
    secretariat: Option<String>,
    /// How its outcomes are numbered: generic, excom, cbd, unfccc, cites
    #[arg(long, value_name = "SCHEME")]
    numbering: Option<String>,
    /// Two parties may chair at once
    #[arg(long)]
    co_chairs: bool,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            record::list(ctx, &NOUN, v1::ListDialoguesRequest::default(), &list.page).await
        }
        Command::Add(add) => {
            let mut dialogue: v1::Dialogue = add.adding.base(ctx)?;
            add.adding.text(&mut dialogue.title, &add.title);
            dialogue.code = add.code.unwrap_or(dialogue.code);
            for given in &add.body {
                dialogue.bodies.push(body(given, &add.adding.language)?);
            }
            dialogue.languages.extend(add.languages);
            if add.programme.is_some() {
                dialogue.parent_programme =
                    name::expand_some(name::DIALOGUE, &add.programme, None)?;
            }
            if add.secretariat.is_some() {
                dialogue.secretariat = name::expand_some(name::PARTY, &add.secretariat, None)?;
            }
            dialogue.numbering_scheme = add.numbering.unwrap_or(dialogue.numbering_scheme);
            dialogue.co_chairs_allowed |= add.co_chairs;
            record::add(ctx, &NOUN, String::new(), dialogue, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// `som:senior-officials:Senior Officials' Meeting`.
fn body(given: &str, language: &str) -> Result<v1::Body> {
    let mut parts = given.splitn(3, ':');
    let (Some(id), Some(kind)) = (parts.next(), parts.next()) else {
        return Err(Failure::usage(format!("{given}: write ID:KIND:TITLE")));
    };
    let kind = crate::event::number("rapporteur.events.v1.BodyKind", kind)?;
    let title = parts.next().map(|title| record::text(language, title));
    Ok(v1::Body {
        id: id.to_owned(),
        kind,
        title,
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word;

    #[test]
    fn a_body_is_read_from_three_parts() {
        let read = body("som:senior-officials:Meeting: senior", "en").unwrap();
        assert_eq!((read.id.as_str(), read.kind), ("som", 2));
        assert_eq!(read.title.unwrap().by_language["en"], "Meeting: senior");
        assert_eq!(body("som:choir", "en").unwrap_err().exit_code(), 2);
        let kinds = rapporteur_proto::descriptor_pool()
            .get_enum_by_name("rapporteur.events.v1.BodyKind")
            .unwrap();
        assert_eq!(word::word(&kinds, 2), "senior-officials");
    }
}
