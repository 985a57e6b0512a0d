//! Vocabularies: the status words of other systems, and what they mean here.

use rapporteur_proto::recommendations::v1;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::load;
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{event, name};

pub(crate) const NOUN: Noun = Noun {
    kind: "vocabulary",
    message: "rapporteur.recommendations.v1.Vocabulary",
    service: "rapporteur.recommendations.v1.VocabularyService",
    pattern: name::VOCABULARY,
    columns: &["name", "title", "terms.word"],
};

/// The vocabularies that ship with the product, a record file.
const SHIPPED: &str = include_str!("../../recommendations/vocabularies.ndjson");

/// Vocabularies: the status words of other systems, and what they mean here
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List vocabularies
    List(List),
    /// Record a vocabulary
    Add(Box<Add>),
    /// Record those that ship with the product; doing it twice changes nothing
    Install(load::Install),
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
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// A word for a response, as WORD=RESPONSE (repeatable)
    #[arg(long, value_name = "WORD=RESPONSE")]
    response: Vec<String>,
    /// A word for how far it is, as WORD=IMPLEMENTATION (repeatable)
    #[arg(long, value_name = "WORD=IMPLEMENTATION")]
    implementation: Vec<String>,
    /// Anything a reader should know
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let request = v1::ListVocabulariesRequest::default();
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut vocabulary: v1::Vocabulary = add.adding.base(ctx)?;
            add.adding.text(&mut vocabulary.title, &add.title);
            for given in &add.response {
                let (word, meaning) = term(given)?;
                vocabulary.terms.push(v1::Term {
                    word,
                    response: event::number("rapporteur.recommendations.v1.Response", meaning)?,
                    ..Default::default()
                });
            }
            for given in &add.implementation {
                let (word, meaning) = term(given)?;
                vocabulary.terms.push(v1::Term {
                    word,
                    implementation: event::number(
                        "rapporteur.recommendations.v1.Implementation",
                        meaning,
                    )?,
                    ..Default::default()
                });
            }
            vocabulary.note = add.note.unwrap_or(vocabulary.note);
            record::add(ctx, &NOUN, String::new(), vocabulary, &add.adding).await
        }
        Command::Install(ask) => load::install(ctx, &[("vocabularies.ndjson", SHIPPED)], ask).await,
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// `Fully implemented=implemented`: what it means stands after the last `=`.
fn term(given: &str) -> Result<(String, &str)> {
    given
        .rsplit_once('=')
        .map(|(word, meaning)| (word.to_owned(), meaning))
        .ok_or_else(|| {
            Failure::usage(format!(
                "{given}: write WORD=MEANING, as \"Ongoing=in-progress\""
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_can_be_read() {
        let known = load::names(SHIPPED).unwrap();
        assert!(!known.is_empty());
        assert!(known.iter().all(|name| name.starts_with("vocabularies/")));
    }

    #[test]
    fn a_term_is_a_word_and_its_meaning() {
        assert_eq!(
            term("a=b=implemented").unwrap(),
            ("a=b".into(), "implemented")
        );
        assert_eq!(term("implemented").unwrap_err().exit_code(), 2);
    }
}
