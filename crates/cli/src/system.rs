//! The three services in one process: events and recommendations on free loopback ports, the gateway
//! where it is asked to be.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use rapporteur_gateway::access::Mint;
use rapporteur_server::tls::{ListenArgs, PeerArgs};
use rapporteur_server::{Args, MainError, StoreArgs, telemetry};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::connect::Connection;
use crate::error::{Failure, Result};
use crate::status;

/// Longest time until all services serve: stores are checked at the start.
const START: Duration = Duration::from_secs(60);
/// How often to look.
const LOOK: Duration = Duration::from_millis(50);

/// The services, each with a store of its own.
pub(crate) const SERVICES: [&str; 3] = ["events", "recommendations", "gateway"];

/// A running system.
#[derive(Debug)]
pub(crate) struct System {
    /// Where the gateway listens.
    pub(crate) address: SocketAddr,
    /// The same as an address that this machine can call.
    pub(crate) gateway: String,
    /// How it is reached.
    peers: PeerArgs,
    /// The key of the admin, when its file is there.
    pub(crate) token: Option<String>,
    /// In the order in which they stop: the door first, then the rooms behind it.
    services: Vec<Service>,
    /// Ends with it.
    _beside: JoinSet<()>,
}

/// One service of it.
#[derive(Debug)]
struct Service {
    name: &'static str,
    stop: watch::Sender<bool>,
    /// How it ended, once it has.
    ended: watch::Receiver<Option<std::result::Result<(), String>>>,
}

impl Service {
    /// Runs `start` with a signal that stops it.
    fn spawn<F>(name: &'static str, start: impl FnOnce(watch::Receiver<bool>) -> F) -> Self
    where
        F: Future<Output = std::result::Result<(), MainError>> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        let (end, ended) = watch::channel(None);
        let work = start(stopped);
        tokio::spawn(async move {
            let outcome = work.await.map_err(|e| e.to_string());
            let _ = end.send(Some(outcome));
        });
        Self { name, stop, ended }
    }

    /// Waits for its end. A service that panicked ends without a word.
    async fn ended(&self) -> std::result::Result<(), Failure> {
        let mut ended = self.ended.clone();
        let why = match ended.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(Ok(()))) => return Ok(()),
            Ok(Some(Err(why))) => why.clone(),
            Ok(None) | Err(_) => "it broke down; its log says where".to_owned(),
        };
        Err(Failure::other(
            "SERVICE_FAILED",
            format!("{}: {why}", self.name),
        ))
    }
}

/// Where everything is to be.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Folder of the data.
    pub(crate) data: &'a Path,
    /// Where the stores are, when they are not there.
    pub(crate) store: &'a StoreArgs,
    /// Where the gateway listens.
    pub(crate) listen: SocketAddr,
    /// How.
    pub(crate) tls: &'a ListenArgs,
}

fn failed(error: MainError) -> Failure {
    Failure::other("SERVICE_FAILED", format!("gateway: {error}"))
}

/// Resolves when a service is to stop.
async fn asked(mut stop: watch::Receiver<bool>) {
    // Dropping the system asks for the end too.
    let _ = stop.wait_for(|stop| *stop).await;
}

