//! `similar`: has this been said before? And what a write was told to repeat.

use prost::Message as _;
use rapporteur_proto::gateway::v1::{
    Likeness, SaidBefore, SaidText, SimilarRequest, SimilarResponse,
};
use tonic::metadata::MetadataMap;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::followup::dialogues;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::related::full;
use crate::{language, name, status, word};

const SERVICE: &str = "rapporteur.gateway.v1.SearchService";
/// The metadata of a write that repeats something.
const SAID_BEFORE: &str = "rapporteur-similar-bin";
/// Shared words that are shown in a table.
const SHOWN: usize = 6;

/// What may have been said before, and where to look.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["name", "text", "file"])))]
pub(crate) struct Ask {
    /// A record: its name in full, or short with its noun (recommendation:rabat/x)
    #[arg(value_name = "RECORD")]
    name: Option<String>,
    /// A text
    #[arg(long)]
    text: Option<String>,
    /// A text from FILE or stdin (-)
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Language of the text; guessed when not given
    #[arg(long, value_name = "TAG", conflicts_with = "name")]
    language: Option<String>,
    /// Only of this kind: recommendation, instrument, commitment (repeatable)
    #[arg(long)]
    kind: Vec<String>,
    /// Only what is at least so alike, 0 to 1; repeats begin at 0.65, duplicates at 0.9
    #[arg(long, value_name = "SCORE", default_value_t = 0.3)]
    min_score: f32,
    /// Most records to show
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    limit: i32,
    /// Wait until everything recorded before this call is seen
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let text = match (&ask.text, &ask.file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => String::from_utf8(ctx.around.read(file)?)
            .map_err(|_| Failure::usage(format!("{file} is not text in UTF-8")))?,
        (None, None) => String::new(),
    };
    let to = ctx.connect()?;
    let request = SimilarRequest {
        text,
        language: ask.language.unwrap_or_default(),
        name: ask
            .name
            .as_deref()
            .map(full)
            .transpose()?
            .unwrap_or_default(),
        dialogues: dialogues(ctx)?,
        kinds: ask.kind,
        limit: ask.limit,
        min_score: ask.min_score,
        at_least: if ask.fresh {
            status::heads(&to).await?
        } else {
            Vec::new()
        },
    };
    let answer: SimilarResponse = to.ask(SERVICE, &request).await?;
    match ctx.global.output {
        Format::Json | Format::Yaml => return output::data(ctx, &reflect(&answer)?),
        Format::Table if answer.texts.is_empty() => {
            return ctx.print("Nothing like it has been said.\n");
        }
        Format::Table | Format::Csv => {}
    }
    let asked = ctx.global.lang.clone();
    let rows: Vec<Vec<String>> = answer
        .texts
        .iter()
        .map(|one| {
            let shared = one.shared.iter().take(SHOWN);
            let shared: Vec<&str> = shared.map(|term| term.term.as_str()).collect();
            vec![
                percent(one.score),
                word::of(one.likeness().as_str_name(), "LIKENESS_"),
                name::short(&one.name),
                one.date.clone(),
                percent(one.share_of_asked),
                percent(one.share_of_found),
                shared.join(", "),
                language::words(&one.title, asked.as_deref()),
            ]
        })
        .collect();
    let headings = [
        "alike", "", "name", "date", "of asked", "of found", "shared", "text",
    ];
    output::table(ctx, &headings, &rows)
}

/// Tells what a text that was just written repeats.
pub(crate) fn remind(ctx: &mut Context<'_>, told: &MetadataMap) -> Result<()> {
    let said = told
        .get_bin(SAID_BEFORE)
        .and_then(|said| said.to_bytes().ok());
    // It is a courtesy: the write was done, whatever a gateway of another version says beside it.
    let Some(said) = said.and_then(|said| SaidBefore::decode(said).ok()) else {
        return Ok(());
    };
    for one in &said.texts {
        ctx.say(line(one))?;
    }
    Ok(())
}

/// `said before: khartoum/x (khartoum, 2021), 93 % alike`.
fn line(one: &SaidText) -> String {
    let dialogue = one.name.split('/').nth(1).unwrap_or_default();
    let year = one.date.get(..4).map(|year| format!(", {year}"));
    let exactly = if one.likeness() == Likeness::Duplicate {
        "; hardly a word differs"
    } else {
        ""
    };
    format!(
        "said before: {} ({dialogue}{}), {} alike{exactly}",
        name::short(&one.name),
        year.unwrap_or_default(),
        percent(one.score)
    )
}

/// Rounded down: nothing is quite the same that is not.
fn percent(share: f32) -> String {
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0 + 1e-3).floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_where_when_and_how_alike() {
        let mut one = SaidText {
            name: "dialogues/khartoum/recommendations/x".into(),
            date: "2021-05-01".into(),
            score: 0.899,
            likeness: Likeness::Repeats.into(),
            ..SaidText::default()
        };
        assert_eq!(
            line(&one),
            "said before: khartoum/x (khartoum, 2021), 89 % alike"
        );
        (one.date, one.score) = (String::new(), 0.999_999_9);
        one.set_likeness(Likeness::Duplicate);
        assert_eq!(
            line(&one),
            "said before: khartoum/x (khartoum), 100 % alike; hardly a word differs"
        );
    }
}
