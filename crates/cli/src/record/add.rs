//! `add`: a new record from flags, from JSON, or from both.

use std::collections::BTreeMap;

use prost::{Message, Name};
use prost_reflect::{DynamicMessage, Value};
use rapporteur_proto::r#type::v1::{LocalizedText, Provenance};

use super::Write;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::{self, Noun, reflect, set};
use crate::{name, output, similar};

/// What every `add` takes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Adding {
    /// Last part of the new name; made by the service when not given
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// The record as proto3 JSON, from FILE or stdin (-); other flags go on top
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<String>,
    /// Language of the texts in other flags
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub(crate) language: String,
    /// The recorded source of the facts
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// Address of a source that is not recorded
    #[arg(long, value_name = "URL")]
    pub(crate) source_url: Option<String>,
    /// The words of the source
    #[arg(long, value_name = "WORDS")]
    pub(crate) quote: Option<String>,
    #[command(flatten)]
    pub(crate) write: Write,
}

impl Adding {
    /// The record that the flags go on top of.
    pub(crate) fn base<M: Message + Name + Default>(&self, ctx: &Context<'_>) -> Result<M> {
        let Some(file) = &self.json else {
            return Ok(M::default());
        };
        let bytes = ctx.around.read(file)?;
        let wrong = |why: String| {
            Failure::usage(format!("{file} is not a {} in proto3 JSON: {why}", M::NAME))
        };
        let value = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        rapporteur_proto::from_json(value).map_err(wrong)
    }

    /// Where a fact comes from, with words of its own or those of the record.
    pub(crate) fn provenance(&self, quote: Option<&str>) -> Result<Option<Provenance>> {
        let quote = quote
            .or(self.quote.as_deref())
            .unwrap_or_default()
            .to_owned();
        let provenance = Provenance {
            source: name::expand_some(name::SOURCE, &self.source, None)?,
            url: self.source_url.clone().unwrap_or_default(),
            quote,
            ..Provenance::default()
        };
        Ok((provenance != Provenance::default()).then_some(provenance))
    }

    /// A text in the language of the flags, on top of those there are.
    pub(crate) fn text(&self, there: &mut Option<LocalizedText>, given: &Option<String>) {
        if let Some(words) = given {
            there
                .get_or_insert_default()
                .by_language
                .insert(self.language.clone(), words.clone());
        }
    }
}

/// A text in one language.
pub(crate) fn text(language: &str, words: &str) -> LocalizedText {
    LocalizedText {
        by_language: BTreeMap::from([(language.to_owned(), words.to_owned())]),
        ..LocalizedText::default()
    }
}

/// The dialogue of `--dialogue` as the parent of a new record.
pub(crate) fn parent(ctx: &Context<'_>) -> Result<String> {
    name::expand_some(name::DIALOGUE, &ctx.global.dialogue, None)
}

/// Records something new under `parent` (empty at the top, or where the JSON names it).
pub(crate) async fn add<M: Message + Name>(
    ctx: &mut Context<'_>,
    noun: &Noun,
    parent: String,
    record: M,
    adding: &Adding,
) -> Result<()> {
    let mut record = reflect(&record)?;
    if let Some(provenance) = adding.provenance(None)?
        && let Some(Value::List(all)) = record.get_field_by_name_mut("provenance")
    {
        all.push(Value::Message(reflect(&provenance)?));
    }
    let stated = noun::text(&record, "name");
    let (stated_parent, stated_id) = name::split(&stated);
    let parent = if parent.is_empty() {
        stated_parent.to_owned()
    } else {
        parent
    };
    let id = adding.id.clone().unwrap_or_else(|| stated_id.to_owned());

    let method = noun.method("Create")?;
    let mut request = DynamicMessage::new(method.input());
    if noun.has_parent() {
        if parent.is_empty() {
            let above = noun.parent_kind();
            let what = noun.kind.replace('_', " ");
            return Err(Failure::usage(format!(
                "say where the {what} belongs: --{above} {}",
                above.to_uppercase()
            )));
        }
        set(&mut request, "parent", Value::String(parent))?;
    }
    set(&mut request, &noun.id_field(), Value::String(id))?;
    set(&mut request, noun.kind, Value::Message(record))?;
    adding.write.fill(&mut request)?;
    let (record, told) = ctx.connect()?.call_told(&method, &request).await?;
    output::records(ctx, noun.columns, &[record])?;
    similar::remind(ctx, &told)?;
    adding.write.note(ctx)
}
