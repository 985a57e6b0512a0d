//! `bundle`: what is addressed to one party, as a spreadsheet that goes to a ministry and comes back.
//!
//! A row is one addressee: what is asked, and what was answered so far; the columns from `answer` on are to be filled
//! in. Hidden columns say which record a row is, in which version it was written, and a digest of both, so that a row
//! that was damaged or comes from elsewhere is known. The last row holds a digest of all.

mod back;
mod filled;
mod out;
mod sheet;

use crate::context::Context;
use crate::error::Result;

/// Bundles for ministries: what is addressed to one party, as a spreadsheet to fill in
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write what is addressed to a party into a spreadsheet
    Export(out::Ask),
    /// Take a filled-in spreadsheet back: what changed is recorded, what somebody else changed since is shown
    Import(back::Ask),
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Export(ask) => out::run(ctx, ask).await,
        Command::Import(ask) => back::run(ctx, ask).await,
    }
}
