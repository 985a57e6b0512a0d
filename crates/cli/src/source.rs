//! Sources: posts, pages and documents, word for word.

use rapporteur_proto::events::v1;
use rapporteur_proto::r#type::v1::{Link, Provenance};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::Noun;
use crate::record::{self, Adding, Page};
use crate::{name, when};

pub(crate) const NOUN: Noun = Noun {
    kind: "source",
    message: "rapporteur.events.v1.Source",
    service: "rapporteur.events.v1.SourceService",
    pattern: name::SOURCE,
    columns: &["name", "kind", "publisher", "published", "language", "url"],
};

/// Sources: posts, pages and documents, word for word
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List sources
    List(List),
    /// Record a source
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
    /// What it is: post, page, document
    #[arg(long)]
    kind: Option<String>,
    /// Who published it
    #[arg(long, value_name = "PARTY")]
    publisher: Option<String>,
    /// When it was published
    #[arg(long, value_name = "DATE")]
    published: Option<String>,
    /// Where it was published
    #[arg(long)]
    url: Option<String>,
    /// Every word of it, from FILE or stdin (-)
    #[arg(long, value_name = "FILE")]
    text_file: Option<String>,
    /// A link in it, verbatim (repeatable)
    #[arg(long, value_name = "URL")]
    link: Vec<String>,
    /// A hashtag in it, without # (repeatable)
    #[arg(long)]
    hashtag: Vec<String>,
    /// Somebody whom it names (repeatable)
    #[arg(long, value_name = "NAME")]
    mention: Vec<String>,
    /// A dialogue that it concerns (repeatable)
    #[arg(long, value_name = "DIALOGUE")]
    concerns: Vec<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let dialogue = record::parent(ctx)?;
            record::list(
                ctx,
                &NOUN,
                v1::ListSourcesRequest {
                    dialogue,
                    ..Default::default()
                },
                &list.page,
            )
            .await
        }
        Command::Add(add) => {
            let mut source: v1::Source = add.adding.base(ctx)?;
            source.kind = add.kind.unwrap_or(source.kind);
            if add.publisher.is_some() {
                source.publisher = name::expand_some(name::PARTY, &add.publisher, None)?;
            }
            source.published = when::civil_some(&add.published).or(source.published);
            source.url = add.url.unwrap_or(source.url);
            if let Some(file) = &add.text_file {
                let bytes = ctx.around.read(file)?;
                source.text = String::from_utf8(bytes)
                    .map_err(|_| Failure::usage(format!("{file} is not UTF-8")))?;
            }
            if source.language.is_empty() {
                source.language = add.adding.language.clone();
            }
            source.links.extend(add.link.into_iter().map(|url| Link {
                url,
                ..Default::default()
            }));
            source.hashtags.extend(add.hashtag);
            source.mentions.extend(add.mention);
            source
                .dialogues
                .extend(name::expand_all(name::DIALOGUE, &add.concerns, None)?);
            record::add(ctx, &NOUN, String::new(), source, &add.adding).await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// Where an answer or a verdict comes from, when somebody says.
pub(crate) fn provenance(
    source: &Option<String>,
    quote: &Option<String>,
) -> Result<Option<Provenance>> {
    if source.is_none() && quote.is_none() {
        return Ok(None);
    }
    Ok(Some(Provenance {
        source: name::expand_some(name::SOURCE, source, None)?,
        quote: quote.clone().unwrap_or_default(),
        ..Provenance::default()
    }))
}
