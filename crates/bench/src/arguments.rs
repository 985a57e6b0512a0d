//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rapporteur_store::engine::Address;

/// Measures the services against references in the same run and prints the ratios
#[derive(Debug, Parser)]
#[command(name = "rapporteur-bench", version)]
pub struct Arguments {
    /// A run of seconds that shows that everything works; its figures mean nothing
    #[arg(long)]
    pub quick: bool,
    /// Exit with 1 when a target is missed
    #[arg(long)]
    pub check: bool,
    /// Write all figures to this file too
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Where the data is kept while measuring; on the disk whose speed is meant
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Events in the large store
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub events: Option<u64>,
    /// Rounds in which contestants take turns
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: Option<u32>,
    /// Measure only this; may be given several times
    #[arg(long, value_name = "PART", value_enum)]
    pub only: Vec<Measure>,
    /// Short texts in the record that is searched, and recommendations in the file that is imported
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub texts: Option<u64>,
    /// A folder with texts to vary (recommendations/upr_sessions_10-13.jsonl); they are made up without it
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// A database of PostgreSQL that may be thrown away, on the disk whose speed is meant
    /// (`postgres://user@host:5432/database`); without it the other engines are compared alone
    #[arg(long, value_name = "ADDRESS")]
    pub postgres: Option<Address>,
    /// Another kind of run
    #[command(subcommand)]
    pub part: Option<Part>,
}

/// A part of the run that can be had on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Measure {
    /// Get, direct and through the gateway
    Gets,
    /// What the door costs, and what the gateway answers by itself
    Door,
    /// List
    Lists,
    /// Create
    Creates,
    /// Commits to the store alone
    Commits,
    /// Commits to sled, to PostgreSQL (with --postgres) and to etcd (where it is installed)
    Engines,
    /// Gets from the store alone
    Rows,
    /// Opening the large store
    Openings,
    /// Coverage of a plan, in process
    Coverage,
    /// Search through the gateway, and in tantivy alone
    Search,
    /// A file of recommendations looked at and committed through the gateway, and the same bytes in the store alone
    Imports,
}

/// Another kind of run, or what a process that the bench starts is for.
#[derive(Debug, Subcommand)]
pub enum Part {
    /// Hours of mixed load on one service: does its memory grow, does it stall, is all there in the end?
    Soak(Soak),
    /// How good search results are on a judged set, against plain BM25 (see crates/bench/EVALUATION.md)
    Evaluate(Evaluate),
    /// How well names of states are told, on a folder of real ones (see crates/bench/EVALUATION.md)
    Resolve(Resolve),
    /// How good suggested themes and nodes are on a judged set, against plain BM25 (see crates/bench/EVALUATION.md)
    Suggest(Suggest),
    /// How quick it is to find what is like a text among many, and to group near-duplicates
    Similar(Similar),
    /// A server, until stdin ends
    #[command(hide = true, subcommand)]
    Serve(Server),
    /// Opens a store once and prints the nanoseconds that it took
    #[command(hide = true)]
    Open(Open),
}

/// How long to soak, and how hard.
#[derive(Clone, Copy, Debug, Args)]
pub struct Soak {
    /// How many lines the table gets; with the default of a line a minute, how many minutes it takes
    #[arg(long, value_name = "COUNT", default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..))]
    pub lines: u32,
    /// The time that a line of the table stands for
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub every: u32,
    /// Calls a second
    #[arg(long, value_name = "CALLS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
}

/// A judged set. With `--check`, the exit code is 1 when plain BM25, or a plain likeness, is better anywhere.
#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["corpus", "pairs"])))]
pub struct Evaluate {
    /// Documents, a JSON object a line: {"id", "text", "language"?, "title"?}
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,
    /// What is asked: {"id", "text", "language"?}
    #[arg(long, value_name = "FILE", requires_all = ["corpus", "judgments"])]
    pub queries: Option<PathBuf>,
    /// Which answers are right: {"query", "document", "grade"}, or columns as of BEIR and TREC
    #[arg(long, value_name = "FILE", requires_all = ["corpus", "queries"])]
    pub judgments: Option<PathBuf>,
    /// Texts and how alike people find them: {"a", "b", "score"}
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// A table for people, or JSON for programs
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// A figure of ours that must be reached, else the exit code is 1: map, ndcg@10, p@10, recall@100, spearman
    #[arg(long, value_name = "FIGURE=VALUE", value_parser = least)]
    pub least: Vec<(String, f64)>,
}

