//! The register: what this service knows of dialogues, parties, plans and events.
//!
//! It is a mirror of the events service, kept in our own store and fed by its change feed. What the mirror
//! lacks is asked for once, since the feed may be a moment behind; what neither knows does not exist. With
//! the events service down, what the mirror knows is enough to go on.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use prost::{Message, Name};
use rapporteur_proto::events::v1::dialogue_service_client::DialogueServiceClient;
use rapporteur_proto::events::v1::event_service_client::EventServiceClient;
use rapporteur_proto::events::v1::party_service_client::PartyServiceClient;
use rapporteur_proto::events::v1::plan_service_client::PlanServiceClient;
use rapporteur_proto::events::v1::source_service_client::SourceServiceClient;
use rapporteur_proto::events::v1::{
    Chairmanship, Dialogue, Event, GetChairmanshipRequest, GetDialogueRequest, GetEventRequest,
    GetMembershipRequest, GetPartyRequest, GetPlanNodeRequest, GetPlanRequest, GetPostRequest,
    GetSourceRequest, ListMembershipsRequest, Membership, MembershipKind, Party, Plan, PlanNode,
    Post, Source,
};
use rapporteur_records::words::date;
use rapporteur_records::{Error, Introduction, Mirror, Pattern, Result, check_id, name};
use rapporteur_server::tls::PeerArgs;
use rapporteur_server::{Replicas, client};
use rapporteur_store::Store;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// Whose records these are, in the mirror and in errors.
const EVENTS: &str = "events";
/// How long the events service may take to answer a question.
const ASK_WITHIN: Duration = Duration::from_secs(2);

/// What the events service answers.
type Answer<T> = std::result::Result<T, Status>;

/// Names of bodies; they live inside their dialogue.
pub const BODY: Pattern = Pattern("dialogues/*/bodies/*");

/// A record of the events service that others refer to.
pub trait Registered: Message + Name + Default {
    /// Shape of its names.
    const PATTERN: Pattern;
    /// Asks the events service for it.
    fn ask(
        channel: Channel,
        name: String,
        introduction: Introduction,
    ) -> impl Future<Output = Answer<Self>> + Send;
}

macro_rules! registered {
    ($($message:ident $pattern:literal $client:ident $method:ident $request:ident,)*) => {
        $(impl Registered for $message {
            const PATTERN: Pattern = Pattern($pattern);

            async fn ask(channel: Channel, name: String, introduction: Introduction) -> Answer<Self> {
                let request = client::within($request { name, as_of: None }, ASK_WITHIN);
                let request = introduction.on(request);
                let mut client = $client::new(channel);
                let answer = client.$method(request);
                let late = |_| Status::unavailable(format!("no answer within {} s", ASK_WITHIN.as_secs()));
                Ok(timeout(ASK_WITHIN, answer).await.map_err(late)??.into_inner())
            }
        })*

        impl Register {
            /// Whether a record with this name exists, whatever it is.
            pub async fn exists(&self, name: &str) -> Result<bool> {
                $(if Pattern($pattern).matches(name) {
                    return Ok(self.find::<$message>(name).await?.is_some());
                })*
                Ok(false)
            }
        }
    };
}

registered! {
    Party "parties/*" PartyServiceClient get_party GetPartyRequest,
    Source "sources/*" SourceServiceClient get_source GetSourceRequest,
    Dialogue "dialogues/*" DialogueServiceClient get_dialogue GetDialogueRequest,
    Membership "dialogues/*/memberships/*" DialogueServiceClient get_membership GetMembershipRequest,
    Post "dialogues/*/posts/*" DialogueServiceClient get_post GetPostRequest,
    Chairmanship "dialogues/*/chairmanships/*" DialogueServiceClient get_chairmanship GetChairmanshipRequest,
    Plan "dialogues/*/plans/*" PlanServiceClient get_plan GetPlanRequest,
    PlanNode "dialogues/*/plans/*/nodes/*" PlanServiceClient get_plan_node GetPlanNodeRequest,
    Event "dialogues/*/events/*" EventServiceClient get_event GetEventRequest,
}

