//! `demo`: what the product does, told with its own commands on the sample record.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rapporteur_server::Args;
use rapporteur_server::tls::{ListenArgs, PeerArgs};

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::surroundings::Surroundings;
use crate::system::{Place, System};
use crate::{load, output, sample};

/// What is told, and the command that tells it.
const STORY: &[(&str, &[&str])] = &[
    ("The parts of the system", &["status"]),
    (
        "The calendar: what the Rabat Process held and planned in 2023 and 2024",
        &[
            "event",
            "list",
            "--dialogue",
            "rabat",
            "--from",
            "2023-01-01",
            "--to",
            "2024-12-31",
            "--order",
            "start-asc",
        ],
    ),
    (
        "What was recommended",
        &["recommendation", "list", "--dialogue", "rabat"],
    ),
    (
        "Who was asked, what they answered: silence is shown as silence",
        &[
            "addressee",
            "list",
            "--recommendation",
            "rabat/2023-geneva-missing.network",
            "--limit",
            "6",
        ],
    ),
    (
        "Coverage of the Cadiz Action Plan in 2023, each figure with its proof, and what sources state",
        &[
            "coverage",
            "rabat/cadiz",
            "--from",
            "2023-01-01",
            "--to",
            "2023-12-31",
            "--proof",
            "--fresh",
        ],
    ),
    (
        "Trace: what became of the recommendation on missing migrants",
        &[
            "trace",
            "recommendation:rabat/2023-geneva-missing.network",
            "--fresh",
        ],
    ),
    (
        "What is still open, longest silence first: what was promised for it stands beside it",
        &[
            "open",
            "--dialogue",
            "rabat",
            "--order",
            "silence",
            "--limit",
            "5",
        ],
    ),
    (
        "Ask the future: coverage by chairmanship, and what it becomes if the planned events are held",
        &[
            "coverage",
            "--plan",
            "cadiz",
            "--if-held",
            "--by",
            "chairmanship",
        ],
    ),
    (
        "What the record lacks: the promise check",
        &["check", "--dialogue", "rabat"],
    ),
    (
        "Who changed a record, when and why",
        &["event", "history", "rabat/2024-lisbon-hlm"],
    ),
];

pub(crate) async fn run(ctx: &mut Context<'_>) -> Result<()> {
    let folder = tempfile::tempdir().map_err(Failure::Io)?;
    let place = Place {
        data: folder.path(),
        store: &Args::default().store,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls: &ListenArgs::default(),
    };
    let system = System::start(place, &PeerArgs::default(), "error").await?;
    let told = tokio::select! {
        told = tell(ctx, &system, folder.path()) => told,
        failure = system.failed() => Err(failure),
    };
    told.and(system.stop().await)
}

async fn tell(ctx: &mut Context<'_>, system: &System, folder: &std::path::Path) -> Result<()> {
    let gateway = system.gateway.clone();
    let patience = Duration::from_secs(20);
    let token = system.token.as_deref();
    let to = Connection::new(&gateway, token, patience, &PeerArgs::default())?;
    let summary = load::sample(to, sample::FILES).await?;
    ctx.print(format_args!(
        "The sample record is loaded: {} lines, into a folder of its own.\n",
        summary.created
    ))?;
    // Profiles of the user are neither read nor written.
    let mut around = Surroundings {
        stdin: Some(Vec::new()),
        ..ctx.around.clone()
    };
    let own = [
        ("RAPPORTEUR_GATEWAY", gateway),
        ("RAPPORTEUR_TOKEN", system.token.clone().unwrap_or_default()),
        ("XDG_CONFIG_HOME", folder.display().to_string()),
    ];
    around.env.remove("RAPPORTEUR_PROFILE");
    around
        .env
        .extend(own.map(|(name, value)| (name.to_owned(), value)));
    for (title, command) in STORY {
        ctx.print(output::guard::text(&format!(
            "\n# {title}\n$ rapporteur {}\n\n",
            command.join(" ")
        )))?;
        let argv = ["rapporteur"].iter().chain(*command);
        let code = crate::run_in(&around, argv, &mut *ctx.out, &mut *ctx.err).await;
        if code != 0 {
            return Err(Failure::other(
                "DEMO",
                format!("`rapporteur {}` ended with {code}", command.join(" ")),
            ));
        }
    }
    ctx.print("\nNothing of this is kept. To start a system of your own: rapporteur up --sample\n")
}
