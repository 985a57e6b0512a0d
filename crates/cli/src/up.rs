//! `up`: the whole house in one process, for one machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rapporteur_server::StoreArgs;
use rapporteur_server::tls::ListenArgs;

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::profile::{Profile, Profiles};
use crate::store::failed;
use crate::system::{self, Place, SERVICES, System};
use crate::{load, sample};

/// The profile that `up` leaves, so that the CLI on this machine just works.
const PROFILE: &str = "local";
/// Says that the sample was not loaded to its end; whoever starts next goes on with it.
const UNFINISHED: &str = "sample.unfinished";

const STORE: &str = "Address below which the three stores are: `sled:DIR`, a folder for each, or \
    `postgres://user@host:5432/database` without a schema, since each takes its own (`rapporteur_events`); the folder \
    of the data when not given";

/// Where, and with what.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("store", |arg| arg.help(STORE)))]
pub(crate) struct Ask {
    /// Folder of the data; the user's data folder when not given
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// Address of the gateway; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// Whether and how connections to the gateway are private; then --peer-ca says who signed --tls-cert
    #[command(flatten)]
    tls: ListenArgs,
    /// Load the sample record, if the data folder and the stores are new
    #[arg(long)]
    sample: bool,
    /// What to log on stderr: a level, or a filter such as info,rapporteur_server=debug
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let data = match ask.data {
        Some(data) => data,
        None => ctx.around.data_dir()?,
    };
    let mut is_new = is_empty(&data);
    for service in SERVICES {
        let store = ask.store.shared_by(service).map_err(system::place)?;
        is_new &= !store.holds(service).await.map_err(failed)?;
    }
    let place = Place {
        data: &data,
        store: &ask.store,
        listen: ask.listen,
        tls: &ask.tls,
    };
    let system = System::start(place, &ctx.peers()?, &ask.log).await?;
    let served = serve(ctx, &system, &data, ask.sample, is_new).await;
    let stopped = system.stop().await;
    served.and(stopped)
}

/// Everything from ready to the signal.
async fn serve(
    ctx: &mut Context<'_>,
    system: &System,
    data: &Path,
    with_sample: bool,
    is_new: bool,
) -> Result<()> {
    let file = ctx.profiles_file()?;
    let mut profiles = Profiles::load(&file)?;
    let gateway = system.gateway.clone();
    let peers = ctx.peers()?;
    // Where the operator took the key file away, the profile may still have the key.
    let saved = profiles.get(PROFILE).ok().cloned();
    let lang = saved.as_ref().and_then(|profile| profile.lang.clone());
    let saved = saved.and_then(|profile| profile.token);
    let token = system
        .token
        .clone()
        .or(ctx.around.var("RAPPORTEUR_TOKEN").map(str::to_owned))
        .or(saved);
    let mut profile = Profile {
        gateway,
        token,
        lang,
        ..Profile::default()
    };
    profile.take_peers(&peers)?;
    let work = async {
        if with_sample {
            let to = Connection::new(
                &profile.gateway,
                profile.token.as_deref(),
                Duration::from_secs(20),
                &peers,
            )?;
            load_sample(ctx, to, data, is_new).await?;
        }
        profiles.set(PROFILE, profile.clone(), true);
        profiles.save(&file)?;
        let scheme = profile.gateway.split("://").next().unwrap_or("http");
        ctx.print(format_args!(
            "gateway ready on {scheme}://{}\n",
            system.address
        ))
    };
    // One listener for both waits: a signal between them must not be lost.
    let mut signal = std::pin::pin!(rapporteur_server::shutdown_signal());
    tokio::select! {
        // The signal first: nobody may be told that all is ready while it would still kill.
        biased;
        () = &mut signal => return Ok(()),
        done = work => done?,
        failure = system.failed() => return Err(failure),
    }
    tokio::select! {
        () = &mut signal => Ok(()),
        failure = system.failed() => Err(failure),
    }
}

/// Loads the sample into a new folder only: elsewhere it would write over what people changed.
async fn load_sample(
    ctx: &mut Context<'_>,
    to: Connection,
    data: &Path,
    is_new: bool,
) -> Result<()> {
    let unfinished = data.join(UNFINISHED);
    if !is_new && !unfinished.exists() {
        return ctx.say(format_args!(
            "{} is not new, or its stores are not: the sample record was not loaded",
            data.display()
        ));
    }
    let failed =
        |e: std::io::Error| Failure::other("DATA_FOLDER", format!("{}: {e}", unfinished.display()));
    std::fs::write(&unfinished, "").map_err(failed)?;
    let summary = load::sample(to, sample::FILES).await?;
    std::fs::remove_file(&unfinished).map_err(failed)?;
    ctx.say(format_args!("sample record: {summary}"))
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_new_until_something_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_empty(&folder.path().join("none")));
        assert!(is_empty(folder.path()));
        std::fs::write(folder.path().join("x"), "").unwrap();
        assert!(!is_empty(folder.path()));
    }
}
