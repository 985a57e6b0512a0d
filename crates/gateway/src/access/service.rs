//! Keys, grants and caller tokens over gRPC. Who may make which call is in the policy table, as everywhere; this
//! service enforces it for its own nouns.

use std::sync::Arc;

use prost::Message;
use rapporteur_access::{Rights, Role};
use rapporteur_proto::gateway::v1::access_service_server::{AccessService, AccessServiceServer};
use rapporteur_proto::gateway::v1::{
    CreateGrantRequest, CreateKeyRequest, CreateKeyResponse, GetCallerRequest, GetCallerResponse,
    GetGrantRequest, GetKeyRequest, Grant, IssueTokenRequest, IssueTokenResponse, Key,
    ListGrantsRequest, ListGrantsResponse, ListKeysRequest, ListKeysResponse, RevokeGrantRequest,
    RevokeKeyRequest, RotateKeyRequest, RotateKeyResponse,
};
use rapporteur_proto::{Record, Stored, Wire};
use rapporteur_records::name::id_of;
use rapporteur_records::{Call, Error, Listing, Noun, Page, PageRequest, time};
use rapporteur_server::desk::{Answered, received};
use rapporteur_server::page::{Fingerprint, fingerprint, page_size};
use rapporteur_server::{Caller, MAX_DECODING_BYTES, PageToken, Refusals, status};
use tonic::{Request, Response, Status};

use super::grant::{self, GRANT};
use super::key::{self, KEY, Made};
use super::{Book, Mint, ring, usage};
use crate::visitor::Visitor;

/// Keeps keys and grants.
#[derive(Clone, Debug)]
pub struct Access {
    book: Arc<Book>,
    mint: Arc<Mint>,
    tokens: PageToken,
    refusals: Refusals,
}

/// The generated server.
pub fn server(
    book: Arc<Book>,
    mint: Arc<Mint>,
    tokens: PageToken,
    refusals: Refusals,
) -> AccessServiceServer<Access> {
    let access = Access {
        book,
        mint,
        tokens,
        refusals,
    };
    AccessServiceServer::new(access).max_decoding_message_size(MAX_DECODING_BYTES)
}

/// The full name of a method of this service.
macro_rules! rpc {
    ($method:literal) => {
        concat!("rapporteur.gateway.v1.AccessService/", $method)
    };
}

#[tonic::async_trait]
impl AccessService for Access {
    async fn get_caller(
        &self,
        request: Request<GetCallerRequest>,
    ) -> Result<Response<GetCallerResponse>, Status> {
        let visitor = self.allowed(&request, rpc!("GetCaller")).await?;
        let now_us = self.book.records().now_us();
        let live = self.book.live();
        let granted = live
            .grants
            .get(visitor.caller())
            .filter(|_| visitor.is_known());
        let grants = granted.map(|granted| granted.records.iter());
        let grants = grants.into_iter().flatten();
        Ok(Response::new(GetCallerResponse {
            caller: visitor.caller().to_owned(),
            by: visitor.by.as_str().to_owned(),
            grants: grants
                .filter(|it| !grant::ended(it, now_us))
                .cloned()
                .collect(),
            everything: visitor.rights == Rights::All,
            expire_time: visitor.until_us.map(time::from_us),
        }))
    }

    async fn issue_token(
        &self,
        request: Request<IssueTokenRequest>,
    ) -> Result<Response<IssueTokenResponse>, Status> {
        let visitor = self.allowed(&request, rpc!("IssueToken")).await?;
        let now_us = self.book.records().now_us();
        let issued = self.mint.issue(visitor.caller(), &visitor.rights, now_us);
        let (token, claims) = issued.map_err(status)?;
        let until_us = i64::try_from(claims.until).unwrap_or_default() * 1_000_000;
        Ok(Response::new(IssueTokenResponse {
            token,
            expire_time: Some(time::from_us(until_us)),
        }))
    }

    async fn get_key(&self, request: Request<GetKeyRequest>) -> Answered<Key> {
        self.allowed(&request, rpc!("GetKey")).await?;
        let name = request.into_inner().name;
        let found = self.book.records().get(&KEY, &name, None).await;
        self.answer(found).await
    }

    async fn list_keys(&self, request: Request<ListKeysRequest>) -> Answered<ListKeysResponse> {
        self.allowed(&request, rpc!("ListKeys")).await?;
        let mut query = request.into_inner();
        let size = std::mem::take(&mut query.page_size);
        let token = std::mem::take(&mut query.page_token);
        let listing = key::listing(&query, self.book.records().now_us());
        let page = self.page(&KEY, &listing, size, &token, fingerprint(&query));
        let (keys, next) = page.await.map_err(status)?;
        Ok(Response::new(Wire::page(self.used(keys).await?, next)))
    }

