//! What every command has at hand: the options that all share, the writers, the way to the gateway.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use rapporteur_server::tls::PeerArgs;

use crate::connect::Connection;
use crate::error::{Failure, Result};
use crate::output::Format;
use crate::profile::{self, DEFAULT_GATEWAY, Profile, Profiles};
use crate::surroundings::Surroundings;

/// The options that every command has.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// Dialogue that short names belong to (`rabat`); lists show just this one
    #[arg(
        short,
        long,
        global = true,
        value_name = "DIALOGUE",
        help_heading = "Everywhere"
    )]
    pub(crate) dialogue: Option<String>,
    /// How to show the answer; json is the proto3 JSON of the API
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table, help_heading = "Everywhere")]
    pub(crate) output: Format,
    /// Fields to show in tables and CSV (`name,start,place.name`)
    #[arg(
        long,
        global = true,
        value_name = "FIELDS",
        value_delimiter = ',',
        help_heading = "Everywhere"
    )]
    pub(crate) columns: Vec<String>,
    /// Show text as it is recorded: no guard against control characters and spreadsheet formulas
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) raw: bool,
    /// Address of the gateway, http://HOST:PORT or https://HOST:PORT [env: RAPPORTEUR_GATEWAY]
    #[arg(long, global = true, value_name = "URL", help_heading = "Everywhere")]
    pub(crate) gateway: Option<String>,
    /// Profile with address and token [env: RAPPORTEUR_PROFILE]; the token alone: [env: RAPPORTEUR_TOKEN], or in a
    /// file: [env: RAPPORTEUR_TOKEN_FILE]
    #[arg(
        long = "profile",
        global = true,
        value_name = "PROFILE",
        help_heading = "Everywhere"
    )]
    pub(crate) profile_name: Option<String>,
    /// Act as somebody else, by name; for the admin key only [env: RAPPORTEUR_AS]
    #[arg(
        long = "as",
        global = true,
        value_name = "NAME",
        help_heading = "Everywhere"
    )]
    pub(crate) act_as: Option<String>,
    /// Language of texts in tables, as fr or pt-BR; others are marked [en] [env: RAPPORTEUR_LANG]
    #[arg(long, global = true, value_name = "TAG", value_parser = crate::language::tag, help_heading = "Everywhere")]
    pub(crate) lang: Option<String>,
    /// CAs that sign for an https:// address, in PEM; those of this machine when not given [env:
    /// RAPPORTEUR_PEER_CA]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) peer_ca: Option<PathBuf>,
    /// Certificate to show to an https:// address, in PEM [env: RAPPORTEUR_PEER_CERT]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) peer_cert: Option<PathBuf>,
    /// That certificate's private key, in PEM [env: RAPPORTEUR_PEER_KEY]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) peer_key: Option<PathBuf>,
    /// Longest time to wait for an answer, retries included
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=3_600), help_heading = "Everywhere")]
    pub(crate) timeout: u64,
}

/// A command at work.
pub(crate) struct Context<'a> {
    pub(crate) global: Global,
    pub(crate) around: &'a Surroundings,
    pub(crate) out: &'a mut (dyn Write + Send),
    pub(crate) err: &'a mut (dyn Write + Send),
}

