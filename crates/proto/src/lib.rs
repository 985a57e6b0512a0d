//! The language of the house: messages, clients and servers generated from `proto/`, and the
//! descriptor set for reflection and proto JSON.
//!
//! One type is written by hand, [`Wire`]: an answer that is already encoded. Servers are generated
//! against it, so that a stored record goes out without being decoded; clients see plain messages. [`texts`]
//! says how texts in several languages stand to each other, [`bare`] what a record says without its service.

#![allow(clippy::doc_markdown, clippy::large_enum_variant)]

pub mod bare;
mod fields;
mod http;
mod json;
pub mod texts;
mod wire;

pub use fields::{
    BatchGetRequest, GetRequest, Header, HeaderMut, PagedRequest, Record, WriteRequest,
};
pub use http::http_rules;
pub use json::{descriptor_pool, from_json, to_json};
pub use prost_types::{Any, Duration, FieldMask, Timestamp};
pub use texts::Texts;
pub use wire::{Stored, Wire};

/// Every descriptor, imports included, encoded as a `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

macro_rules! package {
    ($file:literal) => {
        include!(concat!(env!("OUT_DIR"), "/messages/", $file, ".rs"));
    };
    ($file:literal, servers) => {
        package!($file);
        include!(concat!(env!("OUT_DIR"), "/servers/", $file, ".rs"));
    };
}

/// `google.api`: how a call is made over HTTP/JSON (AIP-127). Google's, vendored as they publish it.
pub mod google {
    /// Its rules.
    pub mod api {
        package!("google.api");
    }
}

/// `rapporteur.type`: words that every part of the record shares.
pub mod r#type {
    /// Version 1.
    pub mod v1 {
        package!("rapporteur.r#type.v1");
    }
}

/// `rapporteur.events`: dialogues, parties, posts, chairmanships, plans, events, sources.
pub mod events {
    /// Version 1.
    pub mod v1 {
        package!("rapporteur.events.v1", servers);
    }
}

/// `rapporteur.recommendations`: instruments, recommendations, the ledger of addressees.
pub mod recommendations {
    /// Version 1.
    pub mod v1 {
        package!("rapporteur.recommendations.v1", servers);
    }
}

/// `rapporteur.changes`: the change feed.
pub mod changes {
    /// Version 1.
    pub mod v1 {
        package!("rapporteur.changes.v1", servers);
    }
}

/// `rapporteur.store`: keeping and moving the store of a service.
pub mod store {
    /// Version 1.
    pub mod v1 {
        package!("rapporteur.store.v1", servers);
    }
}

/// `rapporteur.gateway`: joined views.
pub mod gateway {
    /// Version 1.
    pub mod v1 {
        package!("rapporteur.gateway.v1", servers);
    }
}
