//! The mirrors that feed the model: one for each service, both in the gateway's store.
//!
//! At start the model is filled from the store, so a restart asks the services only for what is new.
//! When the history of a service was replaced its mirror empties itself, and the model with it.
//! The records of one commit are taken over one after the other; an answer may fall in between, and its
//! positions then say that the commit was not read yet.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::gateway::v1::Position;
use rapporteur_records::mirror::{Observer, Progress};
use rapporteur_records::{Error, Introduction, Mirror, Result, Sight};
use rapporteur_store::Store;
use tokio::sync::watch;
use tonic::transport::Channel;

use crate::changed::Changed;
use crate::copies::{Copied, Copies};
use crate::model::Model;
use crate::shelf::Shelf;

/// The services that views follow.
pub const SERVICES: [Service; 2] = [Service::Events, Service::Recommendations];

/// The name of a service in messages and in the store.
pub fn name_of(service: Service) -> &'static str {
    match service {
        Service::Events => "events",
        Service::Recommendations => "recommendations",
        Service::Gateway => "gateway",
        Service::Unspecified => "unspecified",
    }
}

/// The read models and how far they are.
#[derive(Clone)]
pub struct Views {
    models: Arc<RwLock<Shelf>>,
    changed: Arc<Changed>,
    events: Followed,
    recommendations: Followed,
}

/// A mirror, and how far it was when this process began.
#[derive(Clone)]
struct Followed {
    mirror: Mirror,
    copies: Arc<Copies>,
    loaded: u64,
}

impl Followed {
    /// Whether what is here is a whole state of the service, if perhaps an old one: it is in the middle of
    /// being filled from the beginning otherwise.
    fn is_whole(&self, now: &Progress) -> bool {
        now.caught_up || (self.loaded > 0 && now.generation == 0)
    }
}

impl fmt::Debug for Views {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Views")
            .field("positions", &self.positions())
            .finish_non_exhaustive()
    }
}

/// Passes the changes of one service on to the model.
struct Feeder {
    service: Service,
    models: Arc<RwLock<Shelf>>,
    changed: Arc<Changed>,
    copies: Arc<Copies>,
}

impl Observer for Feeder {
    fn changed(&self, name: &str, type_name: &str, value: Option<&[u8]>) {
        self.models
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .apply(name, type_name, value);
        self.changed.add(name);
        self.copies.change(name, type_name, value);
    }

    fn settled(&self) {
        self.copies.settle();
    }

    fn cleared(&self) {
        self.models
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear(self.service);
        self.changed.clear();
        self.copies.clear();
    }
}

impl Views {
    /// The views as the store has them. They stand still until [`Views::follow`] runs.
    pub async fn load(store: &Arc<dyn Store>) -> Result<Self> {
        let models = Arc::new(RwLock::new(Shelf::default()));
        let changed = Arc::new(Changed::default());
        let followed = async |service| {
            let copies = Arc::<Copies>::default();
            let feeder: Arc<dyn Observer> = Arc::new(Feeder {
                service,
                models: models.clone(),
                changed: changed.clone(),
                copies: copies.clone(),
            });
            let mirror = Mirror::new(store.clone(), name_of(service), Some(feeder));
            mirror.load().await?;
            let loaded = mirror.progress().borrow().position;
            Ok::<_, Error>(Followed {
                mirror,
                copies,
                loaded,
            })
        };
        let (events, recommendations) = (
            followed(Service::Events).await?,
            followed(Service::Recommendations).await?,
        );
        Ok(Self {
            models,
            changed,
            events,
            recommendations,
        })
    }

    /// Follows one service for as long as the future is polled, through its absences. `way` leads to one that is
    /// there, if any is; `introduction` is who this process says it is.
    pub async fn follow(
        &self,
        service: Service,
        way: impl Fn() -> Channel,
        introduction: &Introduction,
    ) {
        if let Some(followed) = self.followed(service) {
            followed.mirror.follow(way, introduction).await;
        }
    }

    /// How far one service has been read.
    pub fn progress(&self, service: Service) -> Progress {
        self.followed(service)
            .map(|followed| followed.mirror.progress().borrow().clone())
            .unwrap_or_default()
    }

    /// The token of a service's feed from which its mirror goes on; empty at the beginning.
    pub async fn token(&self, service: Service) -> Result<String> {
        match self.followed(service) {
            Some(followed) => followed.mirror.token().await,
            None => Ok(String::new()),
        }
    }

    /// The progress of one service, to be waited for.
    pub(crate) fn watch(&self, service: Service) -> Option<watch::Receiver<Progress>> {
        Some(self.followed(service)?.mirror.progress())
    }