impl Context<'_> {
    /// A connection to the gateway: flag > environment > profile > default. Nothing is sent yet.
    pub(crate) fn connect(&self) -> Result<Connection> {
        let profile = self.profile()?;
        let profile = profile.as_ref();
        let address = self.gateway_of(profile);
        // A token belongs to its gateway: the profile's is not sent to another address.
        let saved = profile
            .filter(|p| p.gateway == address)
            .and_then(|p| p.token.as_deref());
        let in_file = self.around.var("RAPPORTEUR_TOKEN_FILE");
        let in_file = in_file.map(|file| profile::token(self.around, file));
        let in_file = in_file.transpose()?;
        let token = self.around.var("RAPPORTEUR_TOKEN");
        let token = token.or(in_file.as_deref()).or(saved);
        let act_as = self.global.act_as.as_deref();
        let act_as = act_as.or(self.around.var("RAPPORTEUR_AS"));
        let timeout = Duration::from_secs(self.global.timeout);
        let peers = self.peers_of(profile);
        Connection::new(address, token, timeout, &peers)?.acting_as(act_as)
    }

    /// The gateway's address: flag > environment > profile > default.
    pub(crate) fn gateway(&self) -> Result<String> {
        Ok(self.gateway_of(self.profile()?.as_ref()).to_owned())
    }

    fn gateway_of<'a>(&'a self, profile: Option<&'a Profile>) -> &'a str {
        let own = self.global.gateway.as_deref();
        own.or(self.around.var("RAPPORTEUR_GATEWAY"))
            .or(profile.map(|profile| profile.gateway.as_str()))
            .unwrap_or(DEFAULT_GATEWAY)
    }

    /// How https:// addresses are reached, as the flags and the environment say.
    pub(crate) fn said_peers(&self) -> PeerArgs {
        self.peers_of(None)
    }

    /// How https:// addresses are reached: flag > environment > profile.
    pub(crate) fn peers(&self) -> Result<PeerArgs> {
        Ok(self.peers_of(self.profile()?.as_ref()))
    }

    fn peers_of(&self, profile: Option<&Profile>) -> PeerArgs {
        let own = |flag: &Option<PathBuf>, name| {
            flag.clone().or(self.around.var(name).map(PathBuf::from))
        };
        let peer_ca = own(&self.global.peer_ca, "RAPPORTEUR_PEER_CA");
        let peer_cert = own(&self.global.peer_cert, "RAPPORTEUR_PEER_CERT");
        let peer_key = own(&self.global.peer_key, "RAPPORTEUR_PEER_KEY");
        let saved = profile.cloned().unwrap_or_default();
        // A certificate and its key belong together.
        let (peer_cert, peer_key) = match (peer_cert, peer_key) {
            (None, None) => (saved.peer_cert, saved.peer_key),
            own => own,
        };
        PeerArgs {
            peer_ca: peer_ca.or(saved.peer_ca),
            peer_cert,
            peer_key,
        }
    }

    /// The profile that was named, or the one in use.
    fn profile(&self) -> Result<Option<Profile>> {
        let named = self.global.profile_name.as_deref();
        let named = named.or(self.around.var("RAPPORTEUR_PROFILE"));
        let file = match self.profiles_file() {
            Ok(file) => file,
            // A service's user has no home, and so no profiles.
            Err(_) if named.is_none() => return Ok(None),
            Err(why) => return Err(why),
        };
        let profiles = Profiles::load(&file)?;
        match named {
            Some(name) => profiles.get(name).map(|profile| Some(profile.clone())),
            None => Ok(profiles.current().cloned()),
        }
    }

    /// Settles the language of texts: flag > environment > profile > none.
    pub(crate) fn settle_language(&mut self) -> Result<()> {
        if self.global.lang.is_none() {
            self.global.lang = match self.around.var("RAPPORTEUR_LANG") {
                Some(tag) => Some(
                    crate::language::tag(tag)
                        .map_err(|why| Failure::usage(format!("RAPPORTEUR_LANG {tag} {why}")))?,
                ),
                // What is wrong with the profiles is said when a connection needs them.
                None => self.profile().ok().flatten().and_then(|it| it.lang),
            };
        }
        Ok(())
    }

    pub(crate) fn profiles_file(&self) -> Result<PathBuf> {
        Ok(self.around.config_dir()?.join("profiles.toml"))
    }

    /// A line for people.
    pub(crate) fn say(&mut self, line: impl std::fmt::Display) -> Result<()> {
        writeln!(
            self.err,
            "{}",
            crate::output::guard::line(&line.to_string())
        )
        .map_err(Failure::Io)
    }

    /// Data, as it is.
    pub(crate) fn print(&mut self, text: impl std::fmt::Display) -> Result<()> {
        write!(self.out, "{text}")
            .and_then(|()| self.out.flush())
            .map_err(Failure::Io)
    }
}

#[cfg(test)]
impl<'a> Context<'a> {
    /// As on a command line without any option.
    pub(crate) fn of_test(
        around: &'a Surroundings,
        out: &'a mut (dyn Write + Send),
        err: &'a mut (dyn Write + Send),
    ) -> Self {
        #[derive(clap::Parser)]
        struct Bare {
            #[command(flatten)]
            global: Global,
        }
        Self {
            global: <Bare as clap::Parser>::parse_from(["rapporteur"]).global,
            around,
            out,
            err,
        }
    }
}
