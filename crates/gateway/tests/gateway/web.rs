//! The gateway as the web sees it: HTTP/JSON and gRPC-Web over HTTP/1.1.

mod calendar;
mod http;
mod json;
mod keeper;
mod lines;
mod pages;

use rapporteur_proto::changes::v1::Service;

use self::keeper::Keeper;
use crate::feed::Feed;
use crate::{Gateway, Upstream};

/// A gateway before a keeper of events and two feeds.
struct House {
    events: Feed,
    texts: Feed,
    keeper: Keeper,
    gateway: Gateway,
    /// The services behind it; they end with the house.
    behind: [Upstream; 2],
}

impl House {
    async fn new(origins: &[&str]) -> Self {
        let (events, texts) = (
            Feed::new(Service::Events),
            Feed::new(Service::Recommendations),
        );
        let keeper = Keeper::default();
        let one = Upstream::start(events.routes().add_service(keeper.clone())).await;
        let other = texts.serve().await;
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::start_for(folder, &one.url, &other.url, origins).await;
        Self {
            events,
            texts,
            keeper,
            gateway,
            behind: [one, other],
        }
    }
}
