//! Profiles: where a gateway is, with which token. Kept in one TOML file that only its owner can read.
//!
//! A token never stands in a flag, where other users of the machine could see it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rapporteur_server::tls::PeerArgs;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output;
use crate::surroundings::Surroundings;

/// Where the gateway is when nobody says otherwise.
pub(crate) const DEFAULT_GATEWAY: &str = "http://127.0.0.1:7700";

/// Profiles: where a gateway is, with which token
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List profiles
    List,
    /// Show one profile; the one in use when not given
    Show {
        /// Its name
        name: Option<String>,
    },
    /// Use a profile from now on
    Use {
        /// Its name
        name: String,
    },
    /// Make or change a profile; --gateway says its address, --lang its language, --peer-ca, --peer-cert and
    /// --peer-key how https:// is reached
    Set {
        /// Its name
        name: String,
        /// File with the token, or - for stdin; a token in a flag would be seen by others
        #[arg(long, value_name = "FILE")]
        token_file: Option<String>,
    },
    /// Delete a profile
    Delete {
        /// Its name
        name: String,
    },
}

/// One profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) gateway: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// Language of texts in tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lang: Option<String>,
    /// How an https:// address is reached; paths from the root, since the tool is used in any folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer_ca: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer_cert: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer_key: Option<PathBuf>,
}

impl Profile {
    /// Takes over how https:// is reached, as far as it is said.
    pub(crate) fn take_peers(&mut self, said: &PeerArgs) -> Result<()> {
        for (place, said) in [
            (&mut self.peer_ca, &said.peer_ca),
            (&mut self.peer_cert, &said.peer_cert),
            (&mut self.peer_key, &said.peer_key),
        ] {
            if let Some(file) = said {
                *place = Some(std::path::absolute(file).map_err(|e| wrong(file, e))?);
            }
        }
        Ok(())
    }
}

/// All of them, as the file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Those of the file; none when there is no file.
    pub(crate) fn load(file: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(wrong(file, error)),
        };
        // The parser's own message would quote the line, and a line may hold a token.
        toml::from_str(&text).map_err(|e: toml::de::Error| wrong(file, e.message()))
    }

    /// Writes a new file beside the old and renames it, so that a cut-off write loses nothing.
    pub(crate) fn save(&self, file: &Path) -> Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|e| wrong(folder, e))?;
        let text = toml::to_string(self).map_err(|e| wrong(file, e))?;
        // Made with mode 0600.
        let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(|e| wrong(folder, e))?;
        fresh
            .write_all(text.as_bytes())
            .map_err(|e| wrong(file, e))?;
        fresh.as_file().sync_all().map_err(|e| wrong(file, e))?;
        fresh.persist(file).map_err(|e| wrong(file, e.error))?;
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Profile> {
        self.profile.get(name).ok_or_else(|| {
            Failure::usage(format!(
                "there is no profile {name}; `rapporteur profile list` shows them"
            ))
        })
    }

    /// The one in use.
    pub(crate) fn current(&self) -> Option<&Profile> {
        self.profile.get(self.current.as_deref()?)
    }

    /// Adds or replaces one; it comes into use when asked, or when it is the first.
    pub(crate) fn set(&mut self, name: &str, profile: Profile, in_use: bool) {
        self.profile.insert(name.to_owned(), profile);
        if in_use || self.current().is_none() {
            self.current = Some(name.to_owned());
        }
    }
}

pub(crate) fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let file = ctx.profiles_file()?;
    let mut profiles = Profiles::load(&file)?;
    match command {
        Command::List => {
            let all: Vec<&String> = profiles.profile.keys().collect();
            show(ctx, &profiles, &all)
        }
        Command::Show { name } => {
            let name = name
                .or(profiles.current.clone())
                .ok_or_else(|| Failure::usage("no profile is in use"))?;
            profiles.get(&name)?;
            show(ctx, &profiles, &[&name])
        }
        Command::Use { name } => {
            profiles.get(&name)?;
            profiles.current = Some(name.clone());
            profiles.save(&file)?;
            ctx.say(format_args!("{name} is in use"))
        }
        Command::Set { name, token_file } => {
            let mut profile = profiles.profile.get(&name).cloned().unwrap_or(Profile {
                gateway: DEFAULT_GATEWAY.to_owned(),
                ..Profile::default()
            });
            if let Some(gateway) = ctx.global.gateway.clone() {
                profile.gateway = gateway;
            }
            if ctx.global.lang.is_some() {
                profile.lang.clone_from(&ctx.global.lang);
            }
            profile.take_peers(&ctx.said_peers())?;
            if let Some(from) = token_file {
                profile.token = Some(token(ctx.around, &from)?);
            }
            profiles.set(&name, profile, false);
            profiles.save(&file)?;
            ctx.say(format_args!("{name} is saved"))
        }
        Command::Delete { name } => {
            profiles.get(&name)?;
            profiles.profile.remove(&name);
            if profiles.current.as_ref() == Some(&name) {
                profiles.current = None;
            }
            profiles.save(&file)?;
            ctx.say(format_args!("{name} is deleted"))
        }
    }
}

/// The one token in a file, or in stdin for `-`.
pub(crate) fn token(around: &Surroundings, file: &str) -> Result<String> {
    let bytes = around.read(file)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::other("BAD_TOKEN", format!("{file} is not text")))?;
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(Failure::other(
            "BAD_TOKEN",
            format!("{file} does not hold one token"),
        ));
    }
    Ok(text.to_owned())
}

/// Tokens are never shown, only whether there is one.
fn show(ctx: &mut Context<'_>, profiles: &Profiles, names: &[&String]) -> Result<()> {
    let row = |name: &&String| {
        let profile = profiles.profile.get(*name)?;
        let mark = |truth: bool| if truth { "yes" } else { "" }.to_owned();
        let in_use = profiles.current.as_ref() == Some(*name);
        Some(vec![
            (*name).clone(),
            profile.gateway.clone(),
            mark(profile.token.is_some()),
            mark(in_use),
            profile.lang.clone().unwrap_or_default(),
        ])
    };
    let rows: Vec<Vec<String>> = names.iter().filter_map(row).collect();
    if matches!(
        ctx.global.output,
        output::Format::Json | output::Format::Yaml
    ) {
        let json = |row: &Vec<String>| serde_json::json!({"name": row[0], "gateway": row[1], "hasToken": row[2] == "yes", "inUse": row[3] == "yes", "lang": row[4]});
        return output::data(ctx, &rows.iter().map(json).collect::<Vec<_>>());
    }
    output::table(ctx, &["name", "gateway", "token", "in use", "lang"], &rows)
}

fn wrong(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::other("PROFILES", format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rapporteur/profiles.toml");
        let mut profiles = Profiles::load(&file).unwrap();
        let profile = Profile {
            gateway: "http://a:1".into(),
            token: Some("rpk_x".into()),
            lang: Some("fr".into()),
            peer_ca: Some("/ca.crt".into()),
            ..Profile::default()
        };
        profiles.set("local", profile.clone(), false);
        profiles.set(
            "other",
            Profile {
                gateway: "http://b:1".into(),
                ..Profile::default()
            },
            false,
        );
        profiles.save(&file).unwrap();
        let again = Profiles::load(&file).unwrap();
        assert_eq!(again, profiles);
        assert_eq!(again.current(), Some(&profile));
        assert_eq!(again.get("nobody").unwrap_err().exit_code(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_broken_file_does_not_show_its_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("profiles.toml");
        std::fs::write(&file, "[profile.a]\ngateway = \"x\"\ntoken = secret\n").unwrap();
        let error = Profiles::load(&file).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
