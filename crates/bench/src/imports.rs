//! A file of recommendations, each in six languages, that goes through the gateway into real services: looked at,
//! committed, and then the same file once more, of which nothing is new. It is set against the same bytes committed to
//! the store alone, by as many callers as the gateway has calls on their way.

mod alone;
mod file;
mod memory;

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use rapporteur_proto::gateway::v1::import_service_client::ImportServiceClient;
use rapporteur_proto::gateway::v1::{
    CommitImportRequest, Import, ImportSummary, PreviewImportRequest,
};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use self::memory::Watch;
use crate::caller::connect;
use crate::plan::Plan;
use crate::process::Process;
use crate::record;
use crate::say;
use crate::table::{Outcome, Row, Target};

/// Bytes of the file in one message.
const PART: usize = 1 << 20;
/// Largest answer: some hundred rows.
const ANSWER_BYTES: usize = 64 << 20;
/// How many times as long as the same bytes in the store alone an import may take.
const SLOWER: f64 = 3.0;
/// Most memory of the service that keeps what is imported, in MiB.
const MEMORY_MIB: f64 = 512.0;

/// How long a file took.
#[derive(Clone, Copy)]
struct Took {
    preview: Duration,
    commit: Duration,
}

impl Took {
    fn both(self) -> f64 {
        (self.preview + self.commit).as_secs_f64()
    }
}

/// All rows about imports.
pub async fn imports(plan: &Plan, folder: &Path) -> Result<Outcome> {
    std::fs::create_dir_all(folder)?;
    let count = plan.imported;
    let bytes = file::bytes(count);
    let kib = bytes.len() >> 10;
    say(&format!("{count} recommendations, a file of {kib} KiB"));

    // Before and after: what the machine does meanwhile to both is about the same.
    let before = alone::commit(&folder.join("before"), count).await?;
    let house = House::start(&folder.join("house"), &[]).await?;
    let service = Watch::start(house.recommendations.pid());
    let gateway = Watch::start(house.gateway.pid());
    let (first, created) = house.import(&bytes).await?;
    let (second, unchanged) = house.import(&bytes).await?;
    let (service, gateway) = (service.stop().await?, gateway.stop().await?);
    house.stop()?;
    // What of it is the index that the gateway makes meanwhile.
    let house = House::start(&folder.join("unsearched"), &["--no-search"]).await?;
    let (unsearched, _) = house.import(&bytes).await?;
    house.stop()?;
    let after = alone::commit(&folder.join("after"), count).await?;

    let count = i64::try_from(count)?;
    let all = |summary: ImportSummary| summary.created + summary.unchanged;
    ensure!(created.created == count, "not all were made: {created:?}");
    ensure!(
        unchanged.unchanged == count && all(unchanged) == count,
        "the second run changes something: {unchanged:?}"
    );

    let alone = f64::midpoint(before.as_secs_f64(), after.as_secs_f64());
    let rate = |seconds: f64| format!("{:.0}/s", count as f64 / seconds);
    let of = |what: &str, seconds: f64, target| Row {
        what: format!(
            "{what} of {count} recommendations in {} languages",
            file::LANGUAGES.len()
        ),
        against: "the same records, committed to the store alone, grouped: time".to_owned(),
        ratio: seconds / alone,
        target,
        measured: rate(seconds),
        reference: rate(alone),
    };
    let memory = |what: &str, mib: f64, target| Row {
        what: format!("importing {count} recommendations, most memory of the {what}"),
        against: format!("{MEMORY_MIB} MiB"),
        ratio: mib / MEMORY_MIB,
        target,
        measured: format!("{mib:.0} MiB"),
        reference: format!("{MEMORY_MIB} MiB"),
    };
    let most = Some(Target::AtMost(1.0));
    Ok(Outcome {
        rows: vec![
            of("import", first.both(), Some(Target::AtMost(SLOWER))),
            of("preview", first.preview.as_secs_f64(), None),
            of("commit of the preview", first.commit.as_secs_f64(), None),
            of(
                "import, the gateway making no index,",
                unsearched.both(),
                None,
            ),
            Row {
                what: format!("the same {count} recommendations once more, nothing new: time"),
                against: "the first import".to_owned(),
                ratio: second.both() / first.both(),
                target: most,
                measured: rate(second.both()),
                reference: rate(first.both()),
            },
            memory("recommendations service", service, most),
            memory("gateway, which mirrors and indexes them", gateway, None),
        ],
        figures: Vec::new(),
    })
}

