//! Search through the gateway, over a record of so many short texts that it took over from a feed, against tantivy
//! alone on the very same index with the same queries; how long the index takes to be made and in how much memory;
//! and how soon what is written is found.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, ensure};
use rapporteur_proto::gateway::v1::search_service_client::SearchServiceClient;
use rapporteur_proto::gateway::v1::status_service_client::StatusServiceClient;
use rapporteur_proto::gateway::v1::{
    GetStatusRequest, SearchField, SearchRequest, SearchResponse, SearchStatus,
};
use tonic::transport::Channel;

use crate::caller::connect;
use crate::load::{Work, histogram};
use crate::plan::Plan;
use crate::process::Process;
use crate::rounds::{Contestant, contest};
use crate::say;
use crate::table::{Figure, Outcome, Row, Target};

mod bare;
pub mod corpus;
pub mod feed;
mod rebuild;
mod similar;

use self::bare::Bare;
use self::corpus::Corpus;

/// People who search at a time.
const CALLERS: usize = 8;
/// Different queries that come again and again, as visitors ask them.
const QUERIES: usize = 2_000;
/// Different queries of which none comes again: more than can be asked in all rounds.
const ONCE: usize = 80_000;
/// Hits on a page.
const HITS: usize = 20;
/// What is counted: three facets.
const FACETS: [(SearchField, &str); 3] = [
    (SearchField::Theme, "theme"),
    (SearchField::Party, "party"),
    (SearchField::Year, "year"),
];
/// Longest wait for an answer of which somebody who waits does not complain, in milliseconds: 95 of 100 are quicker.
const WAIT_MS: f64 = 100.0;
/// Most memory for an index that is made, in MiB.
const MEMORY_MIB: f64 = 1_024.0;
/// Longest time from a write until it is found, in milliseconds.
const FOUND_MS: f64 = 1_000.0;
/// Texts that are written to see how soon they are found.
const WRITES: usize = 20;
/// Longest time in which the index has to be there.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// The query of a call, in turn.
#[derive(Clone)]
struct Queries {
    all: Arc<Vec<String>>,
    next: Arc<AtomicUsize>,
    /// How many found nothing: a few do, since words of a code or a hyphen do not stand alone.
    empty: Arc<AtomicUsize>,
}

impl Queries {
    fn next(&self) -> &str {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        &self.all[place % self.all.len()]
    }

