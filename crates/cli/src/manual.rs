//! The manual pages of all programs, made of what `--help` says.

use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use rapporteur_server::arguments;
use serde_json::json;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::store::show;

/// Where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Folder that gets man1 and man8, as /usr/local/share/man
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(crate) fn run(ctx: &mut Context<'_>, ask: &Ask) -> Result<()> {
    let mut tool = crate::command();
    tool.build();
    let services = [
        arguments::<rapporteur_events::Arguments>(),
        arguments::<rapporteur_recommendations::Arguments>(),
        arguments::<rapporteur_gateway::Arguments>(),
    ];
    let mut pages = write_tree(&ask.to.join("man1"), &tool, "rapporteur")?;
    for service in services {
        let name = service.get_name().to_owned();
        // 8: what administrators run (man-pages(7)).
        pages += write(&ask.to.join("man8"), service, &name, "8")?;
    }
    show(
        ctx,
        &json!({"folder": ask.to.display().to_string(), "pages": pages}),
    )
}

/// A page for a command and each below it; how many.
fn write_tree(folder: &Path, command: &Command, name: &str) -> Result<u32> {
    let mut pages = write(folder, command.clone(), name, "1")?;
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        pages += write_tree(folder, below, &format!("{name}-{}", below.get_name()))?;
    }
    Ok(pages)
}

fn write(folder: &Path, command: Command, name: &str, section: &str) -> Result<u32> {
    let command = command.display_name(name).name(name.to_owned());
    let man = Man::new(command).section(section).manual("rapporteur");
    let path = folder.join(format!("{name}.{section}"));
    let mut page = Vec::new();
    let written = man
        .render(&mut page)
        .and_then(|()| std::fs::create_dir_all(folder))
        .and_then(|()| std::fs::write(&path, page));
    written.map_err(|error| {
        Failure::other("UNWRITABLE", format!("writing {}: {error}", path.display()))
    })?;
    Ok(1)
}