    async fn create_key(
        &self,
        request: Request<CreateKeyRequest>,
    ) -> Result<Response<CreateKeyResponse>, Status> {
        self.allowed(&request, rpc!("CreateKey")).await?;
        let (call, request) = received(rpc!("CreateKey"), request);
        let made = key::create(self.book.records(), call, request).await;
        let (key, secret) = self.shown(made).await?;
        let key = Some(key);
        Ok(Response::new(CreateKeyResponse { key, secret }))
    }

    async fn rotate_key(
        &self,
        request: Request<RotateKeyRequest>,
    ) -> Result<Response<RotateKeyResponse>, Status> {
        let visitor = self.allowed(&request, rpc!("RotateKey")).await?;
        let (call, request) = received(rpc!("RotateKey"), request);
        if request.name == crate::key::NAME {
            return self.rotate_admin(&visitor, &call, &request).await;
        }
        if request.name == ring::NAME {
            return self.rotate_signing(&visitor, &call, &request).await;
        }
        let may = |key: Option<&Key>| {
            let is_own = key.is_some_and(|key| key.caller == visitor.caller());
            if is_own || is_operator(&visitor.rights) {
                return Ok(());
            }
            // The same whether the key is somebody else's or not there.
            let why = "callers rotate their own keys; those of others take the role operator";
            Err(Error::PermissionDenied(why.to_owned()))
        };
        let (noted, name) = (call.clone(), request.name.clone());
        let made = key::rotate(self.book.records(), call, request, may).await;
        if let Err(why @ Error::PermissionDenied(_)) = made {
            return Err(self.refusals.refuse(&noted, &name, why).await);
        }
        let (key, secret) = self.shown(made).await?;
        let key = Some(key);
        Ok(Response::new(RotateKeyResponse { key, secret }))
    }

    async fn revoke_key(&self, request: Request<RevokeKeyRequest>) -> Answered<Key> {
        self.allowed(&request, rpc!("RevokeKey")).await?;
        let (call, request) = received(rpc!("RevokeKey"), request);
        let revoked = key::revoke(self.book.records(), call, request).await;
        self.answer(self.felt(revoked).await).await
    }

    async fn get_grant(&self, request: Request<GetGrantRequest>) -> Answered<Grant> {
        self.allowed(&request, rpc!("GetGrant")).await?;
        let name = request.into_inner().name;
        rapporteur_server::desk::record(self.book.records().get(&GRANT, &name, None).await)
    }

    async fn list_grants(
        &self,
        request: Request<ListGrantsRequest>,
    ) -> Answered<ListGrantsResponse> {
        self.allowed(&request, rpc!("ListGrants")).await?;
        let mut query = request.into_inner();
        let size = std::mem::take(&mut query.page_size);
        let token = std::mem::take(&mut query.page_token);
        let listing = grant::listing(&query, self.book.records().now_us()).map_err(status)?;
        let page = self.page(&GRANT, &listing, size, &token, fingerprint(&query));
        let (grants, next) = page.await.map_err(status)?;
        Ok(Response::new(Wire::page(grants, next)))
    }

    async fn create_grant(&self, request: Request<CreateGrantRequest>) -> Answered<Grant> {
        self.allowed(&request, rpc!("CreateGrant")).await?;
        let (call, request) = received(rpc!("CreateGrant"), request);
        let fits = |grant: &Grant| self.fits(grant);
        let made = grant::create(self.book.records(), call, request, fits).await;
        rapporteur_server::desk::record(self.felt(made).await)
    }

    async fn revoke_grant(&self, request: Request<RevokeGrantRequest>) -> Answered<Grant> {
        self.allowed(&request, rpc!("RevokeGrant")).await?;
        let (call, request) = received(rpc!("RevokeGrant"), request);
        let revoked = grant::revoke(self.book.records(), call, request).await;
        rapporteur_server::desk::record(self.felt(revoked).await)
    }
}

impl Access {
    /// Who calls, if they may: keys and grants belong to no dialogue and no party.
    async fn allowed<T: Sync>(
        &self,
        request: &Request<T>,
        rpc: &'static str,
    ) -> Result<Visitor, Status> {
        self.refusals.may(&Caller::of(request), rpc).await?;
        let visitor = request.extensions().get::<Visitor>();
        Ok(visitor.cloned().unwrap_or_default())
    }

    /// Gives the admin key a new secret.
    async fn rotate_admin(
        &self,
        visitor: &Visitor,
        call: &Call,
        request: &RotateKeyRequest,
    ) -> Result<Response<RotateKeyResponse>, Status> {
        if visitor.rights != Rights::All {
            let why = "only with the admin key may the admin key be rotated";
            let why = Error::PermissionDenied(why.to_owned());
            return Err(self.refusals.refuse(call, &request.name, why).await);
        }
        let overlap = key::overlap(request.overlap_seconds).map_err(status)?;
        let until_us = self.book.records().now_us() + overlap * 1_000_000;
        let secret = if call.validate_only {
            String::new()
        } else {
            let rotated = crate::key::rotate(self.book.records(), call, until_us).await;
            self.felt(rotated).await.map_err(status)?
        };
        let key = Key {
            name: request.name.clone(),
            caller: crate::key::ADMIN.to_owned(),
            previous_until: (overlap > 0).then(|| time::from_us(until_us)),
            ..Key::default()
        };
        let key = Some(key);
        Ok(Response::new(RotateKeyResponse { key, secret }))
    }

