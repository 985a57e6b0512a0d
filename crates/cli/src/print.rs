//! `print`: what a gateway has written for its operator, on stdout. An image without a shell has no `cat`.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{Failure, Result};

/// Larger than any file that a gateway writes for others.
const LONGEST: u64 = 1 << 20;

/// Which file.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// File to print, as /var/lib/rapporteur/caller-keys.json or admin.key beside it
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(crate) fn run(ctx: &mut Context<'_>, ask: &Ask) -> Result<()> {
    let unreadable = |why: String| {
        let text = format!("{}: {why}", ask.file.display());
        Failure::other("UNREADABLE_FILE", text)
    };
    let bytes = std::fs::metadata(&ask.file).map_err(|error| unreadable(error.to_string()))?;
    if !bytes.is_file() || bytes.len() > LONGEST {
        return Err(unreadable("no file of at most 1 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(&ask.file).map_err(|error| unreadable(error.to_string()))?;
    ctx.print(&text)
}
