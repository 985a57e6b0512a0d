//! The tree of commands, and the way from a command line to an exit code.

use std::ffi::OsString;
use std::io::Write;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use rapporteur_store::engine::without_passwords;

use crate::context::{Context, Global};
use crate::error::{Failure, Result};
use crate::surroundings::Surroundings;
use crate::{
    addressee, assessment, audit, backup, bundle, chairmanship, changes, check, commitment,
    completion, compose, coverage, crosswalk, demo, dev_certs, dialogue, doctor, draft, due, event,
    examples, export, gaps, grant, handover, import, inbox, instrument, key, load, manual, mapping,
    membership, node, open, party, plan, post, print, profile, recommendation, related, report,
    resolve, schedule, search, similar, source, status, store, suggest, trace, up, verdict, verify,
    vocabulary, whoami,
};

/// Keeps the record of intergovernmental dialogues: what was held, what was recommended, who answered,
/// what was done, and the proof of each figure.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "rapporteur",
    version,
    propagate_version = true,
    max_term_width = 110,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    #[command(subcommand)]
    Dialogue(dialogue::Command),
    #[command(subcommand)]
    Party(party::Command),
    #[command(subcommand)]
    Membership(membership::Command),
    #[command(subcommand)]
    Post(post::Command),
    #[command(subcommand)]
    Chairmanship(chairmanship::Command),
    #[command(subcommand)]
    Plan(plan::Command),
    #[command(subcommand)]
    Node(node::Command),
    #[command(subcommand)]
    Event(event::Command),
    #[command(subcommand)]
    Instrument(instrument::Command),
    #[command(subcommand)]
    Recommendation(recommendation::Command),
    #[command(subcommand)]
    Addressee(addressee::Command),
    #[command(subcommand)]
    Commitment(commitment::Command),
    #[command(subcommand)]
    Report(report::Command),
    #[command(subcommand)]
    Assessment(assessment::Command),
    #[command(subcommand)]
    Verdict(verdict::Command),
    #[command(subcommand)]
    Suggest(suggest::Command),
    #[command(subcommand)]
    Schedule(schedule::Command),
    #[command(subcommand)]
    Vocabulary(vocabulary::Command),
    #[command(subcommand)]
    Crosswalk(crosswalk::Command),
    #[command(subcommand)]
    Source(source::Command),
    /// Say whom names of states and organisations mean, in any language and spelling
    Resolve(Box<resolve::Ask>),
    /// Find records by their words, in any form and language, and count them by what they are about
    Search(Box<search::Ask>),
    /// Find what says the same as a text or a record, or nearly: has this been said before?
    Similar(similar::Ask),
    /// Find what has to do with a record, across dialogues and languages, and why
    Related(related::Ask),
    /// Propose what the text of posts says; what you accept becomes records
    Draft(Box<draft::Ask>),
    /// Write a post from what the record says of an event, each figure with its claim
    Compose(compose::Ask),
    /// Show what waits for a post: returned, to be answered, due, to be verified, open
    Inbox(inbox::Ask),
    /// Record what an addressee answers (short for `addressee respond`)
    Respond(Box<addressee::Respond>),
    /// List what is open, overdue, silent or disputed
    Open(open::Ask),
    /// List what reporting schedules make due, and what met it
    Due(due::Ask),
    /// List what the record lacks
    Gaps(gaps::Ask),
    /// Write the pack that one chair leaves to the next into a folder
    Handover(Box<handover::Ask>),
    /// Count everything that is amiss: the promise check
    Check(check::Ask),
    /// Count how far a plan is covered, with the proof
    Coverage(coverage::Ask),
    /// Follow a record through the dialogues: where it comes from and what became of it
    Trace(trace::Ask),
    #[command(subcommand)]
    Changes(changes::Command),
    /// Who called what, and who was refused; for auditors and operators
    Audit(audit::Ask),
    Verify(verify::Ask),
    /// Load a record file: one JSON object a line; loading twice changes nothing
    Load(load::Ask),
    /// Import a file of others: look first, then write what was seen; the same file again changes nothing
    Import(Box<import::Ask>),
    #[command(subcommand)]
    Mapping(mapping::Command),
    /// Write the record, or a part of it, as others read it: spreadsheets, calendars, standards, or to be loaded again
    Export(Box<export::Ask>),
    #[command(subcommand)]
    Bundle(bundle::Command),
    /// Start all services here, in one process, with the data in a folder
    Up(up::Ask),
    /// Show what the product does, on the sample record, in a folder that is thrown away
    Demo,
    /// Make a CA and certificates for a trial, and say how to use them
    DevCerts(dev_certs::Ask),
    /// Show how each service is; exits 6 when one does not serve, or the views of it do not get on
    Status,
    Store(store::Ask),
    #[command(subcommand)]
    Backup(backup::Command),
    Doctor(doctor::Ask),
    #[command(subcommand)]
    Profile(profile::Command),
    #[command(subcommand)]
    Key(key::Command),
    #[command(subcommand)]
    Grant(grant::Command),
    /// Show whom the gateway takes you for, and what you are granted
    Whoami,
    /// Print a file that a gateway has written, where there is no shell
    Print(print::Ask),
    /// Write the manual pages of all programs into a folder
    Manual(manual::Ask),
    /// Print the completions of a shell
    Completion {
        /// Which shell
        shell: Shell,
    },
}