    fn found(&self, total: u64) {
        if total == 0 {
            self.empty.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One who searches.
#[derive(Clone)]
enum Searching {
    /// Through the gateway.
    Through(SearchServiceClient<Channel>, Queries, bool),
    /// In tantivy alone.
    Alone(Arc<Bare>, Queries, bool),
}

impl Work for Searching {
    async fn call(&mut self) -> Result<()> {
        match self {
            Self::Through(client, queries, facets) => {
                let request = request(queries.next(), *facets);
                let answer = client.search(request).await?.into_inner();
                queries.found(answer.total.unsigned_abs());
                Ok(())
            }
            Self::Alone(bare, queries, facets) => {
                let found = bare.search(queries.next(), HITS, *facets)?;
                queries.found(found as u64);
                Ok(())
            }
        }
    }
}

fn request(query: &str, facets: bool) -> SearchRequest {
    let fields = FACETS.map(|(field, _)| field.into());
    SearchRequest {
        query: query.to_owned(),
        page_size: i32::try_from(HITS).unwrap_or(i32::MAX),
        facets: if facets { fields.to_vec() } else { Vec::new() },
        ..SearchRequest::default()
    }
}

/// All rows about search.
pub async fn searches(plan: &Plan, folder: &Path) -> Result<Outcome> {
    let corpus = Corpus::read(plan.corpus.as_deref())?;
    let texts = plan.texts.to_string();
    let own = corpus.origin();
    let given = plan.corpus.as_deref().map(Path::as_os_str);
    let feed = |service: &str| {
        let flags = [OsStr::new(service), OsStr::new(&texts)];
        let flags: Vec<&OsStr> = flags.into_iter().chain(given).collect();
        Process::start("feed", &flags)
    };
    let (events, recommendations) = (feed("events")?, feed("recommendations")?);
    let data = folder.join("searched");
    let url = |feed: &Process| format!("http://{}", feed.address());
    let (one, other) = (url(&events), url(&recommendations));
    let begin = Instant::now();
    let gateway = Process::start(
        "gateway",
        &[
            data.as_os_str(),
            OsStr::new(&one),
            OsStr::new("--"),
            OsStr::new("--recommendations"),
            OsStr::new(&other),
        ],
    )?;
    let channels = connect(gateway.address(), CALLERS).await?;
    let mut outcome = Outcome::default();

    let mut most = 0;
    let standing = loop {
        most = most.max(gateway.pid().resident()?);
        let now = standing(&channels[0]).await?;
        if now.whole && now.behind == 0 && now.documents >= plan.texts {
            break now;
        }
        ensure!(
            begin.elapsed() < PATIENCE,
            "the index is not there after an hour: {now:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let took = begin.elapsed();
    say(&format!(
        "{} texts ({own}) in {:.1} s",
        standing.documents,
        took.as_secs_f64()
    ));
    let mib = most as f64 / f64::from(1 << 20);
    outcome.rows.push(Row {
        what: format!("mirroring and indexing {texts} texts, most memory of the whole gateway"),
        against: format!("{MEMORY_MIB} MiB"),
        ratio: mib / MEMORY_MIB,
        target: None,
        measured: format!("{mib:.0} MiB in {:.1} s", took.as_secs_f64()),
        reference: format!("{MEMORY_MIB} MiB"),
    });
    rebuild::until_compared(&channels[0]).await?;
    let anew = rebuild::rebuild(&channels[0], gateway.pid(), &data, plan.texts).await?;
    outcome.rows.push(anew);

    let asked = |count: usize| Queries {
        all: Arc::new(corpus.queries(count, plan.texts)),
        next: Arc::default(),
        empty: Arc::default(),
    };
    let (again, once) = (asked(QUERIES), asked(ONCE));
    let bare = Arc::new(Bare::open(&data.join("search"))?);
    let ways = |facets: bool, queries: &Queries| {
        let with = if facets { "three facets" } else { "no facets" };
        let many = queries.all.len();
        let through = channels.iter().cycle().take(CALLERS).map(|channel| {
            Searching::Through(
                SearchServiceClient::new(channel.clone()),
                queries.clone(),
                facets,
            )
        });
        let alone = (0..CALLERS).map(|_| Searching::Alone(bare.clone(), queries.clone(), facets));
        [
            Contestant {
                name: format!("search, {with}, {CALLERS} callers, {texts} texts, {many} questions"),
                callers: through.collect::<Vec<_>>(),
                servers: vec![gateway.pid()],
            },
            Contestant {
                name: format!("tantivy alone on the same index, {with}, {many} questions"),
                callers: alone.collect(),
                servers: Vec::new(),
            },
        ]
    };
    for (facets, queries) in [
        (true, &once),
        (false, &once),
        (true, &again),
        (false, &again),
    ] {
        queries.next.store(0, Ordering::Relaxed);
        queries.empty.store(0, Ordering::Relaxed);
        let series = contest(&ways(facets, queries), plan.reads).await?;
        let (asked, different) = (queries.next.load(Ordering::Relaxed), queries.all.len());
        let empty = queries.empty.load(Ordering::Relaxed);
        ensure!(
            empty * 50 < asked,
            "{empty} of {asked} questions found nothing"
        );
        if different != QUERIES && asked > different {
            say(&format!(
                "{asked} questions were asked, of which {different} differ"
            ));
        }
        let p95 = series[0].micros(0.95) / 1_000.0;
        outcome
            .rows
            .push(Row::of(&series[0], &series[1], Some(Target::AtLeast(0.5))));
        if facets {
            outcome.rows.push(Row {
                what: format!("{}, 95 of 100 answers within", series[0].name),
                against: format!("{WAIT_MS} ms"),
                ratio: p95 / WAIT_MS,
                target: Some(Target::AtMost(1.0)),
                measured: format!("{p95:.1} ms"),
                reference: format!("{WAIT_MS} ms"),
            });
        }
        outcome.figures.extend(series.iter().map(Figure::of));
    }
    let alike = similar::similar(&channels, &corpus, plan.texts).await?;
    outcome.rows.push(alike);
    outcome.rows.push(written(&channels[0]).await?);
    drop(channels);
    for server in [gateway, events, recommendations] {
        server.stop()?;
    }
    Ok(outcome)
}

/// How the index is.
async fn standing(channel: &Channel) -> Result<SearchStatus> {
    let mut client = StatusServiceClient::new(channel.clone());
    let answer = client.get_status(GetStatusRequest {}).await?.into_inner();
    answer
        .search
        .ok_or_else(|| anyhow!("the gateway keeps no index"))
}

/// How soon what the feed tells of is found: it says in each text when it told.
async fn written(channel: &Channel) -> Result<Row> {
    let mut client = SearchServiceClient::new(channel.clone());
    let mut waited = histogram()?;
    let mut last = 0;
    for write in 0..=WRITES {
        let query = SearchRequest {
            query: feed::STAMP.to_owned(),
            order: rapporteur_proto::gateway::v1::SearchOrder::Latest.into(),
            page_size: 1_000,
            ..SearchRequest::default()
        };
        let begin = Instant::now();
        loop {
            let answer = client.search(query.clone()).await?.into_inner();
            let newest = newest(&answer);
            if newest > last {
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
                // The first one may have waited for somebody to look.
                if write > 0 {
                    let took = u64::try_from(now)?.saturating_sub(newest) * 1_000;
                    waited.saturating_record(took);
                }
                last = newest;
                break;
            }
            ensure!(
                begin.elapsed() < Duration::from_secs(60),
                "what is written is not found"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let ms = |quantile| waited.value_at_quantile(quantile) as f64 / 1e6;
    Ok(Row {
        what: "from a change of the feed until it is found, 95 of 100 within".to_owned(),
        against: format!("{FOUND_MS} ms"),
        ratio: ms(0.95) / FOUND_MS,
        target: Some(Target::AtMost(1.0)),
        measured: format!("{:.0} ms, half within {:.0}", ms(0.95), ms(0.5)),
        reference: format!("{FOUND_MS} ms"),
    })
}

/// The latest moment at which a text that was found says that it was told, in microseconds since 1970.
fn newest(answer: &SearchResponse) -> u64 {
    let moment = |words: &String| words.split_whitespace().last()?.parse::<u64>().ok();
    let texts = answer.hits.iter().filter_map(|hit| hit.title.as_ref());
    let moments = texts.flat_map(|title| title.by_language.values().filter_map(moment));
    moments.max().unwrap_or_default()
}

/// The folder of the index that answers.
fn the_only_folder(of: &Path) -> Result<std::path::PathBuf> {
    let mut entries = std::fs::read_dir(of)?;
    let first = entries.next().context("there is no index")??;
    Ok(first.path())
}
