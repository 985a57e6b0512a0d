//! `draft`: what posts say, as proposals; those that a person accepts become records.
//!
//! Reading writes nothing. What is accepted goes the way of `load`: accepting it again changes nothing, and what
//! somebody has recorded meanwhile is added to and never written over.

mod dialog;
mod edit;
mod known;
mod merge;
mod records;
mod show;
mod verdicts;

use jiff::civil;
use rapporteur_posts::{Draft, LONGEST, Options, Proposal, Vocabulary, draft, parties};

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::{load, name};

/// Which posts, and who decides.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Text of one or more posts, or - for stdin
    #[arg(long, value_name = "FILE", required = true)]
    from_post: String,
    /// When they were posted: with it "last year" and "16 October" are dates
    #[arg(long, value_name = "DATE", value_parser = day)]
    posted: Option<civil::Date>,
    /// Who published them
    #[arg(long, value_name = "PARTY")]
    publisher: Option<String>,
    /// Ask for each proposal whether to accept, reject or edit it
    #[arg(long, conflicts_with_all = ["verdicts", "write_verdicts", "offline"])]
    interactive: bool,
    /// Take over what this file accepts: {"proposal":...,"verdict":"accept","edits":{"title":...}} a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["write_verdicts", "offline"])]
    verdicts: Option<String>,
    /// Write such a file with every proposal and no verdict yet
    #[arg(long, value_name = "FILE")]
    write_verdicts: Option<String>,
    /// Ask no gateway: names of parties and themes are those that the tool knows, and nothing can be accepted
    #[arg(long)]
    offline: bool,
    /// Check everything that is accepted, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Why, for the change log
    #[arg(long, value_name = "WORDS", default_value = "accepted from a post")]
    reason: String,
}

fn day(text: &str) -> std::result::Result<civil::Date, String> {
    text.parse()
        .map_err(|_| "is not a day: write 2024-10-16".to_owned())
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    if ask.interactive && ask.from_post == "-" {
        return Err(Failure::usage(
            "--interactive asks on stdin, so the posts have to be in a file",
        ));
    }
    if ask.verdicts.as_deref() == Some("-") && ask.from_post == "-" {
        return Err(Failure::usage(
            "only one of --from-post and --verdicts can be stdin",
        ));
    }
    let text = read(ctx, &ask.from_post)?;
    let to = if ask.offline {
        None
    } else {
        Some(ctx.connect()?)
    };
    let dialogue = name::expand_some(name::DIALOGUE, &ctx.global.dialogue, None)?;
    let drafted = propose(to, &dialogue, ask.posted, &text).await?;
    let accepted = if let Some(file) = &ask.verdicts {
        let lines = read(ctx, file)?;
        verdicts::accepted(&drafted, file, &lines)?
    } else if ask.interactive {
        dialog::ask(ctx, &drafted)?
    } else {
        if let Some(file) = &ask.write_verdicts {
            verdicts::write(&drafted, file)?;
            ctx.say(format_args!(
                "wrote {file}: give each line a verdict, accept or reject, then --verdicts {file}"
            ))?;
        }
        return show::all(ctx, &drafted);
    };
    take_over(ctx, &ask, &drafted, accepted).await
}

fn read(ctx: &Context<'_>, file: &str) -> Result<String> {
    let bytes = ctx.around.read(file)?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::other(
            "UNREADABLE_FILE",
            format!("{file}: is not UTF-8; at most {LONGEST} bytes of UTF-8 are read"),
        )
    })
}

/// The proposals, by the names that the record knows; without a gateway by those of the tool.
async fn propose(
    to: Option<Connection>,
    dialogue: &str,
    posted: Option<civil::Date>,
    text: &str,
) -> Result<Draft> {
    let dialogue = dialogue.strip_prefix("dialogues/");
    let mut vocabulary = Vocabulary::built_in();
    let record = match &to {
        Some(to) => {
            vocabulary.set_dialogues(known::dialogues(to).await?);
            Some(known::Recorded::ask(to).await?)
        }
        None => None,
    };
    let known: &dyn parties::Parties = match &record {
        Some(record) => record,
        None => &parties::BuiltIn,
    };
    let options = Options {
        posted,
        dialogue,
        vocabulary: &vocabulary,
        parties: known,
    };
    draft(text, &options).map_err(|error| Failure::other("TOO_LARGE", error.to_string()))
}

/// Writes what was accepted; what cannot be a record yet is said, with what it lacks.
async fn take_over(
    ctx: &mut Context<'_>,
    ask: &Ask,
    drafted: &Draft,
    accepted: Vec<Proposal>,
) -> Result<()> {
    if accepted.is_empty() {
        return ctx.say("nothing was accepted, so nothing was written");
    }
    let publisher = name::expand_some(name::PARTY, &ask.publisher, None)?;
    let dialogue = name::expand_some(name::DIALOGUE, &ctx.global.dialogue, None)?;
    let facts = records::Facts {
        drafted,
        accepted: &accepted,
        publisher,
        dialogue,
        posted: ask.posted,
    };
    let made = records::make(&ctx.connect()?, &facts).await?;
    for why in &made.left_out {
        ctx.say(format_args!("left out: {why}"))?;
    }
    load::made(
        ctx,
        &ask.from_post,
        &made.lines.join("\n"),
        ask.dry_run,
        &ask.reason,
    )
    .await?;
    // What a person accepted and the record has not is a failure, whatever else was written.
    if made.left_out.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused)
    }
}
