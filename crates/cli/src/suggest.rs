//! `suggest`: what the record may say besides, for a person to decide.

mod classes;
mod decide;

use rapporteur_proto::gateway::v1::{ListSuggestionsRequest, ListSuggestionsResponse, Suggestion};
use rapporteur_proto::recommendations::v1::VerdictKind;

use crate::connect::Connection;
use crate::context::Context;
use crate::error::Result;
use crate::noun::reflect;
use crate::{name, output, status};

pub(crate) use decide::{Accept, Reject};

const SERVICE: &str = "rapporteur.gateway.v1.SearchService";
/// Most suggestions that are asked for at once.
const PAGE: usize = 500;
/// What a table shows of a suggestion; its verdict is by what it is decided.
const COLUMNS: &[&str] = &["verdict", "score", "subject", "object", "alike", "reasons"];

/// Suggestions: what repeats what, what belongs where, until somebody decides it
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List recommendations that say what an earlier one said
    Repeats(Repeats),
    /// Suggest nodes of plans for a recommendation or a text: which goal, which objective, which action
    Nodes(Box<classes::Nodes>),
    /// Suggest themes for a recommendation or a text
    Themes(Box<classes::Ask>),
    /// Accept suggestions: the recommendation says so from now on
    Accept(Accept),
    /// Reject suggestions: they are not proposed again
    Reject(Reject),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Repeats {
    /// Only this kind: alike in substance, or hardly a word changed
    #[arg(long, value_parser = ["repeats", "duplicate-of"])]
    kind: Option<String>,
    /// Only with this score or more, 0.65 to 1
    #[arg(long, value_name = "SCORE", default_value_t = 0.0)]
    min_score: f64,
    /// Only for this recommendation
    #[arg(long, value_name = "RECOMMENDATION")]
    subject: Option<String>,
    /// Only those that repeat this recommendation
    #[arg(long, value_name = "RECOMMENDATION")]
    object: Option<String>,
    /// Most suggestions to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    /// Wait until everything recorded before this call is looked at
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Repeats(ask) => repeats(ctx, ask).await,
        Command::Nodes(ask) => classes::nodes(ctx, *ask).await,
        Command::Themes(ask) => classes::themes(ctx, *ask).await,
        Command::Accept(ask) => decide::accept(ctx, ask).await,
        Command::Reject(ask) => decide::reject(ctx, ask).await,
    }
}

async fn repeats(ctx: &mut Context<'_>, ask: Repeats) -> Result<()> {
    let to = ctx.connect()?;
    let dialogue = ctx.global.dialogue.clone();
    let text = |given| name::expand_some(name::RECOMMENDATION, given, dialogue.as_deref());
    let kinds = ask.kind.as_deref().map(kind);
    let mut request = ListSuggestionsRequest {
        kinds: kinds.into_iter().map(i32::from).collect(),
        dialogue: name::expand_some(name::DIALOGUE, &dialogue, None)?,
        subject: text(&ask.subject)?,
        object: text(&ask.object)?,
        min_score: ask.min_score,
        ..Default::default()
    };
    if ask.fresh {
        request.at_least = status::heads(&to).await?;
    }
    let (found, last) = all(&to, request, ask.limit).await?;
    let rows: Result<Vec<_>> = found.iter().map(reflect).collect();
    output::records(ctx, COLUMNS, &rows?)?;
    if last.to_reckon > 0 {
        let (done, of) = (last.reckoned, last.reckoned + last.to_reckon);
        ctx.say(format_args!(
            "Reckoned {done} of {of} texts; there may be more."
        ))?;
    }
    if last.next_page_token.is_empty() {
        return Ok(());
    }
    ctx.say(format_args!(
        "There are {} in all: --limit 0 shows them.",
        last.total
    ))
}

fn kind(word: &str) -> VerdictKind {
    if word == "repeats" {
        VerdictKind::Repeats
    } else {
        VerdictKind::DuplicateOf
    }
}

/// Follows the pages up to `limit` suggestions (0 = all); the last answer comes with them.
async fn all(
    to: &Connection,
    mut request: ListSuggestionsRequest,
    limit: usize,
) -> Result<(Vec<Suggestion>, ListSuggestionsResponse)> {
    let mut found = Vec::new();
    loop {
        let wanted = match limit {
            0 => PAGE,
            limit => PAGE.min(limit - found.len()),
        };
        request.page_size = wanted.try_into().unwrap_or(i32::MAX);
        let mut answer: ListSuggestionsResponse = to.ask(SERVICE, &request).await?;
        found.append(&mut answer.suggestions);
        if answer.next_page_token.is_empty() || (limit != 0 && found.len() >= limit) {
            return Ok((found, answer));
        }
        request.page_token = answer.next_page_token;
    }
}