impl System {
    /// Starts everything at this place and waits until all of it serves. `peers` say how this process then calls the
    /// gateway.
    pub(crate) async fn start(place: Place<'_>, peers: &PeerArgs, log: &str) -> Result<Self> {
        let Place {
            data,
            store,
            listen,
            tls,
        } = place;
        let own = Args {
            listen,
            tls: tls.clone(),
            ..Args::default()
        };
        own.check().map_err(Failure::Usage)?;
        let [of_events, of_recommendations, of_gateway] =
            SERVICES.map(|name| store.shared_by(name));
        telemetry::init(&Args {
            log: log.to_owned(),
            ..Args::default()
        })
        .map_err(Failure::Usage)?;
        let events = listener(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let recommendations = listener(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let door = listener(listen).await?;
        let address = address(&door)?;
        let events_url = format!("http://{}", self::address(&events)?);
        let recommendations_url = format!("http://{}", self::address(&recommendations)?);

        // The same flags as an operator gives to the three binaries.
        let flags = [
            "--events",
            &events_url,
            "--recommendations",
            &recommendations_url,
        ];
        let mut arguments: rapporteur_gateway::Arguments = parse(data, "gateway", &flags)?;
        arguments.server.tls = tls.clone();
        arguments.server.store = of_gateway.map_err(self::place)?;
        let key_file = arguments.admin_key_file();
        let storage = rapporteur_gateway::open(&arguments).await.map_err(failed)?;
        let mint = Mint::open(&storage.store()).await.map_err(failed)?;
        let mint = Arc::new(mint);
        // The services hear of new keys by the file, as those that run apart do.
        let keys_file = arguments.caller_keys_file();
        mint.publish(&keys_file).map_err(Failure::Io)?;
        let mut beside = JoinSet::new();
        let (following, kept_in) = (mint.clone(), storage.store());
        beside.spawn(async move { following.follow(&kept_in, None).await });
        let gateway = Service::spawn("gateway", |stop| {
            rapporteur_gateway::start_on(storage, arguments, door, asked(stop))
        });
        let mut arguments: rapporteur_events::Arguments = parse(data, "events", &[])?;
        arguments.server.store = of_events.map_err(self::place)?;
        arguments.server.caller_keys = Some(keys_file.clone());
        let keeps_events = Service::spawn("events", |stop| {
            rapporteur_events::start(arguments, events, asked(stop))
        });
        let mut arguments: rapporteur_recommendations::Arguments =
            parse(data, "recommendations", &["--events", &events_url])?;
        arguments.server.store = of_recommendations.map_err(self::place)?;
        arguments.server.caller_keys = Some(keys_file);
        arguments.introduction = mint.introduction("recommendations");
        let keeps_recommendations = Service::spawn("recommendations", |stop| {
            rapporteur_recommendations::start(arguments, recommendations, asked(stop))
        });

        let scheme = if tls.tls_cert.is_some() {
            "https"
        } else {
            "http"
        };
        let mut system = Self {
            address,
            gateway: format!("{scheme}://{}", reachable(address)),
            peers: peers.clone(),
            token: None,
            services: vec![gateway, keeps_recommendations, keeps_events],
            _beside: beside,
        };
        let serving = tokio::select! {
            served = tokio::time::timeout(START, system.serves()) => served
                .map_err(|_| Failure::other("NOT_SERVING", format!("not every service serves after {} s", START.as_secs())))
                .and_then(|served| served),
            failure = system.failed() => Err(failure),
        };
        if let Err(failure) = serving {
            let _ = system.stop().await;
            return Err(failure);
        }
        // The operator may have taken the file away; then the key is wherever it was put.
        system.token = std::fs::read_to_string(&key_file)
            .ok()
            .map(|key| key.trim().to_owned());
        Ok(system)
    }

    async fn serves(&self) -> Result<()> {
        // Anybody may ask how the parts are. Until they serve, no answer is as good as a no: a service
        // that cannot start at all ends, and says why.
        let to = Connection::new(&self.gateway, None, START, &self.peers)?;
        while !status::all_serve(&to).await.unwrap_or(false) {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits for a service that ends although nobody asked it to.
    pub(crate) async fn failed(&self) -> Failure {
        let ends = self.services.iter().map(|service| {
            Box::pin(async move {
                let text = format!("{} ended by itself", service.name);
                service
                    .ended()
                    .await
                    .err()
                    .unwrap_or_else(|| Failure::other("SERVICE_FAILED", text))
            })
        });
        futures::future::select_all(ends).await.0
    }

    /// Stops one after the other, each when its calls are answered. The first failure counts.
    pub(crate) async fn stop(self) -> Result<()> {
        let mut outcome = Ok(());
        for service in &self.services {
            let _ = service.stop.send(true);
            outcome = outcome.and(service.ended().await);
        }
        outcome
    }
}

/// Why the stores cannot be where they are said to be.
pub(crate) fn place(error: rapporteur_store::Error) -> Failure {
    Failure::usage(format!("--store: {error}"))
}

async fn listener(address: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|e| {
        Failure::other(
            "CANNOT_LISTEN",
            format!("{address}: {e}; choose another with --listen"),
        )
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(Failure::Io)
}

/// Arguments of a service, its data in a folder of its own.
fn parse<T: Parser>(data: &Path, service: &str, flags: &[&str]) -> Result<T> {
    let own = [
        OsString::from(service),
        "--data".into(),
        data.join(service).into(),
    ];
    let flags = flags.iter().map(OsString::from);
    T::try_parse_from(own.into_iter().chain(flags))
        .map_err(|e| Failure::other("SERVICE_ARGUMENTS", e.to_string()))
}

/// `0.0.0.0` is every address of this machine; the loopback one of them can be called.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_can_be_called_as_loopback() {
        let shown = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(shown("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(shown("[::]:1"), "[::1]:1");
        assert_eq!(shown("10.0.0.5:1"), "10.0.0.5:1");
    }

    #[tokio::test]
    async fn a_service_that_fails_is_named() {
        let broken = Service::spawn("events", |_| async { Err("the folder is damaged".into()) });
        assert_eq!(
            broken.ended().await.unwrap_err().to_string(),
            "error: SERVICE_FAILED: events: the folder is damaged"
        );
        let stoppable = Service::spawn("gateway", |stop| async {
            asked(stop).await;
            Ok(())
        });
        stoppable.stop.send(true).unwrap();
        assert!(stoppable.ended().await.is_ok());
    }
}
