//! What the change log says of a commit beside its writes: who called what, and why; and of calls that were refused.

use prost::Message;
use rapporteur_store::Batch;
use uuid::Uuid;

use crate::{Records, Result};

/// Who calls what, and why: what the change log says of a write.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Who calls.
    pub caller: String,
    /// Which call: `rapporteur.events.v1.EventService/CreateEvent`.
    pub rpc: &'static str,
    /// Why, in the words of the caller.
    pub reason: String,
    /// The caller's id for this request; the same id does the same thing once. May be empty.
    pub request_id: String,
    /// The id under which the process logs this call.
    pub log_id: String,
    /// Digest of the request, so that an id that is reused for something else is noticed.
    pub body_hash: [u8; 32],
    /// Check everything, write nothing.
    pub validate_only: bool,
}

impl Call {
    /// A call with the digest of its request message.
    pub fn new(caller: &str, rpc: &'static str, request: &impl Message) -> Self {
        let body_hash = *blake3::hash(&request.encode_to_vec()).as_bytes();
        Self {
            caller: caller.to_owned(),
            rpc,
            body_hash,
            ..Self::default()
        }
    }

    pub(crate) fn op_id(&self) -> Uuid {
        if self.request_id.is_empty() {
            return Uuid::now_v7();
        }
        let mut hasher = blake3::Hasher::new();
        for part in [&self.caller, self.rpc, &self.request_id] {
            hasher
                .update(&(part.len() as u64).to_be_bytes())
                .update(part.as_bytes());
        }
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        uuid::Builder::from_custom_bytes(id).into_uuid()
    }
}

/// The change record, as it is kept in the log beside the writes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Meta {
    #[prost(string, tag = "1")]
    pub(crate) caller: String,
    #[prost(string, tag = "2")]
    pub(crate) rpc: String,
    #[prost(string, tag = "3")]
    pub(crate) reason: String,
    #[prost(string, tag = "4")]
    pub(crate) request_id: String,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) body_hash: Vec<u8>,
    /// Of a call that was refused: why.
    #[prost(string, tag = "6")]
    pub(crate) refused: String,
    /// What a call was about that was refused, or that changes no record.
    #[prost(string, tag = "7")]
    pub(crate) subject: String,
    /// Of calls that were refused: how many are told of by this alone.
    #[prost(uint64, tag = "8")]
    pub(crate) left_out: u64,
    /// Of a call that was refused: from which network address it came.
    #[prost(string, tag = "9")]
    pub(crate) peer: String,
}

impl Meta {
    pub(crate) fn of(call: &Call) -> Self {
        Self {
            caller: call.caller.clone(),
            rpc: call.rpc.to_owned(),
            reason: call.reason.clone(),
            request_id: call.log_id.clone(),
            body_hash: call.body_hash.to_vec(),
            ..Self::default()
        }
    }
}

/// How much of a text that a refused caller sent is kept.
const REFUSED_CHARS: usize = 200;

/// A refused call, or a sum of such.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// Who called what; of a sum nothing.
    pub call: Call,
    /// The record that it was about, if it is known.
    pub subject: String,
    /// Why it was refused.
    pub why: String,
    /// From which network address it came, if that is known.
    pub peer: String,
    /// How many refused calls this tells of that are not on record one by one.
    pub left_out: u64,
}

impl Records {
    /// Puts a refused call on record: who called what about which record, and why it was refused.
    pub async fn refused(&self, refused: &Refused) -> Result<()> {
        let short = |text: &str| text.chars().take(REFUSED_CHARS).collect();
        let meta = Meta {
            reason: short(&refused.call.reason),
            refused: short(&refused.why),
            subject: short(&refused.subject),
            peer: short(&refused.peer),
            left_out: refused.left_out,
            ..Meta::of(&refused.call)
        };
        let batch = Batch {
            op_id: Uuid::now_v7(),
            time_us: self.now_us(),
            checks: Vec::new(),
            writes: Vec::new(),
            meta: meta.encode_to_vec().into(),
        };
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Writes rows that are no records, on record as an act of this call on `subject`.
    pub async fn act_on(&self, call: &Call, subject: &str, batch: Batch) -> Result<()> {
        let meta = Meta {
            subject: subject.to_owned(),
            ..Meta::of(call)
        };
        let meta = meta.encode_to_vec().into();
        self.store().commit(Batch { meta, ..batch }).await?;
        Ok(())
    }
}
