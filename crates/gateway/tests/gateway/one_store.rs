//! Two gateways that keep their views in one store.

use std::sync::Arc;

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::gateway::v1::Position;
use rapporteur_records::{Introduction, Sight};
use rapporteur_store::Store;
use rapporteur_store::sled::{Options, SledStore};
use rapporteur_views::Views;
use rapporteur_views::follow::SERVICES;
use tonic::transport::{Channel, Endpoint};

use super::*;
use crate::feed::Feed;

/// Views that follow both services for as long as they are held.
struct Following {
    views: Views,
    tasks: Vec<JoinHandle<()>>,
}

impl Following {
    async fn start(store: &Arc<dyn Store>, channels: &[Channel; 2]) -> Self {
        let views = Views::load(store).await.unwrap();
        let follow = |(service, channel): (Service, &Channel)| {
            let (views, channel) = (views.clone(), channel.clone());
            tokio::spawn(async move {
                views
                    .follow(service, || channel.clone(), &Introduction::default())
                    .await
            })
        };
        let tasks = SERVICES.into_iter().zip(channels).map(follow).collect();
        Self { views, tasks }
    }

    /// The names of the dialogues, once the events were read up to there.
    async fn dialogues(&self, position: u64) -> Vec<String> {
        let asked = Position {
            service: Service::Events.into(),
            position,
        };
        self.views.at_least(&[asked], PATIENCE).await.unwrap();
        self.views
            .read(&Sight::Everything, |model| {
                model.dialogues.keys().cloned().collect()
            })
            .0
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn put(feed: &Feed, id: &str) -> u64 {
    let name = format!("dialogues/{id}");
    let dialogue = Dialogue {
        name: name.clone(),
        ..Dialogue::default()
    };
    feed.put(10, &name, &dialogue)
}

#[tokio::test(flavor = "multi_thread")]
async fn views_in_one_store_each_see_every_change() {
    let (events, texts) = (
        Feed::new(Service::Events),
        Feed::new(Service::Recommendations),
    );
    let (one, other) = (events.serve().await, texts.serve().await);
    let to = |url: &str| {
        Endpoint::from_shared(url.to_owned())
            .unwrap()
            .connect_lazy()
    };
    let channels = [to(&one.url), to(&other.url)];
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();

    let first = Following::start(&store, &channels).await;
    let second = Following::start(&store, &channels).await;
    let mut names = Vec::new();
    for n in 0..200 {
        names.push(format!("dialogues/d{n:03}"));
        let position = put(&events, &format!("d{n:03}"));
        if n % 20 == 0 {
            assert_eq!(first.dialogues(position).await, names);
            assert_eq!(second.dialogues(position).await, names);
        }
    }
    assert_eq!(first.dialogues(200).await, names);
    assert_eq!(second.dialogues(200).await, names);
    // A third one begins with what the two have written.
    let third = Following::start(&store, &channels).await;
    assert_eq!(third.dialogues(200).await, names);

    // Another history: whoever hears of it first empties the store, and all see only the new one.
    events.begin_anew();
    let position = put(&events, "new");
    for views in [&first, &second, &third] {
        soon("the new history", async {
            while views.dialogues(position).await != ["dialogues/new"] {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    drop((first, second, third));
    let again = Views::load(&store).await.unwrap();
    let kept: Vec<String> = again
        .read(&Sight::Everything, |model| {
            model.dialogues.keys().cloned().collect()
        })
        .0;
    assert_eq!(kept, ["dialogues/new"]);
    store.close().await.unwrap();
}
