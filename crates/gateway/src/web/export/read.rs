//! What an export holds, read through the calls that everybody makes.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use rapporteur_exchange::write::cell::{self, Look, Names};
use rapporteur_records::Error;
use rapporteur_server::status;
use tokio::sync::mpsc;
use tonic::Status;

use super::what::records;
use super::{Binding, Bindings, Found, Inside, MOST, Onward, Path, Said, request};

/// Largest page that lists give.
const PAGE: i32 = 1_000;

/// Reads as one caller.
#[derive(Debug)]
pub(super) struct Reader<'r> {
    inside: &'r Inside,
    bindings: &'r Bindings,
    onward: &'r Onward,
}

impl<'r> Reader<'r> {
    pub(super) fn new(inside: &'r Inside, bindings: &'r Bindings, onward: &'r Onward) -> Self {
        Self {
            inside,
            bindings,
            onward,
        }
    }

    /// The answer of a call.
    pub(super) async fn one(
        &self,
        binding: &Binding,
        message: DynamicMessage,
    ) -> Result<DynamicMessage, Status> {
        let answer = self
            .inside
            .unary(binding, self.onward.request(message))
            .await?;
        Ok(answer.into_inner())
    }

    /// One page of a list, and what leads to the next.
    pub(super) async fn page(
        &self,
        binding: &Binding,
        message: DynamicMessage,
    ) -> Result<(Vec<DynamicMessage>, String), Status> {
        let mut answer = self.one(binding, message).await?;
        let next = request::text_of(&answer, "next_page_token");
        let list = records(&answer.descriptor()).and_then(|field| answer.take_field(&field));
        let Some(Value::List(list)) = list else {
            return Ok((Vec::new(), next));
        };
        let found = list.into_iter().filter_map(|one| match one {
            Value::Message(record) => Some(record),
            _ => None,
        });
        Ok((found.collect(), next))
    }

    /// Asks the door, and whoever else decides, whether the caller may read this; an error when not.
    pub(super) async fn may(
        &self,
        binding: &Binding,
        message: &DynamicMessage,
    ) -> Result<(), Status> {
        let mut message = message.clone();
        if message
            .descriptor()
            .get_field_by_name("page_size")
            .is_some()
        {
            set(&mut message, "page_size", Value::I32(1));
        }
        self.one(binding, message).await.map(|_| ())
    }

    /// Every page of a list, as far as somebody takes them.
    pub(super) async fn pages(
        &self,
        binding: &Binding,
        mut message: DynamicMessage,
        to: &mpsc::Sender<Vec<DynamicMessage>>,
    ) -> Result<(), Status> {
        let mut count = 0;
        set(&mut message, "page_size", Value::I32(PAGE));
        loop {
            let (page, next) = self.page(binding, message.clone()).await?;
            count += page.len();
            if count > MOST {
                let why = format!(
                    "an export holds at most {MOST} records; ask for fewer by a filter, or page by page with format=odata"
                );
                return Err(status(Error::Exhausted(why)));
            }
            // Whoever writes and stops says why.
            if to.send(page).await.is_err() || next.is_empty() {
                return Ok(());
            }
            set(&mut message, "page_token", Value::String(next));
        }
    }

    /// The recommendations of an instrument.
    pub(super) async fn elements(&self, instrument: &str) -> Result<Vec<DynamicMessage>, Status> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("instrument", instrument)
            .finish();
        self.every("/v1/dialogues/-/recommendations", &query).await
    }

    /// What people call parties and dialogues.
    pub(super) async fn titles(
        &self,
        language: Option<&str>,
    ) -> Result<BTreeMap<String, String>, Status> {
        let look = Look {
            names: Names::Full,
            language,
        };
        let mut titles = BTreeMap::new();
        for list in ["/v1/parties", "/v1/dialogues"] {
            for record in self.every(list, "").await? {
                let title =
                    cell::at(&record, "title", look).map_err(|why| status(Error::Internal(why)))?;
                titles.insert(request::text_of(&record, "name"), title);
            }
        }
        titles.retain(|_, title| !title.is_empty());
        Ok(titles)
    }

    /// All of a list.
    async fn every(&self, path: &str, query: &str) -> Result<Vec<DynamicMessage>, Status> {
        let path = Path::split(path);
        let Found::Call(binding) = self.bindings.find(&Method::GET, &path) else {
            return Err(status(Error::Internal("a list is not there".to_owned())));
        };
        let said = Said {
            path: &path,
            query,
            headers: &HeaderMap::new(),
            body: &[],
        };
        let message = request::message(binding, said).map_err(status)?;
        let (sender, mut pages) = mpsc::channel(1);
        let gather = async move {
            let mut all = Vec::new();
            while let Some(page) = pages.recv().await {
                all.extend(page);
            }
            all
        };
        let read = async move { self.pages(binding, message, &sender).await };
        let (read, all) = tokio::join!(read, gather);
        read.map(|()| all)
    }
}

/// Sets a field that every list has.
fn set(message: &mut DynamicMessage, field: &str, value: Value) {
    // A test asks every list that is exported for these fields.
    message.try_set_field_by_name(field, value).ok();
}
