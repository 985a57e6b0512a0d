//! The change feeds of all services as one.
//!
//! A token of the joined feed holds the tokens of all services, so it resumes each where it was. Pages
//! are merged by time; a watch passes changes on as they arrive. When one service is down the joined feed
//! does not go on without it: the client would never know what it missed. It ends with UNAVAILABLE and
//! the name, and the client resumes with its last token. A watch ends too, within seconds, when the caller's key or
//! token is not good any more or what it is granted has changed.

mod allowed;
mod page;
mod token;
mod watch;

use std::sync::Arc;

use rapporteur_proto::changes::v1::change_service_server::{ChangeService, ChangeServiceServer};
use rapporteur_proto::changes::v1::{
    ListChangesRequest, ListChangesResponse, ListRevisionsRequest, ListRevisionsResponse,
    WatchRequest,
};
use rapporteur_records::Error;
use rapporteur_records::name::quoted;
use rapporteur_server::client::Onward;
use rapporteur_server::page::page_size;
use rapporteur_server::{MAX_DECODING_BYTES, MAX_ENCODING_BYTES, status};
use tonic::{Request, Response, Status};

use self::allowed::Allowed;
use self::token::Token;
use self::watch::Joined;
use crate::access::{Book, standing};
use crate::audience::Audience;
use crate::routes::{self, ROUTES};
use crate::upstream::Upstreams;
use crate::visitor::Visitor;

/// The joined feed over gRPC.
#[derive(Clone, Debug)]
pub struct Changes {
    upstreams: Upstreams,
    audience: Audience,
    book: Arc<Book>,
}

/// The generated server of the joined feed. The book says how long who watches may.
pub fn server(upstreams: Upstreams, book: Arc<Book>) -> ChangeServiceServer<Changes> {
    let audience = Audience::default();
    let changes = Changes {
        upstreams,
        audience,
        book,
    };
    ChangeServiceServer::new(changes)
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(MAX_ENCODING_BYTES)
}

/// The types that each service is asked for; `None` for a service that has none of those wanted.
fn types_for(wanted: &[String]) -> Result<[Option<Vec<String>>; ROUTES.len()], Error> {
    if wanted.is_empty() {
        return Ok([const { Some(Vec::new()) }; ROUTES.len()]);
    }
    let mut types = [const { None }; ROUTES.len()];
    for (place, name) in wanted.iter().enumerate() {
        let owner = routes::of_type(name).ok_or_else(|| {
            Error::invalid(
                format!("types[{place}]"),
                format!("{} is no type of any service here", quoted(name)),
            )
        })?;
        types[owner].get_or_insert_with(Vec::new).push(name.clone());
    }
    Ok(types)
}

#[tonic::async_trait]
impl ChangeService for Changes {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let onward = Onward::of(&request);
        let request = request.into_inner();
        let size = page_size(request.page_size).map_err(status)?;
        let token: Token = request.token.parse().map_err(status)?;
        let types = types_for(&request.types).map_err(status)?;
        let query = page::Query {
            size,
            types,
            name_prefix: request.name_prefix,
        };
        page::read(&self.upstreams, &onward, token, query)
            .await
            .map(Response::new)
    }

    type WatchStream = Allowed<Joined>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let seat = self.audience.seat(&request)?;
        let visitor = request.extensions().get::<Visitor>().cloned();
        let ends = standing::ends(self.book.clone(), visitor.unwrap_or_default());
        let onward = Onward::of(&request);
        let request = request.into_inner();
        let token: Token = request.token.parse().map_err(status)?;
        let types = types_for(&request.types).map_err(status)?;
        let mut joined =
            Joined::open(&self.upstreams, &onward, token, types, &request.name_prefix).await?;
        joined.sits(seat);
        Ok(Response::new(Allowed::new(joined, ends)))
    }

    async fn list_revisions(
        &self,
        request: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        let onward = Onward::of(&request);
        let request = request.into_inner();
        let owner = routes::of_name(&request.name).ok_or_else(|| {
            status(Error::invalid(
                "name",
                format!("{} is not the name of a record", quoted(&request.name)),
            ))
        })?;
        let upstream = &self.upstreams.all()[owner];
        let request = onward.request(request).map_err(status)?;
        let mut answer = upstream.list_revisions(request).await?;
        for revision in &mut answer.revisions {
            // The service knows only its own feed; from here its place in the joined one is not known.
            revision.token.clear();
        }
        Ok(Response::new(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_go_to_the_service_that_has_them() {
        let wanted =
            |types: &[&str]| types_for(&types.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        assert_eq!(wanted(&[]).unwrap(), [Some(vec![]), Some(vec![])]);
        let event = "rapporteur.events.v1.Event";
        assert_eq!(
            wanted(&[event]).unwrap(),
            [Some(vec![event.to_owned()]), None]
        );
        assert!(
            wanted(&[event, "Event"])
                .unwrap_err()
                .to_string()
                .contains("types[1]")
        );
    }
}