/// A judged set. With `--check`, the exit code is 1 when plain BM25 is better anywhere.
#[derive(Clone, Debug, Args)]
pub struct Suggest {
    /// A folder with classes.jsonl ({"id", "title" or "text", "language"?, "parent"?, "names"?}) and texts.jsonl
    /// ({"id", "text", "classes", "language"?, "document"?})
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// A table for people, or JSON for programs
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// A figure of ours that must be reached, else the exit code is 1: precision@1, precision@3, precision, coverage,
    /// silence
    #[arg(long, value_name = "FIGURE=VALUE", value_parser = least_of_suggest)]
    pub least: Vec<(String, f64)>,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Table,
    /// For programs
    Json,
}

fn least(text: &str) -> Result<(String, f64), String> {
    least_of(text, &["map", "ndcg@10", "p@10", "recall@100", "spearman"])
}

fn least_of_suggest(text: &str) -> Result<(String, f64), String> {
    least_of(
        text,
        &[
            "precision@1",
            "precision@3",
            "precision",
            "coverage",
            "silence",
        ],
    )
}

fn least_of(text: &str, known: &[&str]) -> Result<(String, f64), String> {
    let example = known[0];
    let (figure, value) = text
        .split_once('=')
        .ok_or_else(|| format!("expected FIGURE=VALUE, such as {example}=0.4"))?;
    let figure = figure.trim().to_lowercase();
    if !known.contains(&figure.as_str()) {
        return Err(format!("{figure:?} is none of {}", known.join(", ")));
    }
    let value = value
        .trim()
        .parse()
        .map_err(|_| format!("{value:?} is no number"))?;
    Ok((figure, value))
}

/// Names to be told. With `--check`, the exit code is 1 when a judged set has less precision than asked for.
#[derive(Clone, Debug, Args)]
pub struct Resolve {
    /// Folder with reference/country_aliases.csv, reference/dialogue_members.csv and, if it is there,
    /// recommendations/upr_sessions_10-13.jsonl
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The share of answers that must be right
    #[arg(long, value_name = "SHARE", default_value_t = 0.99)]
    pub precision: f64,
    /// A table for people, or JSON for programs
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// Among how many texts.
#[derive(Clone, Debug, Args)]
pub struct Similar {
    /// How many texts; those of the corpus again and again with small changes, or made-up ones
    #[arg(long, value_name = "COUNT", default_value_t = 250_000, value_parser = clap::value_parser!(u32).range(10..=5_000_000))]
    pub texts: u32,
    /// Texts to begin with: {"id", "text", "language"?}
    #[arg(long, value_name = "FILE")]
    pub corpus: Option<PathBuf>,
}

/// Which server.
#[derive(Debug, Subcommand)]
pub enum Server {
    /// E0, E1 and echoes of bytes
    Echo(Echo),
    /// Forwards everything
    Proxy {
        /// To where
        upstream: SocketAddr,
    },
    /// The events service
    Events {
        /// Its data
        data: PathBuf,
        /// Flags of its own; without any it believes everybody
        #[arg(last = true)]
        flags: Vec<OsString>,
    },
    /// The recommendations service, which believes everybody
    Recommendations {
        /// Its data
        data: PathBuf,
        /// The events service
        events: String,
    },
    /// The gateway
    Gateway {
        /// Its data
        data: PathBuf,
        /// The events service
        events: String,
        /// Flags of its own
        #[arg(last = true)]
        flags: Vec<OsString>,
    },
    /// The feed of a service with a record of so many texts
    Feed {
        /// `events` or `recommendations`
        service: String,
        /// How many texts
        texts: u64,
        /// Folder with texts to vary; they are made up without it
        corpus: Option<PathBuf>,
    },
}

/// What the echo answers.
#[derive(Debug, Args)]
pub struct Echo {
    /// An encoded Event
    pub event: PathBuf,
    /// An encoded ListEventsResponse
    pub page: PathBuf,
}

/// What to open.
#[derive(Debug, Args)]
pub struct Open {
    /// Sled alone, without the checks of the store
    #[arg(long)]
    pub bare: bool,
    /// Directory of the store
    pub data: PathBuf,
}
