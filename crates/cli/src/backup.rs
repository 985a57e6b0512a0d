//! `backup`: all three stores into one dated folder, tried before they count, and old ones thinned out.
//!
//! A folder with a date is whole: it gets its name when every archive in it was read back and restored. A run that
//! fails leaves the backups before it as they were, and an exit code that a timer shows.

mod folder;

use std::path::PathBuf;

use rapporteur_store::engine::{Address, Settings};
use rapporteur_store::{archive, copy};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::doctor;
use crate::error::{Failure, Result};
use crate::store::{closed, export, failed, moment, now_us, open, show};
use folder::Backups;

/// Save all services into a folder, and tell whether that was done of late
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Save the stores of all three running services into a new folder, and try that they can be restored
    Make(Make),
    /// Read the newest backup from end to end; exit 1 when it is damaged, too old or not there
    Check(Check),
}

/// Of which services, and where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Make {
    /// Folder of the backups; each is a folder in it, named by its moment in UTC
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Where the recommendations service is; of several replicas over one store, all addresses
    #[arg(
        long,
        value_name = "URL,URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:7702"
    )]
    recommendations: Vec<String>,
    /// Where the events service is; of several replicas over one store, all addresses
    #[arg(
        long,
        value_name = "URL,URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:7701"
    )]
    events: Vec<String>,
    /// Backups to keep, this one among them; older ones are removed when this one is known to be good
    #[arg(long, value_name = "COUNT", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    keep: u32,
    /// Read the archives back, but do not restore them to try them; for lack of room
    #[arg(long)]
    untried: bool,
}

/// Which backups.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Check {
    /// Folder of the backups
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Hours that the newest may be old
    #[arg(long, value_name = "HOURS", default_value_t = 26, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_age_hours: u32,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Make(ask) => make(ctx, ask).await,
        Command::Check(ask) => check(ctx, &ask).await,
    }
}

async fn make(ctx: &mut Context<'_>, ask: Make) -> Result<()> {
    let gateway = vec![ctx.gateway()?];
    // In this order no recommendation is newer than the event that it names, and no record than whoever wrote it.
    let services = [
        ("recommendations", ask.recommendations),
        ("events", ask.events),
        ("gateway", gateway),
    ];
    let backups = Backups::lock(&ask.to)?;
    let new = backups.begin()?;
    let mut said = Map::new();
    for (service, addresses) in services {
        let file = new.path().join(format!("{service}.archive"));
        let summary = first(ctx, service, &addresses, &file).await?;
        let mut about = json!({"commits": summary.entries, "bytes": summary.bytes});
        if !ask.untried {
            let records = tried(ctx, &backups, service, &file).await?;
            about["records"] = json!(records);
        }
        said.insert(service.to_owned(), about);
    }
    let kept = new.keep(now_us())?;
    let removed = backups.thin_out(ask.keep)?;
    said.insert("backup".to_owned(), json!(kept.display().to_string()));
    said.insert("removed".to_owned(), json!(removed));
    show(ctx, &Value::Object(said))
}

/// The archive of whichever replica answers.
async fn first(
    ctx: &mut Context<'_>,
    service: &str,
    addresses: &[String],
    file: &std::path::Path,
) -> Result<archive::Summary> {
    let mut last = None;
    for url in addresses {
        match export(ctx, url, file).await {
            Ok(summary) => return Ok(summary),
            // Another replica has the same store; anything but its absence is true of all.
            Err(why) if why.exit_code() == 6 => {
                ctx.say(format_args!("{service} at {url}: {why}"))?;
                last = Some(why);
            }
            Err(why) => {
                ctx.say(format_args!("{service} at {url} was not saved"))?;
                return Err(why);
            }
        }
    }
    Err(last.unwrap_or_else(|| Failure::usage(format!("no address of {service} is given"))))
}

/// Restores an archive into a folder that is thrown away, walks it, and gives the number of its records.
async fn tried(
    ctx: &mut Context<'_>,
    backups: &Backups,
    service: &str,
    file: &std::path::Path,
) -> Result<u64> {
    let place = backups.scratch()?;
    let settings = Settings::default();
    let address = Address::Sled(place.path().join(service));
    copy::import(file, &address, &settings, |_| {})
        .await
        .map_err(failed)?;
    let opened = open(&address, &settings).await?;
    let walked = opened.store.verify().await;
    let found = match walked {
        Ok(_) => doctor::differences(&opened.store).await,
        Err(_) => Ok((0, None)),
    };
    closed(opened, walked).await?;
    let (records, differences) = found?;
    if let Some(differences) = differences {
        // Of the store that runs, not of the backup: that has what there is.
        ctx.say(format_args!(
            "warning: {service}: {differences}\nThe backup is whole; mend the store with `rapporteur doctor reindex`."
        ))?;
    }
    Ok(records)
}

async fn check(ctx: &mut Context<'_>, ask: &Check) -> Result<()> {
    let Some((backup, made_us)) = folder::newest(&ask.folder)? else {
        let text = format!("there is no backup in {}", ask.folder.display());
        return Err(Failure::other("NO_BACKUP", text));
    };
    let mut said = Map::new();
    for service in ["recommendations", "events", "gateway"] {
        let path = backup.join(format!("{service}.archive"));
        let read = tokio::task::spawn_blocking(move || archive::file::check(&path)).await;
        let read = read.map_err(|error| rapporteur_store::Error::Unavailable(error.to_string()));
        let (_, summary) = read.and_then(|it| it).map_err(failed)?;
        let about = json!({"commits": summary.entries, "bytes": summary.bytes});
        said.insert(service.to_owned(), about);
    }
    let hours = (now_us() - made_us) / 3_600_000_000;
    said.insert("backup".to_owned(), json!(backup.display().to_string()));
    said.insert("made".to_owned(), json!(moment(made_us)));
    said.insert("hours_old".to_owned(), json!(hours));
    show(ctx, &Value::Object(said))?;
    if hours >= i64::from(ask.max_age_hours) {
        let text = format!(
            "the newest backup is {hours} hours old, more than {}: does the timer run? (`systemctl status \
             rapporteur-backup.timer`, `journalctl -u rapporteur-backup`)",
            ask.max_age_hours
        );
        return Err(Failure::other("BACKUP_TOO_OLD", text));
    }
    Ok(())
}
