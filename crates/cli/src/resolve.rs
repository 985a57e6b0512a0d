//! `resolve`: whom names mean, as people write them.

use std::collections::VecDeque;

use rapporteur_proto::gateway::v1::{
    NamedParty, ResolveNamesRequest, ResolveNamesResponse, ResolvedName,
};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{language, name, status, word};

const SERVICE: &str = "rapporteur.gateway.v1.ResolveService";
/// Names of one call.
const AT_A_TIME: usize = 1_000;
/// Characters of one call: with `--split` a cell may hold hundreds of names.
const CHARS_AT_A_TIME: usize = 20_000;

/// Which names.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Names, codes or acronyms, in any language
    #[arg(required_unless_present = "file", value_name = "NAME")]
    names: Vec<String>,
    /// A file with a name a line, or - for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "names")]
    file: Option<String>,
    /// Take texts apart that hold several names: "France, Bosnia and Herzegovina; UNHCR"
    #[arg(long)]
    split: bool,
    /// Only this kind, state or organisation: AU is Australia, or the African Union
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PartyKind"))]
    kind: Option<i32>,
    /// Wait until everything recorded before this call counts
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    let at_least = if ask.fresh {
        status::heads(&to).await?
    } else {
        Vec::new()
    };
    let mut names: VecDeque<String> = match &ask.file {
        Some(file) => lines(ctx, file)?.into(),
        None => ask.names.into(),
    };
    let mut all = ResolveNamesResponse::default();
    while !names.is_empty() {
        let (mut batch, mut chars) = (Vec::new(), 0);
        while batch.len() < AT_A_TIME
            && let Some(name) =
                names.pop_front_if(|name| batch.is_empty() || chars + name.len() <= CHARS_AT_A_TIME)
        {
            chars += name.len();
            batch.push(name);
        }
        let request = ResolveNamesRequest {
            names: batch,
            split: ask.split,
            kind: ask.kind.unwrap_or_default(),
            at_least: at_least.clone(),
        };
        let answer: ResolveNamesResponse = to.ask(SERVICE, &request).await?;
        all.cells.extend(answer.cells);
        all.positions = answer.positions;
    }
    show(ctx, &all)
}

/// The lines of a file in which something is written.
fn lines(ctx: &Context<'_>, file: &str) -> Result<Vec<String>> {
    let text = String::from_utf8(ctx.around.read(file)?)
        .map_err(|_| Failure::other("UNREADABLE_FILE", format!("{file}: is not UTF-8")))?;
    let text = text.trim_start_matches('\u{feff}');
    let written = text.lines().filter(|line| !line.trim().is_empty());
    Ok(written.map(str::to_owned).collect())
}

fn show(ctx: &mut Context<'_>, answer: &ResolveNamesResponse) -> Result<()> {
    let format = ctx.global.output;
    if matches!(format, Format::Json | Format::Yaml) {
        return output::data(ctx, &reflect(answer)?);
    }
    let names = || answer.cells.iter().flat_map(|cell| &cell.names);
    let rows: Vec<Vec<String>> = names().map(|told| row(ctx, told)).collect();
    output::table(
        ctx,
        &["written", "by", "score", "code", "party", "title"],
        &rows,
    )?;
    let unknown = names().filter(|told| told.meant.is_none()).count();
    if unknown > 0 && format == Format::Table {
        ctx.say(format_args!("{unknown} of {} unknown", rows.len()))?;
    }
    Ok(())
}

fn row(ctx: &Context<'_>, told: &ResolvedName) -> Vec<String> {
    let title = |of: &NamedParty| language::words(&of.title, ctx.global.lang.as_deref());
    let Some(found) = &told.meant else {
        let among = told.candidates.iter();
        let among: Vec<String> = among
            .map(|one| format!("{} ({})", title(one), code(one)))
            .collect();
        let among = if among.is_empty() {
            String::new()
        } else {
            format!("{}?", among.join(" or "))
        };
        return vec![
            told.written.clone(),
            "unknown".into(),
            String::new(),
            String::new(),
            String::new(),
            among,
        ];
    };
    let party = if ctx.global.output == Format::Table {
        name::short(&found.party)
    } else {
        found.party.clone()
    };
    vec![
        told.written.clone(),
        word::of(found.by().as_str_name(), "RESOLVED_BY_"),
        format!("{:.2}", found.score),
        code(found).to_owned(),
        party,
        title(found),
    ]
}

/// The code of a state, the acronym of an organisation.
fn code(of: &NamedParty) -> &str {
    if of.country_code.is_empty() {
        &of.acronym
    } else {
        &of.country_code
    }
}
