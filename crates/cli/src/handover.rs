//! `handover`: the pack that one chair leaves to the next, as files in a folder.

mod bars;
mod dates;
mod markdown;
mod matrix;
mod names;
mod pack;
mod page;
mod sheets;
mod timeline;
mod view;
mod words;

use std::path::{Path, PathBuf};

use rapporteur_proto::gateway::v1::{GetHandoverRequest, Handover};

pub use pack::{Edition, pack};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::followup::{Moment, SERVICE};
use crate::output::{self, Format};
use crate::{name, record};

/// Which chairs, and where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// The chair that leaves: a party (its last term), or a chairmanship
    #[arg(long, value_name = "PARTY")]
    from: String,
    /// The chair that comes: a party, or a chairmanship
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// The folder to write into; made when it is not there
    #[arg(short = 'o', long = "out", value_name = "DIR")]
    out: PathBuf,
    // Takes the place of the global -o here, which is the folder; clap shares the value by this id.
    /// How to show which files were written
    #[arg(id = "output", long = "format", value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write into a folder that is not empty
    #[arg(long)]
    force: bool,
    /// Leave out what is not public
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    moment: Moment,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let dialogue = record::parent(ctx)?;
    if dialogue.is_empty() {
        return Err(Failure::usage("say of which dialogue: --dialogue DIALOGUE"));
    }
    // Before anything is asked: nobody waits for a pack that cannot be written.
    usable(&ask.out, ask.force)?;
    let to = ctx.connect()?;
    let request = GetHandoverRequest {
        from: chair(&ask.from, &dialogue)?,
        to: chair(&ask.to, &dialogue)?,
        dialogue,
        as_of: ask.moment.when.as_of,
        on: ask.moment.day(),
        at_least: ask.moment.at_least(&to).await?,
        public_only: ask.public,
    };
    let language = ctx.global.lang.as_deref();
    let edition = Edition {
        language,
        public: ask.public,
    };
    let handover: Handover = to.ask(SERVICE, &request).await?;
    let files = pack(&handover, edition).map_err(|why| Failure::other("UNPRINTABLE", why))?;
    std::fs::create_dir_all(&ask.out).map_err(|e| unwritable(&ask.out, &e))?;
    let mut rows = Vec::new();
    for (name, text) in &files {
        let file = ask.out.join(name);
        std::fs::write(&file, text).map_err(|e| unwritable(&file, &e))?;
        rows.push(vec![file.display().to_string(), text.len().to_string()]);
    }
    if matches!(ask.format, Format::Json | Format::Yaml) {
        let json = |row: &Vec<String>| serde_json::json!({"file": row[0], "bytes": row[1]});
        return output::data(ctx, &rows.iter().map(json).collect::<Vec<_>>());
    }
    output::table(ctx, &["file", "bytes"], &rows)
}

/// A party (`pt`), or a chairmanship by its full name or as DIALOGUE/ID.
fn chair(given: &str, dialogue: &str) -> Result<String> {
    if given.contains('/') && !given.starts_with("parties/") {
        name::expand(name::CHAIRMANSHIP, given, Some(dialogue))
    } else {
        name::expand(name::PARTY, given, None)
    }
}

/// Refuses what would be written over.
fn usable(folder: &Path, force: bool) -> Result<()> {
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(unwritable(folder, &error)),
    };
    if is_empty || force {
        return Ok(());
    }
    Err(Failure::other(
        "FOLDER_IN_USE",
        format!("{} is not empty; --force writes into it", folder.display()),
    ))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::other("UNWRITABLE", format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chair_is_a_party_or_a_term() {
        let full = |given| chair(given, "dialogues/rabat").unwrap();
        assert_eq!(full("pt"), "parties/pt");
        assert_eq!(full("parties/pt"), "parties/pt");
        let term = "dialogues/rabat/chairmanships/pt-2025";
        assert_eq!(
            (full("rabat/pt-2025"), full(term)),
            (term.into(), term.into())
        );
        assert_eq!(
            chair("a/b/c", "dialogues/rabat").unwrap_err().exit_code(),
            2
        );
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        assert!(usable(folder.path(), false).is_ok());
        assert!(usable(&folder.path().join("new"), false).is_ok());
        std::fs::write(folder.path().join("a"), "b").unwrap();
        let refused = usable(folder.path(), false).unwrap_err().to_string();
        assert!(refused.contains("FOLDER_IN_USE") && refused.contains("--force"));
        assert!(usable(folder.path(), true).is_ok());
        assert!(usable(&folder.path().join("a"), true).is_err());
    }

    #[test]
    fn the_folder_takes_the_place_of_the_format() {
        let asked = |line: &str| {
            let line: Vec<&str> = line.split(' ').collect();
            crate::command().try_get_matches_from(line)
        };
        let line = "rapporteur handover --dialogue rabat --from pt --to ng";
        let short = asked(&format!("{line} -o pack --format json")).unwrap();
        assert_eq!(short.get_one::<Format>("output"), Some(&Format::Json));
        let before = asked(&format!("{} -o pack", line.replacen(' ', " -o csv ", 1))).unwrap();
        assert_eq!(before.get_one::<Format>("output"), Some(&Format::Csv));
        assert!(asked(line).is_err(), "the folder is required");
    }
}
