//! What a calendar holds, read through the calls that everybody makes.

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::{
    BatchGetEventsRequest, Event, GetDialogueRequest, ListEventsRequest,
};
use rapporteur_proto::gateway::v1::follow_up_service_client::FollowUpServiceClient;
use rapporteur_proto::gateway::v1::{Due, ListDuesRequest, ListOpenItemsRequest, OpenItem};
use rapporteur_records::Error;
use rapporteur_server::{Call, status};
use rapporteur_views::calendar::words;
use tonic::Status;
use tonic::service::Routes;

use super::super::inside::{Inside, Onward};
use super::query::{Query, Which};
use crate::coverage::ANSWER_BYTES;

/// Largest page that lists give.
const PAGE: i32 = 1_000;
/// Most entries of one calendar.
const MOST: usize = 50_000;
/// What a calendar of many dialogues is called.
const TITLE: &str = "rapporteur";

/// All that a calendar holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) title: String,
    pub(super) events: Vec<Event>,
    /// Events that are not in the calendar, but of which others are a part.
    pub(super) parents: Vec<Event>,
    pub(super) dues: Vec<Due>,
    /// What the dues are about, by name.
    pub(super) items: BTreeMap<String, OpenItem>,
}

/// Reads as one caller.
#[derive(Debug)]
pub(super) struct Reader<'w> {
    inside: &'w Inside,
    onward: &'w Onward,
}

impl<'w> Reader<'w> {
    pub(super) fn new(inside: &'w Inside, onward: &'w Onward) -> Self {
        Self { inside, onward }
    }

    /// Asks the door, and whoever else decides, whether the caller may read this; an error when not.
    pub(super) async fn may(&self, query: &Query) -> Result<(), Status> {
        match &query.which {
            Which::Events(lists) => {
                for list in lists {
                    let mut list = list.clone();
                    list.page_size = 1;
                    self.events().list_events(self.onward.request(list)).await?;
                }
            }
            Which::Post(post) => {
                let mut dues = unmet(post);
                dues.page_size = 1;
                self.followed_up()
                    .list_dues(self.onward.request(dues))
                    .await?;
            }
        }
        Ok(())
    }

    /// All that the calendar holds.
    pub(super) async fn read(&self, query: &Query, public_only: bool) -> Result<Content, Status> {
        match &query.which {
            Which::Events(lists) => self.of_lists(lists, query.language.as_deref()).await,
            Which::Post(post) => self.of_post(post, public_only).await,
        }
    }

    async fn of_lists(
        &self,
        lists: &[ListEventsRequest],
        language: Option<&str>,
    ) -> Result<Content, Status> {
        let mut content = Content {
            title: self.title(lists, language).await?,
            ..Content::default()
        };
        // A joint event stands in the lists of all its dialogues.
        let mut seen = BTreeSet::new();
        for list in lists {
            let mut asked = list.clone();
            asked.page_size = PAGE;
            loop {
                let request = self.onward.request(asked.clone());
                let page = self.events().list_events(request).await?.into_inner();
                let new = page.events.into_iter();
                content
                    .events
                    .extend(new.filter(|event| seen.insert(event.name.clone())));
                within(content.events.len())?;
                asked.page_token = page.next_page_token;
                if asked.page_token.is_empty() {
                    break;
                }
            }
        }
        content.parents = self.parents(&content.events, &seen).await?;
        Ok(content)
    }

    async fn title(
        &self,
        lists: &[ListEventsRequest],
        language: Option<&str>,
    ) -> Result<String, Status> {
        let [list] = lists else {
            return Ok(TITLE.to_owned());
        };
        if list.parent == "dialogues/-" {
            return Ok(TITLE.to_owned());
        }
        let request = GetDialogueRequest {
            name: list.parent.clone(),
            as_of: None,
        };
        let mut dialogues = DialogueServiceClient::new(self.inside.service());
        let request = self.onward.request(request);
        let dialogue = dialogues.get_dialogue(request).await?.into_inner();
        let title = words(dialogue.title.as_ref(), language);
        Ok(title.map_or(dialogue.name.clone(), |(_, words)| words.to_owned()))
    }

    /// The events that events are part of, as far as they are not here and the caller may read them.
    async fn parents(
        &self,
        events: &[Event],
        here: &BTreeSet<String>,
    ) -> Result<Vec<Event>, Status> {
        let names = events.iter().map(|event| event.parent_event.clone());
        let names: BTreeSet<String> = names
            .filter(|name| !name.is_empty() && !here.contains(name))
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        let mut parents = Vec::new();
        for names in names.chunks(PAGE.unsigned_abs() as usize) {
            let request = BatchGetEventsRequest {
                names: names.to_vec(),
                as_of: None,
            };
            match self
                .events()
                .batch_get_events(self.onward.request(request))
                .await
            {
                Ok(answer) => parents.extend(answer.into_inner().events),
                // One of them is hidden from the caller: then the ties are left out, not the events.
                Err(refused) if refused.code() == tonic::Code::NotFound => {}
                Err(refused) if refused.code() == tonic::Code::PermissionDenied => {}
                Err(failed) => return Err(failed),
            }
        }
        Ok(parents)
    }

    async fn of_post(&self, post: &str, public_only: bool) -> Result<Content, Status> {
        let mut content = Content {
            title: format!("{post}: reports due"),
            ..Content::default()
        };
        let mut asked = unmet(post);
        loop {
            let request = self.onward.request(asked.clone());
            let page = self.followed_up().list_dues(request).await?.into_inner();
            content.dues.extend(page.dues);
            within(content.dues.len())?;
            asked.page_token = page.next_page_token;
            if asked.page_token.is_empty() {
                break;
            }
        }
        let mut asked = ListOpenItemsRequest {
            posts: vec![post.to_owned()],
            page_size: PAGE,
            all: true,
            public_only,
            ..ListOpenItemsRequest::default()
        };
        loop {
            let request = self.onward.request(asked.clone());
            let page = self
                .followed_up()
                .list_open_items(request)
                .await?
                .into_inner();
            let items = page.items.into_iter();
            content
                .items
                .extend(items.map(|item| (item.name.clone(), item)));
            within(content.items.len())?;
            asked.page_token = page.next_page_token;
            if asked.page_token.is_empty() {
                return Ok(content);
            }
        }
    }

    fn events(&self) -> EventServiceClient<Call<Routes>> {
        EventServiceClient::new(self.inside.service()).max_decoding_message_size(ANSWER_BYTES)
    }

    fn followed_up(&self) -> FollowUpServiceClient<Call<Routes>> {
        FollowUpServiceClient::new(self.inside.service()).max_decoding_message_size(ANSWER_BYTES)
    }
}

/// What a post has to report still, however long it is overdue.
fn unmet(post: &str) -> ListDuesRequest {
    ListDuesRequest {
        posts: vec![post.to_owned()],
        page_size: PAGE,
        unmet: true,
        ..ListDuesRequest::default()
    }
}

fn within(count: usize) -> Result<(), Status> {
    if count <= MOST {
        return Ok(());
    }
    let why = format!("a calendar holds at most {MOST} entries; ask for fewer by a filter");
    Err(status(Error::Exhausted(why)))
}
