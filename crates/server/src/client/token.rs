//! The caller token of a process of ours that calls other services: asked of the gateway with a key, kept fresh,
//! put on outgoing calls.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rapporteur_proto::gateway::v1::IssueTokenRequest;
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_records::Error;
use tokio::sync::watch;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use super::{connect_over, settled, within};
use crate::callers::now;
use crate::tls::{Outgoing, PeerArgs};
use crate::trace;

const AUTHORIZATION: &str = "authorization";
/// How long the gateway may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The first pause after a failure; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A token that is good for less is not handed out: a call has to arrive with it.
const MARGIN: u64 = 5;

/// Where a process gets its token.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TokenArgs {
    /// Where the gateway is, which says to other services who this one is
    #[arg(long, value_name = "URL", requires = "key_file")]
    pub gateway: Option<String>,
    /// File with this service's key
    #[arg(long, value_name = "FILE", requires = "gateway")]
    pub key_file: Option<PathBuf>,
}

impl TokenArgs {
    /// The source that these arguments describe, if they do. The gateway is reached as `peers` say.
    pub fn source(&self, peers: &PeerArgs) -> Result<Option<Arc<TokenSource>>, Error> {
        let (Some(url), Some(file)) = (&self.gateway, &self.key_file) else {
            return Ok(None);
        };
        let private = url.starts_with("https:");
        let tls = private.then(|| Outgoing::new(peers)).transpose();
        let tls = tls.map_err(|error| Error::invalid("gateway", error.to_string()))?;
        let gateway = connect_over(url, tls)?;
        Ok(Some(Arc::new(TokenSource::new(gateway, file.clone()))))
    }
}

/// A token, and until when it is good in seconds since the Unix epoch.
#[derive(Clone)]
struct Held {
    credential: MetadataValue<Ascii>,
    until: u64,
}

/// Keeps a caller token fresh. Outgoing calls ask it what to carry; none of them waits for the gateway.
pub struct TokenSource {
    gateway: Channel,
    key_file: PathBuf,
    held: watch::Sender<Option<Held>>,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSource({})", self.key_file.display())
    }
}

impl TokenSource {
    /// Tokens from this gateway, for the key in this file. The file is read at each renewal, so that a key is
    /// rotated without a restart. Asks nothing before [`TokenSource::keep`] runs.
    pub fn new(gateway: Channel, key_file: PathBuf) -> Self {
        Self {
            gateway,
            key_file,
            held: watch::Sender::new(None),
        }
    }

    /// Renews the token in time, for ever. While the gateway does not answer, it is asked again and again, ever
    /// slower.
    pub async fn keep(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let wait = match self.renew().await {
                Ok(life) => {
                    pause = FIRST_PAUSE;
                    life / 2
                }
                Err(error) => {
                    tracing::warn!(%error, key = %self.key_file.display(), "no caller token");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    pause
                }
            };
            tokio::time::sleep(wait.max(FIRST_PAUSE)).await;
        }
    }

    /// Asks for a new token and gives the time for which it is good.
    async fn renew(&self) -> Result<Duration, Error> {
        let wrong = |why: String| Error::Unauthenticated(why);
        // A hundred bytes, twice in a token's life.
        let key = std::fs::read_to_string(&self.key_file);
        let key = key.map_err(|error| wrong(format!("the key cannot be read: {error}")))?;
        let credential =
            bearer(key.trim()).ok_or_else(|| wrong("the file holds no key".to_owned()))?;
        let mut gateway = AccessServiceClient::new(self.gateway.clone());
        let asked = trace::asks("gateway", async {
            let mut request = within(IssueTokenRequest {}, ANSWER_WITHIN);
            request.metadata_mut().insert(AUTHORIZATION, credential);
            gateway.issue_token(request).await
        });
        let issued = asked
            .await
            .map_err(|status| super::upstream("the gateway", settled(status)))?
            .into_inner();
        let until = issued.expire_time.map_or(0, |until| until.seconds);
        let until = u64::try_from(until).unwrap_or_default();
        let credential = bearer(&issued.token)
            .ok_or_else(|| wrong("the gateway's answer is no token".to_owned()))?;
        self.held.send_replace(Some(Held { credential, until }));
        Ok(Duration::from_secs(until.saturating_sub(now())))
    }

    /// What outgoing calls carry; `None` while there is no token that is good.
    pub fn credential(&self) -> Option<MetadataValue<Ascii>> {
        let held = self.held.borrow().clone();
        let good = held.filter(|held| now() + MARGIN < held.until);
        good.map(|held| held.credential)
    }

    /// Waits until there is a token.
    pub async fn ready(&self) {
        // The other end is here too, so it cannot be gone.
        let _ = self.held.subscribe().wait_for(Option::is_some).await;
    }
}

fn bearer(secret: &str) -> Option<MetadataValue<Ascii>> {
    let mut value = MetadataValue::try_from(format!("Bearer {secret}")).ok()?;
    value.set_sensitive(true);
    (!secret.is_empty()).then_some(value)
}
