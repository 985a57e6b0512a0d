//! The clients of the simulation.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rapporteur_server::client;
use tokio::time::sleep;
use tonic::Status;

use crate::house::{GATEWAY, PORT};
use crate::recorder::{Acknowledged, Diary, Pace, Recorder};

/// The hosts of the clients.
pub(crate) const CLIENTS: [&str; 3] = ["client-1", "client-2", "client-3"];

/// Events, and as many recommendations, of each client.
const ROUNDS: i32 = 12;
const PACE: Pace = Pace {
    within: Duration::from_secs(5),
    grace: Duration::from_millis(500),
    pause: Duration::from_millis(150),
    thought: Duration::from_millis(400),
};

/// What all clients have been told.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) acknowledged: Arc<Mutex<Acknowledged>>,
    /// One line for each answer: who, what, how often it was tried, and when in the simulation.
    pub(crate) trace: Arc<Mutex<String>>,
    /// How many requests were made once more.
    pub(crate) repeated: Arc<AtomicU64>,
}

impl Diary for Told {
    fn acknowledged(&self, name: &str, etag: &str) {
        let mut acknowledged = self.acknowledged.lock().unwrap();
        let etags = acknowledged.entry(name.to_owned()).or_default();
        etags.push(etag.to_owned());
    }

    fn done(&self, number: u32, what: &str, attempt: u32) {
        let now = turmoil::sim_elapsed().unwrap().as_millis();
        let mut trace = self.trace.lock().unwrap();
        writeln!(trace, "{number} {what}: {attempt} at {now}").unwrap();
    }

    fn refused(&self, _: &str, _: &Status) {
        self.repeated.fetch_add(1, Relaxed);
    }

    fn goes_on(&self, round: i32) -> bool {
        round <= ROUNDS
    }
}

/// Works through everything that a client records.
pub(crate) async fn work(number: u32, folder: PathBuf, told: Told) -> turmoil::Result {
    // The gateway makes the key when it first starts.
    let key = loop {
        match std::fs::read_to_string(folder.join("admin.key")) {
            Ok(key) if !key.is_empty() => break key,
            _ => sleep(PACE.pause).await,
        }
    };
    let recorder = Recorder {
        number,
        channel: client::connect(&format!("http://{GATEWAY}:{PORT}"))?,
        key: format!("Bearer {}", key.trim()).parse()?,
        pace: PACE,
        diary: told,
    };
    recorder.record().await;
    Ok(())
}
