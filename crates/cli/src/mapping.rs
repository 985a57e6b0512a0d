//! `mapping`: how columns of others become records. Those that ship can be read and changed.

use rapporteur_exchange::map::{Mapping, SHIPPED};
use serde::Serialize;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::{self, Format};

/// Mappings that ship: how files of others become records
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the mappings that ship
    List,
    /// Print a mapping, to be used as it is or to begin one's own
    Show {
        /// Its name
        name: String,
    },
}

#[derive(Serialize)]
struct Shown {
    name: String,
    about: String,
    formats: Vec<&'static str>,
    parameters: Vec<Parameter>,
}

#[derive(Serialize)]
struct Parameter {
    name: String,
    about: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

pub(crate) fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List => list(ctx),
        Command::Show { name } => match SHIPPED.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => ctx.print(text),
            None => Err(Failure::usage(format!(
                "{name} does not ship; see `mapping list`"
            ))),
        },
    }
}

fn list(ctx: &mut Context<'_>) -> Result<()> {
    let mappings = SHIPPED
        .iter()
        .filter_map(|(name, _)| Mapping::shipped(name));
    let shown: Vec<Shown> = mappings
        .map(|mapping| Shown {
            name: mapping.name().to_owned(),
            about: mapping.about().to_owned(),
            formats: mapping
                .formats()
                .iter()
                .map(|format| format.word())
                .collect(),
            parameters: mapping
                .parameters()
                .map(|(name, about, default)| Parameter {
                    name: name.to_owned(),
                    about: about.to_owned(),
                    default: default.map(str::to_owned),
                })
                .collect(),
        })
        .collect();
    if matches!(ctx.global.output, Format::Json | Format::Yaml) {
        return output::data(ctx, &shown);
    }
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|mapping| {
            let parameters = mapping.parameters.iter().map(|one| one.name.clone());
            vec![
                mapping.name.clone(),
                mapping.formats.join(", "),
                parameters.collect::<Vec<_>>().join(", "),
                mapping.about.clone(),
            ]
        })
        .collect();
    output::table(ctx, &["name", "formats", "parameters", "for"], &rows)
}
