//! Keys: who calls the gateway, with what. A secret is shown once, on stdout or in a file, and never again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use prost_types::Timestamp;
use rapporteur_proto::gateway::v1::{
    CreateKeyRequest, CreateKeyResponse, Key, ListKeysRequest, RevokeKeyRequest, RotateKeyRequest,
    RotateKeyResponse,
};
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::connect::method;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::{Noun, reflect};
use crate::record::{self, Move, Write};
use crate::{name, output, when};

pub(crate) const SERVICE: &str = "rapporteur.gateway.v1.AccessService";

/// The key with which the gateway signs.
const SIGNING: &str = "keys/signing";

const NOUN: Noun = Noun {
    kind: "key",
    message: "rapporteur.gateway.v1.Key",
    service: SERVICE,
    pattern: "keys/*",
    columns: &[
        "name",
        "caller",
        "note",
        "last_use_time",
        "expire_time",
        "revoke_time",
    ],
};

/// Keys with which people and systems call the gateway
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List keys
    List(List),
    /// Show what is known of a key; never its secret
    Show {
        /// Its name, in full or short
        name: String,
    },
    /// Make a key; the whole key is shown once, on stdout or in a file
    Add(Add),
    /// Give a key a new secret; the old one is good for a while longer. `admin` is the admin key, `signing` the one with
    /// which the gateway signs caller tokens
    Rotate(Rotate),
    /// Make a key worthless, at once and for good
    Revoke(Move),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only keys of this caller
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// Revoked and expired ones too
    #[arg(long)]
    ended: bool,
    /// Most keys to show; 0 = all
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Who calls with it: an address or a name, as grants name it
    #[arg(long, value_name = "NAME")]
    caller: String,
    /// What it is for
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
    /// Until when it is good: 2027-01-31 (its end), 2027-01-31T12:00:00Z or "90 days"; for ever when not given
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    expires: Option<Timestamp>,
    /// New file for the key, which only you can read; stdout when not given
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    write: Write,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    step: Move,
    /// How long the old secret stays good; 0 = not at all
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(i32).range(0..=720))]
    overlap: i32,
    /// New file for the key, which only you can read; stdout when not given
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let request = ListKeysRequest {
                caller: list.caller.unwrap_or_default(),
                show_ended: list.ended,
                ..ListKeysRequest::default()
            };
            let method = method(SERVICE, "ListKeys")?;
            let (to, request) = (ctx.connect()?, reflect(&request)?);
            let found = record::pages(&to, &method, request, list.limit).await?;
            output::records(ctx, NOUN.columns, &found.records)?;
            found.finish(ctx)
        }
        Command::Show { name } => {
            let name = name::expand(NOUN.pattern, &name, None)?;
            let key = record::get(&ctx.connect()?, &NOUN, &name, None).await?;
            output::record(ctx, NOUN.columns, &key)
        }
        Command::Add(add) => {
            let place = Place::of(add.to.as_deref())?;
            let request = CreateKeyRequest {
                key: Some(Key {
                    caller: add.caller,
                    note: add.note.unwrap_or_default(),
                    expire_time: add.expires,
                    ..Key::default()
                }),
                request_id: request_id(&add.write),
                reason: add.write.reason.clone().unwrap_or_default(),
                validate_only: add.write.dry_run,
            };
            let made: CreateKeyResponse = ctx.connect()?.ask(SERVICE, &request).await?;
            show(ctx, made.key, &made.secret, place, &add.write)
        }
        Command::Rotate(rotate) => {
            let place = Place::of(rotate.to.as_deref())?;
            let Move { name, etag, write } = rotate.step;
            let request = RotateKeyRequest {
                name: name::expand(NOUN.pattern, &name, None)?,
                etag: etag.unwrap_or_default(),
                overlap_seconds: match rotate.overlap {
                    0 => -1,
                    hours => hours * 3_600,
                },
                request_id: request_id(&write),
                reason: write.reason.clone().unwrap_or_default(),
                validate_only: write.dry_run,
            };
            let made: RotateKeyResponse = ctx.connect()?.ask(SERVICE, &request).await?;
            show(ctx, made.key, &made.secret, place, &write)
        }
        Command::Revoke(step) => record::act(ctx, &NOUN, &step, RevokeKeyRequest::default()).await,
    }
}

fn request_id(write: &Write) -> String {
    let own = write.request_id.clone();
    own.unwrap_or_else(|| Uuid::new_v4().to_string())
}

/// Where the key goes. Made ready before the key is, so that none is lost for want of a place.
enum Place<'a> {
    Out,
    File(&'a Path, NamedTempFile),
}

impl<'a> Place<'a> {
    fn of(file: Option<&'a Path>) -> Result<Self> {
        let Some(file) = file else {
            return Ok(Self::Out);
        };
        if file.exists() {
            let text = format!(
                "{} is there already; nothing is written over",
                file.display()
            );
            return Err(Failure::usage(text));
        }
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        // Made with mode 0600.
        let made = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
        Ok(Self::File(file, made.map_err(|e| unwritable(file, &e))?))
    }
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::other("UNWRITABLE_FILE", format!("{}: {error}", file.display()))
}

/// Shows the key where it belongs, and words for people beside it.
fn show(
    ctx: &mut Context<'_>,
    key: Option<Key>,
    secret: &str,
    place: Place<'_>,
    write: &Write,
) -> Result<()> {
    if write.dry_run {
        return write.note(ctx);
    }
    let key = key.unwrap_or_default();
    if key.name == SIGNING {
        let from = key.previous_until.unwrap_or_default();
        return ctx.say(format_args!(
            "A new key is published for the services now, and signs caller tokens from {}. See that every service has the \
             new caller-keys.json by then; the old key is believed until its tokens have expired.",
            when::show(from.seconds, from.nanos)
        ));
    }
    if secret.is_empty() {
        let text = format!(
            "{} was made by this request before, and its secret is shown only once; \
             `rapporteur key rotate {0}` gives it another",
            key.name
        );
        return Err(Failure::other("SECRET_SHOWN_BEFORE", text));
    }
    match place {
        Place::Out => ctx.print(format_args!("{secret}\n"))?,
        Place::File(file, mut fresh) => {
            let kept = writeln!(fresh, "{secret}").and_then(|()| fresh.as_file().sync_all());
            let kept = kept.and_then(|()| {
                let kept = fresh.persist_noclobber(file);
                kept.map(drop).map_err(|refused| refused.error)
            });
            if let Err(error) = kept {
                // Better seen than lost: nobody can show it again.
                ctx.print(format_args!("{secret}\n"))?;
                return Err(unwritable(file, &error));
            }
        }
    }
    ctx.say(format_args!(
        "{} is the key of {}. It is not shown again: keep it where only its holder can read it.",
        key.name, key.caller
    ))
}