/// What this service knows of the records of the events service.
#[derive(Clone, Debug)]
pub struct Register {
    mirror: Mirror,
    events: Arc<Replicas>,
    introduction: Introduction,
}

impl Register {
    /// A register kept in `store`, of the events service whose replicas are at `addresses`. It stands still until
    /// [`Register::follow`] runs.
    /// To it this service is whom `introduction` says.
    pub fn new(
        store: Arc<dyn Store>,
        addresses: &[String],
        peers: &PeerArgs,
        introduction: Introduction,
    ) -> Result<Self> {
        Ok(Self {
            mirror: Mirror::new(store, EVENTS, None),
            events: Arc::new(Replicas::new(EVENTS, addresses, peers)?),
            introduction,
        })
    }

    /// The replicas of the events service.
    pub fn replicas(&self) -> &Arc<Replicas> {
        &self.events
    }

    /// How far the mirror is.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Follows the events service for as long as the future is polled.
    pub async fn follow(&self) {
        tokio::select! {
            () = self.mirror.follow(|| self.events.channel(), &self.introduction) => {}
            () = self.events.watch() => {}
        }
    }

    /// A record, if it exists: from the mirror, else asked for once.
    pub async fn find<T: Registered>(&self, name: &str) -> Result<Option<T>> {
        match self.mirror.get::<T>(name).await? {
            Some(known) => Ok(Some(known)),
            None => self.ask(name).await,
        }
    }

