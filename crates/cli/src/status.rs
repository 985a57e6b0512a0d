//! `status`: how each service is. Its exit code is for scripts: 0 when every part serves and the views get on, else 6.

use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::gateway::v1::{
    GetStatusRequest, GetStatusResponse, Position, SearchStatus, ServiceStatus,
};

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::reflect;
use crate::output::{self, Format};

const SERVICE: &str = "rapporteur.gateway.v1.StatusService";

pub(crate) async fn run(ctx: &mut Context<'_>) -> Result<()> {
    let answer = ask(&ctx.connect()?).await?;
    match ctx.global.output {
        Format::Json | Format::Yaml => output::data(ctx, &reflect(&answer)?)?,
        Format::Table | Format::Csv => {
            let rows: Vec<Vec<String>> = answer.services.iter().map(row).collect();
            let headings = [
                "service", "address", "serving", "head", "viewed", "version", "engine", "detail",
            ];
            output::table(ctx, &headings, &rows)?;
            if let (Some(search), Format::Table) = (&answer.search, ctx.global.output) {
                ctx.print(format_args!("\nsearch: {}\n", searched(search)))?;
            }
        }
    }
    let stuck = answer.services.iter().any(|it| !it.trouble.is_empty());
    if all(&answer) && !stuck {
        Ok(())
    } else {
        Err(Failure::Down)
    }
}

/// Whether every part serves now.
pub(crate) async fn all_serve(to: &Connection) -> Result<bool> {
    Ok(all(&ask(to).await?))
}

fn all(answer: &GetStatusResponse) -> bool {
    answer.services.iter().all(|service| service.serving)
}

async fn ask(to: &Connection) -> Result<GetStatusResponse> {
    to.ask(SERVICE, &GetStatusRequest {}).await
}

/// How the search index is, in words.
fn searched(search: &SearchStatus) -> String {
    let mut said = if search.whole {
        format!("{} documents", search.documents)
    } else {
        "the index is being made".to_owned()
    };
    if search.whole && search.behind > 0 {
        said.push_str(&format!(", {} changes behind", search.behind));
    }
    if let Some(records) = search.building {
        said.push_str(&format!(", being made anew ({records} records so far)"));
    }
    if !search.detail.is_empty() {
        said.push_str(&format!("; it does not get on: {}", search.detail));
    }
    output::guard::text(&said)
}

fn row(service: &ServiceStatus) -> Vec<String> {
    vec![
        service.service.clone(),
        service.address.clone(),
        if service.serving { "yes" } else { "NO" }.to_owned(),
        service.head.to_string(),
        service.viewed.to_string(),
        service.version.clone(),
        service.engine.clone(),
        service.detail.clone(),
    ]
}

/// The end of each log now: an answer at least as new has seen everything recorded before.
pub(crate) async fn heads(to: &Connection) -> Result<Vec<Position>> {
    let known = [
        ("events", Service::Events),
        ("recommendations", Service::Recommendations),
    ];
    let answer = ask(to).await?;
    let position = |(name, service): &(&str, Service)| {
        let found = answer
            .services
            .iter()
            .find(|s| s.service == *name && s.serving)?;
        Some(Position {
            service: (*service).into(),
            position: found.head,
        })
    };
    Ok(known.iter().filter_map(position).collect())
}
