//! A house that outlives its programs: two replicas of each service and two gateways over one PostgreSQL.

use std::path::PathBuf;
use std::time::Instant;

use rapporteur_proto::gateway::v1::GetStatusRequest;
use rapporteur_proto::gateway::v1::status_service_client::StatusServiceClient;
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::harness::{PATIENCE, Running, channel, free_address};
use crate::keeping;
use crate::server::Server;

/// What is there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Events,
    Recommendations,
    Gateway,
}

impl Part {
    fn program(self) -> &'static str {
        match self {
            Self::Events => "rapporteur-events",
            Self::Recommendations => "rapporteur-recommendations",
            Self::Gateway => "rapporteur-gateway",
        }
    }
}

/// A program that is killed and started again in its place.
struct Place {
    part: Part,
    address: String,
    data: PathBuf,
    arguments: Vec<String>,
    running: Option<Running>,
}

impl Place {
    fn start(&mut self) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let program = self.part.program();
        let running = Running::start(program, &self.address, &self.data, &arguments);
        self.running = Some(running);
    }
}

/// The programs, by twos, and what they keep their records in. Programs end before the server does.
pub(crate) struct House {
    places: Vec<Place>,
    folder: TempDir,
    _server: Server,
}

impl House {
    /// Starts everything and waits until each program serves; none where there is no PostgreSQL.
    pub(crate) async fn start() -> Option<Self> {
        let server = Server::start(&[])?;
        let folder = tempfile::tempdir().unwrap();
        let store = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
        let two = || [free_address(), free_address()];
        let (events, recommendations, gateways) = (two(), two(), two());
        let urls = |of: &[String; 2]| format!("http://{},http://{}", of[0], of[1]);
        let (to_events, to_recommendations) = (urls(&events), urls(&recommendations));
        let behind = [
            ("--events", to_events.as_str()),
            ("--recommendations", to_recommendations.as_str()),
        ];
        let mut house = Self {
            places: Vec::new(),
            folder,
            _server: server,
        };
        for (part, addresses, asks) in [
            (Part::Events, events, &behind[..0]),
            (Part::Recommendations, recommendations, &behind[..1]),
            (Part::Gateway, gateways, &behind[..]),
        ] {
            for (number, address) in addresses.into_iter().enumerate() {
                let words = [("--store", store.as_str()), ("--log", "warn")];
                let words = words.iter().chain(asks);
                house.places.push(Place {
                    part,
                    address,
                    data: house.data(part, number),
                    arguments: words
                        .flat_map(|(flag, value)| [(*flag).to_owned(), (*value).to_owned()])
                        .collect(),
                    running: None,
                });
                // One after the other: the first gateway makes the key that both go by.
                house.restart(part, number).await;
            }
        }
        Some(house)
    }

    fn data(&self, part: Part, number: usize) -> PathBuf {
        self.folder.path().join(format!("{part:?}-{number}"))
    }

    fn place(&mut self, part: Part, number: usize) -> &mut Place {
        let mut places = self.places.iter_mut().filter(|place| place.part == part);
        places.nth(number).unwrap()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self, part: Part, number: usize) {
        self.place(part, number).running.take().unwrap().kill();
    }

    /// Starts it in its place and waits until it serves.
    pub(crate) async fn restart(&mut self, part: Part, number: usize) {
        let place = self.place(part, number);
        place.start();
        place.running.as_mut().unwrap().serving().await;
    }

    /// Waits until each gateway sends calls to all replicas again.
    pub(crate) async fn whole(&self) {
        let deadline = Instant::now() + PATIENCE;
        for gateway in self.channels(Part::Gateway) {
            let mut status = StatusServiceClient::new(gateway);
            loop {
                let answer = status.get_status(GetStatusRequest {}).await;
                let parts = answer.map(|answer| answer.into_inner().services);
                match parts {
                    Ok(parts) if parts.len() == 5 && parts.iter().all(|part| part.serving) => break,
                    parts => assert!(Instant::now() < deadline, "not whole: {parts:?}"),
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
    }

    /// New connections to both.
    pub(crate) fn channels(&self, part: Part) -> [Channel; 2] {
        let places = self.places.iter().filter(|place| place.part == part);
        let channels: Vec<Channel> = places.map(|place| channel(&place.address)).collect();
        channels.try_into().unwrap()
    }

    /// Walks the store of each service whole, as an operator would: chain, rows, index rows, state against log.
    pub(crate) async fn verify(&self) {
        for part in [Part::Events, Part::Recommendations] {
            for place in self.places.iter().filter(|place| place.part == part) {
                let url = format!("http://{}", place.address);
                let verify = ["store", "verify", "--service", &url];
                let walked = keeping::ask(self.folder.path(), &verify).await;
                assert!(walked["log_entries"].as_u64() > Some(0), "{walked}");
            }
        }
    }

    /// The admin key, which the first gateway wrote.
    pub(crate) fn key(&self) -> String {
        let file = self.data(Part::Gateway, 0).join("admin.key");
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }
}
