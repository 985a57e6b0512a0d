//! What operators do to the store of a running service, over gRPC; the same for every service.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use rapporteur_proto::store::v1::store_service_server::{StoreService, StoreServiceServer};
use rapporteur_proto::store::v1::{
    ExportStoreRequest, ExportStoreResponse, GetStoreInfoRequest, GetStoreInfoResponse,
    MoveStoreRequest, MoveStoreResponse, VerifyStoreRequest, VerifyStoreResponse,
};
use rapporteur_records::time;
use rapporteur_store::copy::{self, Export, Progress};
use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::switch::{Moved, Switch};
use rapporteur_store::{Error, Store, Verified};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::refusals::Refusals;
use crate::{Caller, DOMAIN, MAX_DECODING_BYTES, MAX_ENCODING_BYTES};

/// Bytes of an archive in one message.
const PIECE_BYTES: usize = 1 << 20;

/// Serves the calls about one store.
#[derive(Clone, Debug)]
pub struct Stores {
    switch: Arc<Switch>,
    settings: Settings,
    schema: String,
    refusals: Refusals,
}

impl Stores {
    /// The generated server over the store behind `switch`; a place that it is moved to is opened with
    /// `settings`, and with `schema` when it is a database of which no schema is named. Refused calls go on record.
    pub fn server(
        switch: Arc<Switch>,
        settings: Settings,
        schema: String,
        refusals: Refusals,
    ) -> StoreServiceServer<Self> {
        StoreServiceServer::new(Self {
            switch,
            settings,
            schema,
            refusals,
        })
        .max_decoding_message_size(MAX_DECODING_BYTES)
        .max_encoding_message_size(MAX_ENCODING_BYTES)
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl StoreService for Stores {
    async fn get_store_info(
        &self,
        request: Request<GetStoreInfoRequest>,
    ) -> Result<Response<GetStoreInfoResponse>, Status> {
        self.refusals
            .may(
                &Caller::of(&request),
                "rapporteur.store.v1.StoreService/GetStoreInfo",
            )
            .await?;
        let info = info(&*self.switch, &self.switch.address()).await;
        info.map(Response::new).map_err(status)
    }

    type ExportStoreStream = Answers<ExportStoreResponse>;

    async fn export_store(
        &self,
        request: Request<ExportStoreRequest>,
    ) -> Result<Response<Self::ExportStoreStream>, Status> {
        self.refusals
            .may(
                &Caller::of(&request),
                "rapporteur.store.v1.StoreService/ExportStore",
            )
            .await?;
        let store: Arc<dyn Store> = self.switch.clone();
        let export = Export::begin(store, time::now_us()).await;
        let export = export.map_err(status)?;
        let (sender, receiver) = mpsc::channel(2);
        tokio::spawn(async move {
            if let Err(error) = pump(export, &sender).await {
                // Whoever asked may be gone; then nobody needs the error.
                sender.send(Err(status(error))).await.ok();
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn verify_store(
        &self,
        request: Request<VerifyStoreRequest>,
    ) -> Result<Response<VerifyStoreResponse>, Status> {
        self.refusals
            .may(
                &Caller::of(&request),
                "rapporteur.store.v1.StoreService/VerifyStore",
            )
            .await?;
        let verified = self.switch.verify().await;
        let verified = verified.map(|verified| Response::new(whole(verified)));
        verified.map_err(status)
    }

    type MoveStoreStream = Answers<MoveStoreResponse>;

    async fn move_store(
        &self,
        request: Request<MoveStoreRequest>,
    ) -> Result<Response<Self::MoveStoreStream>, Status> {
        self.refusals
            .may(
                &Caller::of(&request),
                "rapporteur.store.v1.StoreService/MoveStore",
            )
            .await?;
        let target: Address = request.into_inner().target.parse().map_err(status)?;
        let target = engine::in_schema(target, &self.schema, &self.settings).await;
        let target = target.map_err(status)?;
        let (sender, receiver) = mpsc::channel(16);
        let (switch, settings) = (self.switch.clone(), self.settings.clone());
        // A task of its own: a call that breaks off must not stop between the old place and the new.
        tokio::spawn(async move {
            // Progress that nobody takes in time is not worth waiting for.
            let on_progress = |progress| drop(sender.try_send(Ok(under_way(progress))));
            let moved = switch.relocate(&target, &settings, on_progress).await;
            if let Err(error) = &moved {
                tracing::warn!(%target, %error, "the store was not moved");
            }
            let answer = moved.map(done).map_err(status);
            sender.send(answer).await.ok();
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// Sends an archive in pieces that a message holds.
async fn pump(
    mut export: Export,
    sender: &mpsc::Sender<Result<ExportStoreResponse, Status>>,
) -> Result<(), Error> {
    while let Some(mut bytes) = export.next().await? {
        while !bytes.is_empty() {
            let data: Bytes = bytes.split_to(bytes.len().min(PIECE_BYTES));
            let data = data.into();
            if sender.send(Ok(ExportStoreResponse { data })).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What a store at `address` says of itself, as the answer to an operator.
pub async fn info(store: &dyn Store, address: &Address) -> Result<GetStoreInfoResponse, Error> {
    let (info, head) = (store.info().await?, store.head().await?);
    let end = copy::end_at(store, head.position).await?;
    Ok(GetStoreInfoResponse {
        engine: info.engine.to_owned(),
        address: address.to_string(),
        store_id: info.store_id.to_string(),
        schema: info.schema,
        head: head.position,
        head_op_id: head.op_id.to_string(),
        head_hash: end.hash.to_vec(),
        disk_bytes: info.disk_bytes,
    })
}

/// What was found whole, as the answer to an operator.
pub fn whole(verified: Verified) -> VerifyStoreResponse {
    let Verified {
        rows,
        log_entries,
        history_rows,
    } = verified;
    VerifyStoreResponse {
        rows,
        log_entries,
        history_rows,
    }
}

fn under_way(progress: Progress) -> MoveStoreResponse {
    let Progress { position, head } = progress;
    MoveStoreResponse {
        position,
        head,
        held: None,
    }
}

fn done(moved: Moved) -> MoveStoreResponse {
    let position = moved.head.position;
    let held = rapporteur_proto::Duration {
        seconds: i64::try_from(moved.held.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(moved.held.subsec_nanos()).unwrap_or_default(),
    };
    MoveStoreResponse {
        position,
        head: position,
        held: Some(held),
    }
}

/// The reason that programs know an error of a store by.
pub fn reason(error: &Error) -> &'static str {
    code(error).1
}

fn code(error: &Error) -> (Code, &'static str) {
    match error {
        Error::Absent(_) => (Code::NotFound, "STORE_ABSENT"),
        Error::Exists(_) => (Code::FailedPrecondition, "STORE_EXISTS"),
        Error::Moved { .. } => (Code::FailedPrecondition, "STORE_MOVED"),
        Error::Unfinished(_) => (Code::FailedPrecondition, "STORE_UNFINISHED"),
        Error::AlreadyOpen(_) => (Code::FailedPrecondition, "STORE_IN_USE"),
        Error::Diverged(_) => (Code::FailedPrecondition, "STORE_DIVERGED"),
        Error::Schema(_) => (Code::FailedPrecondition, "STORE_UNUSABLE"),
        Error::Truncated { .. } => (Code::OutOfRange, "LOG_TRUNCATED"),
        Error::Corrupt(_) => (Code::DataLoss, "STORE_DAMAGED"),
        Error::Full(_) => (Code::ResourceExhausted, "STORE_FULL"),
        Error::Ambiguous(_) => (Code::Unknown, "OUTCOME_UNKNOWN"),
        Error::Unavailable(_) => (Code::Unavailable, "STORE_UNAVAILABLE"),
        Error::Conflict { .. } | Error::TooLarge { .. } | Error::Invalid(_) => {
            (Code::Internal, "INTERNAL")
        }
    }
}

/// An operator is told everything: places are what these calls are about.
pub(crate) fn status(error: Error) -> Status {
    let (code, reason) = code(&error);
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, DOMAIN, []);
    Status::with_error_details(code, error.to_string(), details)
}