    async fn ask<T: Registered>(&self, name: &str) -> Result<Option<T>> {
        let asked = self
            .events
            .ask(|channel| T::ask(channel, name.to_owned(), self.introduction.clone()));
        match asked.await {
            Ok(known) => Ok(Some(known)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(down(status)),
        }
    }

    /// The record that `field` refers to.
    pub async fn known<T: Registered>(&self, field: &str, name: &str) -> Result<T> {
        T::PATTERN.check(field, name)?;
        let found = self.find(name).await?;
        found.ok_or_else(|| Error::UnknownReference {
            field: field.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The record that `field` refers to, as it is now: for what is decided once and stays, the events service is
    /// asked first, since the mirror may be a moment behind. With it down, what the mirror knows is enough.
    pub async fn current<T: Registered>(&self, field: &str, name: &str) -> Result<T> {
        T::PATTERN.check(field, name)?;
        match self.ask(name).await {
            Err(down @ Error::Upstream { .. }) => self.mirror.get(name).await?.ok_or(down),
            answer => answer?.ok_or_else(|| Error::UnknownReference {
                field: field.to_owned(),
                name: name.to_owned(),
            }),
        }
    }

    /// Whether a dialogue has this body. A dialogue that was mirrored before it got the body is asked for again.
    pub async fn has_body(&self, body: &str) -> Result<bool> {
        let dialogue = name::parent_of(body);
        let has = |d: Option<Dialogue>| {
            d.is_some_and(|d| d.bodies.iter().any(|b| b.id == name::id_of(body)))
        };
        Ok(has(self.mirror.get(dialogue).await?) || has(self.ask(dialogue).await?))
    }

    /// The parties that are partners of a dialogue on a day, by name; with `group`, those of one group of members.
    pub async fn partners(
        &self,
        dialogue: &str,
        group: Option<&str>,
        day: Date,
    ) -> Result<Vec<String>> {
        let all = self.memberships(dialogue).await?;
        let mut partners: Vec<String> = all
            .into_iter()
            .filter(|m| m.kind() == MembershipKind::Partner && in_force(m, day))
            .filter(|m| group.is_none_or(|group| group_id(&m.group) == group))
            .map(|m| m.party)
            .collect();
        partners.sort();
        partners.dedup();
        Ok(partners)
    }

    /// Whether any member of a dialogue was ever in this group.
    pub async fn has_group(&self, dialogue: &str, group: &str) -> Result<bool> {
        Ok(self
            .memberships(dialogue)
            .await?
            .iter()
            .any(|m| group_id(&m.group) == group))
    }

    /// All memberships of a dialogue. Nobody can tell from the mirror whether the newest is still missing,
    /// and a group is frozen once expanded, so the events service is asked first.
    async fn memberships(&self, dialogue: &str) -> Result<Vec<Membership>> {
        match timeout(ASK_WITHIN, self.ask_memberships(dialogue)).await {
            Ok(Ok(all)) => Ok(all),
            Ok(Err(status)) if status.code() == Code::NotFound => Ok(Vec::new()),
            _ if self.mirror.get::<Dialogue>(dialogue).await?.is_some() => {
                self.mirror.all(&format!("{dialogue}/memberships/")).await
            }
            Ok(Err(status)) => Err(down(status)),
            Err(_) => Err(down(Status::unavailable(format!(
                "no answer within {} s",
                ASK_WITHIN.as_secs()
            )))),
        }
    }

    async fn ask_memberships(&self, dialogue: &str) -> Answer<Vec<Membership>> {
        let mut all = Vec::new();
        let mut request = ListMembershipsRequest {
            parent: dialogue.to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        loop {
            let asked = |channel| {
                let request = client::within(request.clone(), ASK_WITHIN);
                let request = self.introduction.on(request);
                async move {
                    DialogueServiceClient::new(channel)
                        .list_memberships(request)
                        .await
                }
            };
            let page = self.events.ask(asked).await?.into_inner();
            all.extend(page.memberships);
            if page.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// A node of a plan and all below it. For filters, so from the mirror alone.
    pub async fn nodes_below(&self, node: &str) -> Result<Vec<String>> {
        let plan = name::parent_of(node);
        let all: Vec<PlanNode> = self.mirror.all(&format!("{plan}/nodes/")).await?;
        let mut below = vec![node.to_owned()];
        let mut at = 0;
        while let Some(parent) = below.get(at).cloned() {
            let children = all
                .iter()
                .filter(|n| n.parent_node == parent && !below.contains(&n.name));
            let children: Vec<String> = children.map(|n| n.name.clone()).collect();
            below.extend(children);
            at += 1;
        }
        Ok(below)
    }

    /// Refuses a list under a dialogue that is known not to exist: a misspelt one would else be an empty one.
    pub async fn parent_exists(&self, parent: &str) -> Result<()> {
        let dialogue = parent.split('/').take(2).collect::<Vec<_>>().join("/");
        if !Dialogue::PATTERN.matches(&dialogue) {
            return Ok(());
        }
        match self.find::<Dialogue>(&dialogue).await {
            Ok(None) => Err(Error::NotFound { name: dialogue }),
            // A read needs no register.
            Err(Error::Upstream { .. }) | Ok(Some(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whatever keeps the events service from answering, to our caller it is down.
fn down(status: Status) -> Error {
    match client::upstream(EVENTS, status) {
        Error::DeadlineExceeded => Error::Upstream {
            service: EVENTS.to_owned(),
            description: "it did not answer in time".to_owned(),
        },
        error => error,
    }
}

/// Whether a membership may be in force on a day: an unknown start or end is no bound.
fn in_force(membership: &Membership, day: Date) -> bool {
    let begun = date::days(membership.start.as_ref()).is_none_or(|start| start.first <= day);
    let lasts = date::days(membership.end.as_ref()).is_none_or(|end| end.last >= day);
    begun && lasts
}

/// The words that name a group of members, as an id: `West Africa` is `west-africa`.
fn group_id(words: &str) -> String {
    if check_id(words).is_ok() {
        return words.to_owned();
    }
    rapporteur_records::words::text::folded_words(words)
        .collect::<Vec<_>>()
        .join("-")
}