/// Both services and the gateway before them.
struct House {
    events: Process,
    recommendations: Process,
    gateway: Process,
    channel: Channel,
    /// The admin's credential: imports are not for everybody.
    bearer: MetadataValue<Ascii>,
}

impl House {
    /// With a gateway of these flags.
    async fn start(folder: &Path, flags: &[&str]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let events = Process::start("events", &[folder.join("events").as_os_str()])?;
        let channels = connect(events.address(), 1).await?;
        record::prepare(&channels[0]).await?;
        // The event that makes the recommendations.
        record::fill(&channels, 1).await?;
        let url = format!("http://{}", events.address());
        let recommendations = Process::start(
            "recommendations",
            &[folder.join("recommendations").as_os_str(), OsStr::new(&url)],
        )?;
        let other = format!("http://{}", recommendations.address());
        let home = folder.join("gateway");
        let words = [&url, "--", "--recommendations", &other];
        let words = words.iter().chain(flags).map(OsStr::new);
        let words: Vec<&OsStr> = std::iter::once(home.as_os_str()).chain(words).collect();
        let gateway = Process::start("gateway", &words)?;
        let channel = connect(gateway.address(), 1).await?.remove(0);
        let key = admin_key(&home).await?;
        Ok(Self {
            events,
            recommendations,
            gateway,
            channel,
            bearer: format!("Bearer {key}").parse()?,
        })
    }

    /// Looks at the file and commits what was seen.
    async fn import(&self, file: &[u8]) -> Result<(Took, ImportSummary)> {
        let mut client =
            ImportServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        let begin = Instant::now();
        let head = PreviewImportRequest {
            dialogue: file::dialogue(),
            mapping: file::MAPPING.to_owned(),
            file_name: "recommendations.ndjson".to_owned(),
            ..PreviewImportRequest::default()
        };
        let parts: Vec<PreviewImportRequest> = std::iter::once(head)
            .chain(file.chunks(PART).map(|part| PreviewImportRequest {
                data: part.to_vec(),
                ..PreviewImportRequest::default()
            }))
            .collect();
        let request = self.asked(tokio_stream::iter(parts));
        let mut answers = client.preview_import(request).await?.into_inner();
        let mut seen: Option<Import> = None;
        while let Some(answer) = answers.message().await? {
            seen = answer.import.or(seen);
        }
        let seen = seen.ok_or_else(|| anyhow!("the preview ended before its end"))?;
        let preview = begin.elapsed();
        let planned = seen.summary.unwrap_or_default();
        ensure!(planned.refused == 0, "rows are refused: {planned:?}");

        let begin = Instant::now();
        let request = self.asked(CommitImportRequest {
            name: seen.name,
            ..CommitImportRequest::default()
        });
        let mut answers = client.commit_import(request).await?.into_inner();
        let mut done: Option<Import> = None;
        while let Some(answer) = answers.message().await? {
            done = answer.import.or(done);
        }
        let commit = begin.elapsed();
        let done = done.ok_or_else(|| anyhow!("the commit ended before its end"))?;
        let took = Took { preview, commit };
        say(&format!(
            "looked at in {:.1} s, committed in {:.1} s",
            preview.as_secs_f64(),
            commit.as_secs_f64()
        ));
        Ok((took, done.summary.unwrap_or_default()))
    }

    fn asked<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.bearer.clone());
        request
    }

    fn stop(self) -> Result<()> {
        drop(self.channel);
        self.gateway.stop()?;
        self.recommendations.stop()?;
        self.events.stop()
    }
}

/// The key of the admin, which the gateway makes when it is first started: the listener is there a moment before.
async fn admin_key(home: &Path) -> Result<String> {
    let (file, begin) = (home.join("admin.key"), Instant::now());
    loop {
        match std::fs::read_to_string(&file) {
            Ok(key) if !key.trim().is_empty() => return Ok(key.trim().to_owned()),
            _ if begin.elapsed() < Duration::from_secs(60) => {}
            other => return other.with_context(|| file.display().to_string()),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