    /// How far each of [`SERVICES`] has been read.
    pub(crate) fn read_up_to(&self) -> [u64; 2] {
        SERVICES.map(|service| self.progress(service).position)
    }

    /// The token of the last change of a service that the models show.
    pub(crate) fn seen(&self, service: Service) -> String {
        self.followed(service)
            .and_then(|followed| followed.mirror.seen_token())
            .unwrap_or_default()
    }

    /// Which records have changed.
    pub(crate) fn changed(&self) -> &Changed {
        &self.changed
    }

    /// What is made of all records, whoever may see them: for what is derived for everybody at once.
    pub(crate) fn whole<T>(&self, view: impl FnOnce(&Model) -> T) -> T {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        view(models.whole())
    }

    /// The records of one service as it answers them.
    pub fn copied(&self, service: Service) -> Option<Copied> {
        let followed = self.followed(service)?;
        Some(Copied::new(
            followed.copies.clone(),
            followed.mirror.clone(),
        ))
    }

    /// How far each service has been read.
    pub fn positions(&self) -> Vec<Position> {
        let position = |service| Position {
            service: service as i32,
            position: self.progress(service).position,
        };
        SERVICES.map(position).into()
    }

    /// What `view` makes of what a reader with this sight may see, and what that rests on: at least these positions.
    pub fn read<T>(&self, sight: &Sight, view: impl FnOnce(&Model) -> T) -> (T, Vec<Position>) {
        loop {
            let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(model) = models.get(sight) {
                // Within the lock: whatever is taken over meanwhile is neither seen nor claimed.
                let positions = self.positions();
                return (view(model), positions);
            }
            drop(models);
            let models = self.models.write();
            models.unwrap_or_else(PoisonError::into_inner).add(sight);
        }
    }

    /// Returns when the views are at least this far; says who is behind when that takes too long. A
    /// service that was never read to its end is waited for too: an answer without it would be short, not true.
    pub async fn at_least(&self, asked: &[Position], within: Duration) -> Result<()> {
        let mut wanted: Vec<(Service, u64)> = SERVICES.map(|service| (service, 0)).into();
        for (place, position) in asked.iter().enumerate() {
            let of = wanted
                .iter_mut()
                .find(|(service, _)| *service == position.service());
            let (_, most) = of.ok_or_else(|| {
                Error::invalid(
                    format!("at_least[{place}].service"),
                    "is not SERVICE_EVENTS or SERVICE_RECOMMENDATIONS",
                )
            })?;
            *most = position.position.max(*most);
        }
        let end = tokio::time::Instant::now() + within;
        for (service, position) in wanted {
            self.reached(service, position, end).await?;
        }
        Ok(())
    }

    async fn reached(
        &self,
        service: Service,
        position: u64,
        end: tokio::time::Instant,
    ) -> Result<()> {
        let Some(followed) = self.followed(service) else {
            return Ok(());
        };
        let mut progress = followed.mirror.progress();
        let there = |p: &Progress| p.position >= position && followed.is_whole(p);
        let waited = tokio::time::timeout_at(end, progress.wait_for(there)).await;
        // The sender lives in the mirror, which lives here: only the time can have run out.
        if matches!(waited, Ok(Ok(_))) {
            return Ok(());
        }
        let Progress {
            position: viewed,
            trouble,
            ..
        } = self.progress(service);
        let because = if trouble.is_empty() {
            String::new()
        } else {
            format!(" ({trouble})")
        };
        let description = if position > 0 {
            format!(
                "position {position} was asked for, the views have read up to {viewed}{because}"
            )
        } else {
            format!("the views have not read all of it yet{because}")
        };
        Err(Error::Upstream {
            service: name_of(service).to_owned(),
            description,
        })
    }

    fn followed(&self, service: Service) -> Option<&Followed> {
        match service {
            Service::Events => Some(&self.events),
            Service::Recommendations => Some(&self.recommendations),
            Service::Gateway | Service::Unspecified => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_store::sled::{Options, SledStore};

    use super::*;

    #[tokio::test]
    async fn views_that_were_never_fed_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = SledStore::open(folder.path(), Options::default()).unwrap();
        let views = Views::load(&store).await.unwrap();
        let error = views.at_least(&[], Duration::ZERO).await.unwrap_err();
        assert!(
            matches!(&error, Error::Upstream { service, .. } if service == "events"),
            "{error}"
        );
        let nowhere = Position {
            service: 0,
            position: 1,
        };
        let error = views
            .at_least(&[nowhere], Duration::ZERO)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("at_least[0].service"), "{error}");
        assert_eq!(
            views.read(&Sight::Everything, |model| model.events.len()).0,
            0
        );
        store.close().await.unwrap();
    }
}
