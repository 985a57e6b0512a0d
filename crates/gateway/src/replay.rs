//! The model as it was at a moment: the change feeds replayed from the beginning up to it.
//!
//! Views keep no history of their own, the services do. A replay asks only for the types that views read
//! and stops at the moment, at the caller's deadline, or after [`MOST_CHANGES`] changes of a service:
//! then the answer is RESOURCE_EXHAUSTED rather than a figure of half the record.

use rapporteur_proto::Timestamp;
use rapporteur_proto::changes::v1::ListChangesRequest;
use rapporteur_proto::gateway::v1::Position;
use rapporteur_records::{Error, FeedToken, time};
use rapporteur_server::client::Onward;
use rapporteur_server::status;
use rapporteur_views::Model;
use rapporteur_views::model::types;
use tonic::Status;

use crate::upstream::{Upstream, Upstreams};

/// Most changes of one service that a replay takes over.
pub const MOST_CHANGES: usize = 200_000;
/// Changes asked for at a time.
const PAGE: i32 = 1_000;

/// The model as it was at `moment`, and the last position of each service in it.
pub async fn as_of(
    upstreams: &Upstreams,
    onward: &Onward,
    moment: Timestamp,
) -> Result<(Model, Vec<Position>), Status> {
    if time::to_us(moment).is_none() {
        return Err(status(Error::invalid(
            "as_of",
            "is not a moment between years 1 and 9999",
        )));
    }
    let mut model = Model::default();
    let mut positions = Vec::new();
    for upstream in upstreams.all() {
        let position = replay(upstream, onward, moment, &mut model).await?;
        positions.push(Position {
            service: upstream.service.into(),
            position,
        });
    }
    Ok((model, positions))
}

async fn replay(
    upstream: &Upstream,
    onward: &Onward,
    moment: Timestamp,
    model: &mut Model,
) -> Result<u64, Status> {
    let mut token = String::new();
    let mut position = 0;
    let mut taken = 0;
    loop {
        let types = types(upstream.service)
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        let request = ListChangesRequest {
            token,
            page_size: PAGE,
            types,
            ..ListChangesRequest::default()
        };
        let request = onward.request(request).map_err(status)?;
        let page = upstream.list_changes(request).await?;
        for change in page.changes {
            let when = change.time.unwrap_or_default();
            if (when.seconds, when.nanos) > (moment.seconds, moment.nanos) {
                return Ok(position);
            }
            taken += 1;
            if taken > MOST_CHANGES {
                let why = format!(
                    "{} has more than {MOST_CHANGES} changes up to that moment",
                    upstream.name
                );
                return Err(status(Error::Exhausted(why)));
            }
            position = change.position;
            for resource in change.resources {
                let value = resource.value.as_ref().map(|any| any.value.as_slice());
                model.apply(&resource.name, &resource.r#type, value);
            }
        }
        if page.at_head {
            // Commits without any record that views read were passed over, but they were read.
            return Ok(page
                .next_token
                .parse::<FeedToken>()
                .map_or(position, |head| head.0.position));
        }
        token = page.next_token;
    }
}