/// Runs one command line and gives its exit code: 0 ok, 1 error, 2 usage, 3 not found, 4 auth or
/// permission, 5 conflict, 6 unavailable or deadline, 7 partial result, 130 on Ctrl-C.
pub async fn run(
    argv: impl IntoIterator<Item = impl Into<OsString>>,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> u8 {
    run_in(&Surroundings::of_process(), argv, out, err).await
}

/// The same in surroundings of the caller's choice.
pub async fn run_in(
    around: &Surroundings,
    argv: impl IntoIterator<Item = impl Into<OsString>>,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().map(Into::into).collect();
    let cli = match command()
        .try_get_matches_from(argv)
        .and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is a complaint.
            let text = error.render();
            let _ = if error.use_stderr() {
                // It repeats what it did not expect, and that may be an address with a password.
                write!(err, "{}", without_passwords(&text.to_string()))
            } else {
                write!(out, "{text}")
            };
            return error.exit_code().try_into().unwrap_or(2);
        }
    };
    let starts_services = matches!(cli.command, Command::Up(_));
    let mut ctx = Context {
        global: cli.global,
        around,
        out,
        err,
    };
    // `profile set` keeps what its own flag says.
    if !matches!(cli.command, Command::Profile(_))
        && let Err(failure) = ctx.settle_language()
    {
        let _ = ctx.say(&failure);
        return failure.exit_code();
    }
    let work = dispatch(&mut ctx, cli.command);
    let outcome = if starts_services {
        // It stops by itself on the first signal, after draining.
        Some(work.await)
    } else {
        tokio::select! {
            outcome = work => Some(outcome),
            Ok(()) = tokio::signal::ctrl_c() => None,
        }
    };
    match outcome {
        None => 130,
        Some(Ok(())) => 0,
        Some(Err(failure)) => {
            if !failure.is_silent() {
                let _ = ctx.say(&failure);
            }
            failure.exit_code()
        }
    }
}

/// The tree, with an example on each command.
pub fn command() -> clap::Command {
    examples::teach(Cli::command())
}

// Boxed, because `demo` runs commands itself.
fn dispatch<'a>(
    ctx: &'a mut Context<'_>,
    command: Command,
) -> std::pin::Pin<Box<dyn Future<Output = std::result::Result<(), Failure>> + Send + 'a>> {
    Box::pin(go(ctx, command))
}

async fn go(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Dialogue(command) => dialogue::run(ctx, command).await,
        Command::Party(command) => party::run(ctx, command).await,
        Command::Membership(command) => membership::run(ctx, command).await,
        Command::Post(command) => post::run(ctx, command).await,
        Command::Chairmanship(command) => chairmanship::run(ctx, command).await,
        Command::Plan(command) => plan::run(ctx, command).await,
        Command::Node(command) => node::run(ctx, command).await,
        Command::Event(command) => event::run(ctx, command).await,
        Command::Instrument(command) => instrument::run(ctx, command).await,
        Command::Recommendation(command) => recommendation::run(ctx, command).await,
        Command::Addressee(command) => addressee::run(ctx, command).await,
        Command::Commitment(command) => commitment::run(ctx, command).await,
        Command::Report(command) => report::run(ctx, command).await,
        Command::Assessment(command) => assessment::run(ctx, command).await,
        Command::Verdict(command) => verdict::run(ctx, command).await,
        Command::Suggest(command) => suggest::run(ctx, command).await,
        Command::Schedule(command) => schedule::run(ctx, command).await,
        Command::Vocabulary(command) => vocabulary::run(ctx, command).await,
        Command::Crosswalk(command) => crosswalk::run(ctx, command).await,
        Command::Source(command) => source::run(ctx, command).await,
        Command::Resolve(ask) => resolve::run(ctx, *ask).await,
        Command::Search(ask) => search::run(ctx, *ask).await,
        Command::Similar(ask) => similar::run(ctx, ask).await,
        Command::Related(ask) => related::run(ctx, ask).await,
        Command::Draft(ask) => draft::run(ctx, *ask).await,
        Command::Compose(ask) => compose::run(ctx, ask).await,
        Command::Inbox(ask) => inbox::run(ctx, ask).await,
        Command::Respond(ask) => addressee::respond(ctx, *ask).await,
        Command::Open(ask) => open::run(ctx, ask).await,
        Command::Due(ask) => due::run(ctx, ask).await,
        Command::Gaps(ask) => gaps::run(ctx, ask).await,
        Command::Handover(ask) => handover::run(ctx, *ask).await,
        Command::Check(ask) => check::run(ctx, ask).await,
        Command::Coverage(ask) => coverage::run(ctx, ask).await,
        Command::Trace(ask) => trace::run(ctx, ask).await,
        Command::Audit(ask) => audit::run(ctx, ask).await,
        Command::Verify(ask) => verify::run(ctx, ask).await,
        Command::Changes(command) => changes::run(ctx, command).await,
        Command::Load(ask) => load::run(ctx, ask).await,
        Command::Import(ask) => import::run(ctx, *ask).await,
        Command::Mapping(command) => mapping::run(ctx, command),
        Command::Export(ask) => export::run(ctx, *ask).await,
        Command::Bundle(command) => bundle::run(ctx, command).await,
        Command::Up(ask) => up::run(ctx, ask).await,
        Command::DevCerts(ask) => dev_certs::run(ctx, &ask),
        Command::Demo => demo::run(ctx).await,
        Command::Status => status::run(ctx).await,
        Command::Store(ask) => store::run(ctx, ask).await,
        Command::Backup(command) => backup::run(ctx, command).await,
        Command::Doctor(ask) => doctor::run(ctx, ask).await,
        Command::Profile(command) => profile::run(ctx, command),
        Command::Key(command) => key::run(ctx, command).await,
        Command::Grant(command) => grant::run(ctx, command).await,
        Command::Whoami => whoami::run(ctx).await,
        Command::Print(ask) => print::run(ctx, &ask),
        Command::Manual(ask) => manual::run(ctx, &ask),
        Command::Completion { shell } => completion::run(ctx, shell),
    }
}
