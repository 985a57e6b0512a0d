//! One page of the joined feed: the pages of all services, merged by time.

use std::collections::VecDeque;

use prost::Message as _;
use rapporteur_proto::changes::v1::{Change, ListChangesRequest, ListChangesResponse};
use rapporteur_server::client::Onward;
use rapporteur_server::status;
use tonic::Status;

use super::token::Token;
use crate::routes::ROUTES;
use crate::upstream::{Upstream, Upstreams};

/// A page ends early with this many bytes, so that with one more change it stays below what any client takes.
const PAGE_BYTES: usize = 2 << 20;

/// Which changes.
pub(super) struct Query {
    pub(super) size: usize,
    pub(super) types: [Option<Vec<String>>; ROUTES.len()],
    pub(super) name_prefix: String,
}

/// What is left of one service's page.
struct Source {
    changes: VecDeque<Change>,
    /// Where to go on when all of them are taken.
    after: String,
    /// Whether there are none after these for now.
    at_head: bool,
}

/// Reads a page after `token`.
pub(super) async fn read(
    upstreams: &Upstreams,
    onward: &Onward,
    token: Token,
    query: Query,
) -> Result<ListChangesResponse, Status> {
    let [events, recommendations] = upstreams.all();
    let (e, r) = futures::try_join!(
        fetch(events, onward, &token.parts[0], &query, 0),
        fetch(recommendations, onward, &token.parts[1], &query, 1),
    )?;
    Ok(merge([e, r], token, query.size))
}

async fn fetch(
    upstream: &Upstream,
    onward: &Onward,
    token: &str,
    query: &Query,
    place: usize,
) -> Result<Source, Status> {
    let Some(types) = &query.types[place] else {
        return Ok(Source {
            changes: VecDeque::new(),
            after: token.to_owned(),
            at_head: true,
        });
    };
    let request = ListChangesRequest {
        token: token.to_owned(),
        page_size: i32::try_from(query.size).unwrap_or(i32::MAX),
        types: types.clone(),
        name_prefix: query.name_prefix.clone(),
    };
    let request = onward.request(request).map_err(status)?;
    let page = upstream.list_changes(request).await?;
    Ok(Source {
        changes: page.changes.into(),
        after: page.next_token,
        at_head: page.at_head,
    })
}

fn merge(
    mut sources: [Source; ROUTES.len()],
    mut token: Token,
    size: usize,
) -> ListChangesResponse {
    let mut changes: Vec<Change> = Vec::new();
    let mut bytes = 0;
    while changes.len() < size && bytes < PAGE_BYTES {
        // When one service has more that was not read yet, it may be older than what the other has.
        if sources.iter().any(|s| s.changes.is_empty() && !s.at_head) {
            break;
        }
        let when = |s: &Source| {
            s.changes
                .front()
                .map(|c| c.time.map_or((0, 0), |t| (t.seconds, t.nanos)))
        };
        let next = sources
            .iter()
            .enumerate()
            .filter_map(|(at, s)| when(s).map(|w| (w, at)))
            .min();
        let Some((place, mut change)) =
            next.and_then(|(_, at)| sources[at].changes.pop_front().map(|c| (at, c)))
        else {
            break;
        };
        token.parts[place].clone_from(&change.token);
        change.token = token.to_string();
        bytes += change.encoded_len();
        changes.push(change);
    }
    for (part, source) in token.parts.iter_mut().zip(&sources) {
        if source.changes.is_empty() {
            part.clone_from(&source.after);
        }
    }
    let at_head = sources.iter().all(|s| s.changes.is_empty() && s.at_head);
    ListChangesResponse {
        changes,
        next_token: token.to_string(),
        at_head,
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::Timestamp;

    use super::*;

    fn source(letter: &str, seconds: &[i64], at_head: bool) -> Source {
        let change = |s: &i64| Change {
            time: Some(Timestamp {
                seconds: *s,
                nanos: 0,
            }),
            token: format!("{letter}{s}"),
            ..Change::default()
        };
        Source {
            changes: seconds.iter().map(change).collect(),
            after: format!("{letter}-after"),
            at_head,
        }
    }

    fn merged(e: Source, r: Source, size: usize) -> (Vec<String>, String, bool) {
        let page = merge([e, r], "e:0,r:0".parse().unwrap(), size);
        (
            page.changes.into_iter().map(|c| c.token).collect(),
            page.next_token,
            page.at_head,
        )
    }

    #[test]
    fn changes_come_by_time_and_each_can_be_resumed_from() {
        let (tokens, next, at_head) =
            merged(source("e", &[1, 4], true), source("r", &[2, 3], true), 10);
        assert_eq!(tokens, ["e:e1,r:0", "e:e1,r:r2", "e:e1,r:r3", "e:e4,r:r3"]);
        assert_eq!((next.as_str(), at_head), ("e:e-after,r:r-after", true));
    }

    #[test]
    fn a_full_page_goes_on_where_it_ended() {
        let (tokens, next, at_head) =
            merged(source("e", &[1, 4], true), source("r", &[2, 3], true), 2);
        assert_eq!(tokens.len(), 2);
        assert_eq!((next.as_str(), at_head), ("e:e1,r:r2", false));
    }

    #[test]
    fn what_may_still_come_earlier_is_waited_for() {
        let (tokens, next, at_head) = merged(source("e", &[1], false), source("r", &[2], true), 10);
        assert_eq!(tokens, ["e:e1,r:0"]);
        assert_eq!((next.as_str(), at_head), ("e:e-after,r:0", false));
    }
}