    /// Makes a new key with which caller tokens are signed.
    async fn rotate_signing(
        &self,
        visitor: &Visitor,
        call: &Call,
        request: &RotateKeyRequest,
    ) -> Result<Response<RotateKeyResponse>, Status> {
        if !is_operator(&visitor.rights) {
            let why = "rotating the signing key takes the role operator";
            let why = Error::PermissionDenied(why.to_owned());
            return Err(self.refusals.refuse(call, &request.name, why).await);
        }
        let lead = key::overlap(request.overlap_seconds).map_err(status)?;
        let rotated = ring::rotate(self.book.records(), call, lead * 1_000_000).await;
        let key = Key {
            name: request.name.clone(),
            note: "signs caller tokens".to_owned(),
            previous_until: Some(time::from_us(rotated.map_err(status)?)),
            ..Key::default()
        };
        let key = Some(key);
        Ok(Response::new(RotateKeyResponse {
            key,
            secret: String::new(),
        }))
    }

    /// A change is answered when this gateway goes by it.
    async fn felt<T>(&self, changed: Result<T, Error>) -> Result<T, Error> {
        let changed = changed?;
        // It is written, whatever comes of the look; the follower looks again.
        if let Err(error) = self.book.refresh().await {
            tracing::warn!(%error, "a change of keys or grants is written but not felt yet");
        }
        Ok(changed)
    }

    async fn shown(&self, made: Result<Made, Error>) -> Result<(Key, String), Status> {
        let Made { key, secret } = self.felt(made).await.map_err(status)?;
        let key = key.decode();
        let key = key.map_err(|error| status(Error::Internal(error.to_string())))?;
        Ok((key, secret))
    }

    /// A key with its last use.
    async fn answer(&self, key: Result<Stored, Error>) -> Answered<Key> {
        let keys = self.used(vec![key.map_err(status)?]).await?;
        let key = keys
            .into_iter()
            .next()
            .ok_or_else(|| Error::Internal("no key".into()));
        rapporteur_server::desk::record(key)
    }

    /// Writes the last use behind the bytes of each key: a later field adds to the message.
    async fn used(&self, mut keys: Vec<Stored>) -> Result<Vec<Stored>, Status> {
        let names: Vec<String> = keys
            .iter()
            .map(|stored| Ok(super::book::decoded::<Key>(&stored.bytes)?.name))
            .collect::<Result<_, Error>>()
            .map_err(status)?;
        let ids: Vec<&str> = names.iter().map(|name| id_of(name)).collect();
        let uses = usage::last(&self.book, &ids).await.map_err(status)?;
        for (key, used) in keys.iter_mut().zip(uses) {
            let used = Key {
                last_use_time: used.map(time::from_us),
                ..Key::default()
            };
            key.bytes = [&key.bytes[..], &used.encode_to_vec()].concat().into();
        }
        Ok(keys)
    }

    /// A page of a list, and the token of the next.
    async fn page<T: Record>(
        &self,
        noun: &Noun<T>,
        listing: &Listing<T>,
        size: i32,
        token: &str,
        query: Fingerprint,
    ) -> Result<(Vec<Stored>, String), Error> {
        let request = PageRequest {
            size: page_size(size)?,
            after: self.tokens.decode(token, query)?,
            as_of: None,
        };
        let Page { records, next } = self.book.records().list(noun, listing, &request).await?;
        let next = next.map(|key| self.tokens.encode(query, &key));
        Ok((records, next.unwrap_or_default()))
    }

    /// What a caller is granted has to fit into a caller token.
    fn fits(&self, new: &Grant) -> Result<(), Error> {
        let now_us = self.book.records().now_us();
        let live = self.book.live();
        let mut grants = live.rights(&new.caller, now_us).grants();
        grants.extend(grant::meaning(new));
        let issued = self.mint.issue(&new.caller, &Rights::of(grants), now_us);
        issued.map(drop).map_err(|error| Error::Precondition {
            reason: "TOO_MANY_GRANTS",
            subject: new.caller.clone(),
            description: format!(
                "{error}; grant a role in all dialogues, or revoke what is not needed"
            ),
            legal: Vec::new(),
        })
    }
}

fn is_operator(rights: &Rights) -> bool {
    let everywhere =
        |grant: &rapporteur_access::Grant| grant.role == Role::Operator && grant.dialogue.is_none();
    match rights {
        Rights::All => true,
        Rights::Granted(grants) => grants.iter().any(everywhere),
        Rights::None => false,
    }
}
