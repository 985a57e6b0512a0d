//! Following the health of one replica: out when it does not serve, does not answer or is gone; in again when
//! it says that it serves.

use std::pin::pin;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::Replicas;
use crate::client::{settled, within};

/// A replica that hangs sends no news, so it is asked this often for a sign of life.
const BEAT: Duration = Duration::from_secs(2);
/// How long that sign may take.
const BEAT_WITHIN: Duration = Duration::from_secs(2);
/// Rest between two attempts to reach one that is gone; it doubles from the first to the longest.
const FIRST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(1);
/// One that was well for this long is no worse than a new one.
const WELL: Duration = Duration::from_secs(5);

impl Replicas {
    pub(super) async fn attend(&self, at: usize) {
        let mut rest = FIRST_REST;
        loop {
            let begun = Instant::now();
            let why = self.follow(at).await;
            self.take_out(at, &why);
            if begun.elapsed() > WELL {
                rest = FIRST_REST;
            }
            sleep(rest).await;
            rest = (rest * 2).min(LONGEST_REST);
        }
    }

    /// Takes over what a replica says of its health until it cannot be heard any more, and gives the reason.
    async fn follow(&self, at: usize) -> String {
        let replica = &self.all[at];
        // What was suspected before this attempt is settled by it.
        replica.suspected.notified().now_or_never();
        let mut health = HealthClient::new(replica.channel.clone());
        let news = health.watch(HealthCheckRequest::default());
        let mut news = match timeout(BEAT_WITHIN, news).await {
            Ok(Ok(news)) => news.into_inner(),
            Ok(Err(status)) => return settled(status).message().to_owned(),
            Err(_) => return silent(),
        };
        let mut beat = pin!(beat(replica.channel.clone()));
        loop {
            tokio::select! {
                said = news.message() => match said {
                    Ok(Some(said)) if said.status() == ServingStatus::Serving || self.all.len() == 1 => self.put_in(at),
                    Ok(Some(_)) => {
                        self.take_out(at, "it says that it does not serve");
                    }
                    Ok(None) => return "it stops".to_owned(),
                    Err(status) => return settled(status).message().to_owned(),
                },
                why = &mut beat => return why,
                () = replica.suspected.notified() => return replica.trouble().clone(),
            }
        }
    }
}

/// Resolves, with the reason, when a replica gives no sign of life.
async fn beat(channel: Channel) -> String {
    let mut health = HealthClient::new(channel);
    loop {
        sleep(BEAT).await;
        let asked = health.check(within(HealthCheckRequest::default(), BEAT_WITHIN));
        match timeout(BEAT_WITHIN, asked).await {
            Ok(Ok(_)) => {}
            Ok(Err(status)) => return settled(status).message().to_owned(),
            Err(_) => return silent(),
        }
    }
}

fn silent() -> String {
    format!("no answer within {} s", BEAT_WITHIN.as_secs())
}
