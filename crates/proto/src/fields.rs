//! Fields that many messages share, reachable without knowing the message. The implementations are
//! generated for every message that has the fields.

use prost::{Message, Name};

use crate::{Texts, Timestamp};

/// A resource message: it has a name, an etag, an identity and times.
pub trait Record: Message + Name + Default + Clone + PartialEq + Texts + 'static {
    /// Its common fields.
    fn header(&self) -> Header<'_>;
    /// Its common fields, to be set.
    fn header_mut(&mut self) -> HeaderMut<'_>;
    /// The number of its field `visibility`; 0 when it has none.
    const VISIBILITY: u32;
    /// The number of its field `state`; 0 when it has none.
    const STATE: u32;
    /// The numbers of its `visibility` and its `state`; 0 for a field that it has not.
    fn standing(&self) -> (i32, i32);
    /// The parties to which it belongs: those who answer for it.
    fn parties(&self) -> Vec<&str>;
    /// Until when it is under embargo, if it is.
    fn embargo_until(&self) -> Option<Timestamp> {
        None
    }
    /// Makes it public.
    fn end_embargo(&mut self) {}
}

/// The fields that every resource has.
#[derive(Debug)]
pub struct Header<'a> {
    /// Resource name.
    pub name: &'a str,
    /// Version; empty as stored.
    pub etag: &'a str,
    /// Identity.
    pub uid: &'a str,
    /// When it was first recorded.
    pub create_time: Option<Timestamp>,
}

/// The same, to be set.
#[derive(Debug)]
pub struct HeaderMut<'a> {
    /// Resource name.
    pub name: &'a mut String,
    /// Version; empty as stored.
    pub etag: &'a mut String,
    /// Identity.
    pub uid: &'a mut String,
    /// When it was first recorded.
    pub create_time: &'a mut Option<Timestamp>,
    /// When it was last changed.
    pub update_time: &'a mut Option<Timestamp>,
}

/// A request for a page of a list.
pub trait PagedRequest: Message {
    /// Takes `page_size` and `page_token` out, so that what is left identifies the query.
    fn take_page(&mut self) -> (i32, String);
    /// As of which moment.
    fn as_of(&self) -> Option<Timestamp>;
}

/// A request that writes.
pub trait WriteRequest: Message {
    /// The caller's id for this request.
    fn request_id(&self) -> &str;
    /// Why.
    fn reason(&self) -> &str;
    /// Check everything, write nothing.
    fn validate_only(&self) -> bool;
    /// The name of the record that it is about, or of the parent of the one that it makes; empty for a new record
    /// without parent.
    fn subject(&self) -> &str;
    /// The parties to which the record that it brings is to belong; `None` when it brings none.
    fn proposed_parties(&self) -> Option<Vec<&str>>;
}

/// A request for one record.
pub trait GetRequest: Message {
    /// The record's name.
    fn name(&self) -> &str;
    /// As of which moment.
    fn as_of(&self) -> Option<Timestamp>;
}

/// A request for several records.
pub trait BatchGetRequest: Message {
    /// The records' names.
    fn names(&self) -> &[String];
    /// As of which moment.
    fn as_of(&self) -> Option<Timestamp>;
}

macro_rules! parties {
    ($parties:ident, one $self:ident.$party:ident) => {
        $parties.push($self.$party.as_str())
    };
    ($parties:ident, each $self:ident.$party:ident) => {
        $parties.extend($self.$party.iter().map(String::as_str))
    };
}

macro_rules! number {
    ($self:ident, $field:ident 0) => {
        0
    };
    ($self:ident, $field:ident $number:tt) => {
        $self.$field
    };
}

macro_rules! record {
    ($message:path, visibility $visibility:tt, state $state:tt $(, [$embargo:ident])? $(, $many:ident $party:ident)*) => {
        impl Record for $message {
            const VISIBILITY: u32 = $visibility;
            const STATE: u32 = $state;
            $(
                fn embargo_until(&self) -> Option<Timestamp> {
                    self.$embargo
                }

                fn end_embargo(&mut self) {
                    self.$embargo = None;
                    self.set_visibility(crate::r#type::v1::Visibility::Public);
                }
            )?

            fn standing(&self) -> (i32, i32) {
                (number!(self, visibility $visibility), number!(self, state $state))
            }

            fn parties(&self) -> Vec<&str> {
                #[allow(unused_mut)]
                let mut parties = Vec::new();
                $(parties!(parties, $many self.$party);)*
                parties.retain(|party: &&str| !party.is_empty());
                parties
            }

            fn header(&self) -> Header<'_> {
                Header {
                    name: &self.name,
                    etag: &self.etag,
                    uid: &self.uid,
                    create_time: self.create_time,
                }
            }

            fn header_mut(&mut self) -> HeaderMut<'_> {
                HeaderMut {
                    name: &mut self.name,
                    etag: &mut self.etag,
                    uid: &mut self.uid,
                    create_time: &mut self.create_time,
                    update_time: &mut self.update_time,
                }
            }
        }
    };
}

macro_rules! paged_request {
    ($message:path) => {
        impl PagedRequest for $message {
            fn take_page(&mut self) -> (i32, String) {
                (
                    std::mem::take(&mut self.page_size),
                    std::mem::take(&mut self.page_token),
                )
            }

            fn as_of(&self) -> Option<Timestamp> {
                self.as_of
            }
        }
    };
}

macro_rules! get_request {
    ($message:path) => {
        impl GetRequest for $message {
            fn name(&self) -> &str {
                &self.name
            }

            fn as_of(&self) -> Option<Timestamp> {
                self.as_of
            }
        }
    };
}

macro_rules! batch_get_request {
    ($message:path) => {
        impl BatchGetRequest for $message {
            fn names(&self) -> &[String] {
                &self.names
            }

            fn as_of(&self) -> Option<Timestamp> {
                self.as_of
            }
        }
    };
}

macro_rules! write_request {
    ($message:path $(, about $subject:ident)? $(, proposes $record:ident)?) => {
        impl WriteRequest for $message {
            fn request_id(&self) -> &str {
                &self.request_id
            }

            fn reason(&self) -> &str {
                &self.reason
            }

            fn validate_only(&self) -> bool {
                self.validate_only
            }

            #[allow(unreachable_code)]
            fn subject(&self) -> &str {
                $(return &self.$subject;)?
                $(return self.$record.as_ref().map_or("", |record| record.header().name);)?
                ""
            }

            #[allow(unreachable_code)]
            fn proposed_parties(&self) -> Option<Vec<&str>> {
                $(return self.$record.as_ref().map(Record::parties);)?
                None
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/requests.rs"));
