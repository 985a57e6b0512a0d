//! A small world: an events service with two dialogues and who belongs to them, and our service beside it.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) use rapporteur_proto::FieldMask;
use rapporteur_proto::recommendations::v1::addressee_service_client::AddresseeServiceClient;
use rapporteur_proto::recommendations::v1::instrument_service_client::InstrumentServiceClient;
use rapporteur_proto::recommendations::v1::recommendation_service_client::RecommendationServiceClient;
pub(crate) use rapporteur_proto::recommendations::v1::*;
pub(crate) use rapporteur_proto::r#type::v1::{
    CivilDate, LocalizedText, PlanLink, PlanLinkKind, Provenance,
};
use rapporteur_records::Introduction;
use rapporteur_server::tls::PeerArgs;
use rapporteur_server::{Args, MainError, client};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
pub(crate) use tonic::{Code, Status};

pub(crate) use crate::fixture::*;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service that runs inside the test.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), MainError>>,
}

impl Service {
    pub(crate) async fn events(data: &TempDir) -> Self {
        let server = Args {
            data: data.path().into(),
            trust_callers: true,
            ..Args::default()
        };
        let arguments = rapporteur_events::Arguments { server };
        Self::start(|listener, stopped| rapporteur_events::start(arguments, listener, stopped))
            .await
    }

    pub(crate) async fn recommendations(data: &TempDir, events: SocketAddr) -> Self {
        let server = Args {
            data: data.path().into(),
            trust_callers: true,
            ..Args::default()
        };
        let arguments = rapporteur_recommendations::Arguments {
            server,
            events: vec![format!("http://{events}")],
            introduction: Introduction::default(),
            token: Default::default(),
            peers: PeerArgs::default(),
        };
        Self::start(|listener, stopped| {
            rapporteur_recommendations::start(arguments, listener, stopped)
        })
        .await
    }

    async fn start<F: Future<Output = Result<(), MainError>> + Send + 'static>(
        run: impl FnOnce(TcpListener, Stopped) -> F,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped: Stopped = Box::pin(async {
            stopped.await.ok();
        });
        Self {
            address,
            stop,
            done: tokio::spawn(run(listener, stopped)),
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        client::connect(&format!("http://{}", self.address)).unwrap()
    }

    /// Stops and waits for the end, so that the data can be opened again.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.done)
            .await
            .expect("the service ends")
            .unwrap()
            .unwrap();
    }
}

type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Both services and the clients of ours.
pub(crate) struct World {
    pub(crate) events: Option<Service>,
    _events_data: TempDir,
    pub(crate) service: Option<Service>,
    pub(crate) data: TempDir,
    pub(crate) channel: Channel,
    pub(crate) instruments: InstrumentServiceClient<Channel>,
    pub(crate) recommendations: RecommendationServiceClient<Channel>,
    pub(crate) addressees: AddresseeServiceClient<Channel>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (events_data, data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let events = Service::events(&events_data).await;
        populate(events.channel()).await;
        let service = Service::recommendations(&data, events.address).await;
        let (instruments, recommendations, addressees) = clients(&service);
        Self {
            events: Some(events),
            _events_data: events_data,
            data,
            channel: service.channel(),
            service: Some(service),
            instruments,
            recommendations,
            addressees,
        }
    }

    /// Stops the events service.
    pub(crate) async fn without_events(&mut self) {
        if let Some(running) = self.events.take() {
            running.stop().await;
        }
    }

    /// Stops our service and starts it again on its data, following the events service at `events`.
    pub(crate) async fn restart(&mut self, events: SocketAddr) {
        if let Some(running) = self.service.take() {
            running.stop().await;
        }
        let service = Service::recommendations(&self.data, events).await;
        (self.instruments, self.recommendations, self.addressees) = clients(&service);
        self.channel = service.channel();
        self.service = Some(service);
    }

    pub(crate) async fn instrument(
        &mut self,
        id: &str,
        instrument: Instrument,
    ) -> Result<Instrument, Status> {
        let request = CreateInstrumentRequest {
            parent: parent_of(&instrument.name),
            instrument_id: id.into(),
            instrument: Some(instrument),
            ..Default::default()
        };
        Ok(self
            .instruments
            .create_instrument(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn recommendation(
        &mut self,
        id: &str,
        recommendation: Recommendation,
    ) -> Result<Recommendation, Status> {
        let request = CreateRecommendationRequest {
            parent: RABAT.into(),
            recommendation_id: id.into(),
            recommendation: Some(recommendation),
            ..Default::default()
        };
        Ok(self
            .recommendations
            .create_recommendation(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn addressee(
        &mut self,
        parent: &str,
        addressee: Addressee,
    ) -> Result<Addressee, Status> {
        let request = CreateAddresseeRequest {
            parent: parent.into(),
            addressee: Some(addressee),
            ..Default::default()
        };
        Ok(self
            .addressees
            .create_addressee(request)
            .await?
            .into_inner())
    }

    /// Waits until the mirror knows the last record of the fixture: the list by plan node asks the mirror alone.
    pub(crate) async fn mirrored(&mut self) {
        let node = format!("{PLAN}/nodes/5a");
        let link = PlanLink {
            node,
            kind: PlanLinkKind::Addressed.into(),
            provenance: None,
        };
        let probe = Recommendation {
            plan_links: vec![link],
            ..text("probe")
        };
        self.recommendation("probe", probe).await.unwrap();
        let query = ListRecommendationsRequest {
            parent: RABAT.into(),
            plan_node: format!("{PLAN}/nodes/5"),
            ..Default::default()
        };
        let began = Instant::now();
        loop {
            let page = self
                .recommendations
                .list_recommendations(query.clone())
                .await
                .unwrap()
                .into_inner();
            if !page.recommendations.is_empty() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "the mirror does not catch up");
            tokio::task::yield_now().await;
        }
    }
}

fn clients(
    service: &Service,
) -> (
    InstrumentServiceClient<Channel>,
    RecommendationServiceClient<Channel>,
    AddresseeServiceClient<Channel>,
) {
    let channel = service.channel();
    (
        InstrumentServiceClient::new(channel.clone()),
        RecommendationServiceClient::new(channel.clone()),
        AddresseeServiceClient::new(channel),
    )
}

/// Asks until the answer is the one that is waited for.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::task::yield_now().await;
    }
}
