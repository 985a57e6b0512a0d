//! The services, for the calls that the gateway makes itself: feeds, revisions, health.

use std::sync::Arc;

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::changes::v1::change_service_client::ChangeServiceClient;
use rapporteur_records::Error;
use rapporteur_server::client::{lazy, settled};
use rapporteur_server::status;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::Arguments;
use crate::lanes::{CONNECT_WITHIN, CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_WITHIN, STREAM_WINDOW};
use crate::routes::ROUTES;

/// Largest answer that the gateway takes from a service: a page of changes may hold many records.
const ANSWER_BYTES: usize = 64 << 20;

/// A service behind the gateway.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Which one.
    pub service: Service,
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub address: String,
    /// The way there.
    pub channel: Channel,
}

/// All services, in the order of [`ROUTES`].
#[derive(Clone, Debug)]
pub struct Upstreams {
    all: Arc<[Upstream; ROUTES.len()]>,
}

impl Upstreams {
    /// The services that the arguments name. Nothing is connected yet.
    pub fn connect(arguments: &Arguments) -> Result<Self, Error> {
        let upstream = |place: usize, address: &str| {
            let route = ROUTES[place];
            let channel = channel(route.name, address)?;
            Ok::<_, Error>(Upstream {
                service: route.service,
                name: route.name,
                address: address.to_owned(),
                channel,
            })
        };
        let all = [
            upstream(0, &arguments.events)?,
            upstream(1, &arguments.recommendations)?,
        ];
        Ok(Self { all: Arc::new(all) })
    }

    /// Each of them.
    pub fn all(&self) -> &[Upstream; ROUTES.len()] {
        &self.all
    }
}

/// A channel that connects when it is needed. Its windows are those of the lanes, for the same reason: a
/// watch that nobody reads must not hold up the views.
fn channel(name: &'static str, address: &str) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| {
        Error::invalid(
            name,
            format!("`{address}` is not the address of a service: {error}"),
        )
    })?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_WITHIN)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_WITHIN)
        .keep_alive_while_idle(true);
    Ok(lazy(&endpoint))
}

impl Upstream {
    /// Its change feed.
    pub fn changes(&self) -> ChangeServiceClient<Channel> {
        ChangeServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES)
    }

    /// What the caller is told when this service answered a call with an error. What it says itself
    /// goes through as it is; that it says nothing gets its name.
    pub fn failed(&self, answered: Status) -> Status {
        let answered = settled(answered);
        if answered.code() == Code::Unavailable {
            self.down(answered.message())
        } else {
            answered
        }
    }

    /// The service does not answer.
    pub fn down(&self, description: &str) -> Status {
        status(Error::Upstream {
            service: self.name.to_owned(),
            description: description.to_owned(),
        })
    }
}
