//! The calls to one service, shared out over its replicas.
//!
//! A call that a replica certainly did not hear goes to another at once, whatever it asks for. One that may
//! have been heard goes to another once, if it changes nothing ([`crate::repeat`]) and repeats are not too many
//! already. With one address there is nobody else to ask, and nothing is kept for it.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri, uri};
use rapporteur_records::Error;
use rapporteur_server::{Deadline, Replicas};

use crate::download::Download;
use crate::forward::{GRPC_TIMEOUT, grpc_timeout};
use crate::lanes::{Begun, Lanes};
use crate::repeat::{Copy, Repeat};
use crate::stream::{Failed, Outcome};

/// The ways to one service.
#[derive(Debug)]
pub struct Balance {
    replicas: Arc<Replicas>,
    /// In the order of the replicas.
    lanes: Box<[Lanes]>,
}

impl Balance {
    /// Nothing is connected yet.
    pub fn new(replicas: Arc<Replicas>) -> Self {
        let lanes = replicas.all().iter();
        let lanes = lanes.map(|replica| Lanes::new(replicas.name(), replica));
        let lanes = lanes.collect();
        Self { replicas, lanes }
    }

    /// Which replica takes the next call, by its place. An error when none takes calls.
    pub fn pick(&self) -> Result<usize, Error> {
        self.replicas
            .pick()
            .ok_or_else(|| self.down(self.replicas.trouble()))
    }

    /// The target of a call to the replica at `place`.
    pub fn target(&self, place: usize, path: Option<PathAndQuery>) -> Result<Uri, http::Error> {
        let lanes = &self.lanes[place];
        let mut target = uri::Parts::default();
        target.scheme = Some(lanes.scheme());
        target.authority = Some(lanes.authority().clone());
        target.path_and_query = path;
        Ok(Uri::from_parts(target)?)
    }

    /// Whether a call can be made elsewhere when its first replica fails.
    pub fn has_others(&self) -> bool {
        self.lanes.len() > 1
    }

    /// Sends a call to a replica, at once when a connection to it stands.
    pub fn begin(&self, place: usize, request: Request<Body>) -> Begun {
        let copy = self.has_others().then(|| Copy::of(&request));
        self.lanes[place].begin(request, copy)
    }

    /// The beginning of the answer to a call that was sent to the replica at `place`.
    pub async fn answer(&self, place: usize, begun: Begun) -> Result<Response<Download>, Error> {
        match self.lanes[place].answer(begun).await {
            Ok(answer) => Ok(answer),
            Err(failed) => Box::pin(self.elsewhere(place, failed)).await,
        }
    }

    #[cold]
    async fn elsewhere(
        &self,
        mut place: usize,
        mut failed: Box<Failed>,
    ) -> Result<Response<Download>, Error> {
        let (mut tried, mut repeated) = (0, false);
        loop {
            tried |= 1 << place;
            if let Outcome::Unreached(why) = &failed.outcome {
                self.replicas.lost(place, why);
            }
            let again = failed.again.take();
            let (Some(mut request), Some(other)) = (again, self.replicas.other(tried)) else {
                return self.told(failed.outcome);
            };
            if !failed.unheard {
                let may = failed.repeat != Repeat::Never && !repeated;
                if !may || !self.replicas.may_repeat() {
                    return self.told(failed.outcome);
                }
                repeated = true;
            }
            place = other;
            self.readdress(&mut request, place)?;
            self.replicas.repeats();
            failed = match self.again(place, request).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
        }
    }

    fn again(
        &self,
        place: usize,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Download>, Box<Failed>>> {
        let begun = self.begin(place, request);
        self.lanes[place].answer(begun)
    }

    /// What the client hears of a call that nobody answered.
    fn told(&self, outcome: Outcome) -> Result<Response<Download>, Error> {
        match outcome {
            Outcome::Said(answer) => Ok(answer),
            Outcome::Unreached(why) | Outcome::Lost(why) => Err(self.down(why)),
        }
    }

    fn down(&self, description: String) -> Error {
        Error::Upstream {
            service: self.replicas.name().to_owned(),
            description,
        }
    }

    /// Makes of a call to one replica a call to another, with the time that is left now.
    fn readdress(&self, request: &mut Request<Body>, place: usize) -> Result<(), Error> {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = self
            .target(place, path)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let deadline = request.extensions().get::<Deadline>();
        if let Some(left) = deadline.and_then(Deadline::remaining) {
            if left.is_zero() {
                return Err(Error::DeadlineExceeded);
            }
            request
                .headers_mut()
                .insert(GRPC_TIMEOUT, grpc_timeout(left));
        }
        Ok(())
    }
}
