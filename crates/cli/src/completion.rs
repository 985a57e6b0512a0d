//! Completions for shells.

use clap_complete::Shell;

use crate::context::Context;
use crate::error::Result;

pub(crate) fn run(ctx: &mut Context<'_>, shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::command(), "rapporteur", &mut script);
    ctx.print(String::from_utf8_lossy(&script))
}
