//! Instruments: the texts that meetings adopt.

use rapporteur_proto::recommendations::v1;
use rapporteur_proto::r#type::v1::PlanLinkKind;

use crate::context::Context;
use crate::error::Result;
use crate::noun::{Noun, reflect};
use crate::record::{self, Adding, Page};
use crate::{name, output, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "instrument",
    message: "rapporteur.recommendations.v1.Instrument",
    service: "rapporteur.recommendations.v1.InstrumentService",
    pattern: name::INSTRUMENT,
    columns: &["name", "kind", "citation", "adopted", "event", "title"],
};

/// Instruments: the texts that meetings adopt
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List instruments
    List(List),
    /// Record an instrument
    Add(Box<Add>),
    /// Read a citation such as "112 (LXVII)" and say which instrument it is
    Resolve {
        /// The citation, as written
        text: String,
        /// The scheme to read it by; the dialogue's when not given
        #[arg(long)]
        scheme: Option<String>,
    },
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only this kind
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.InstrumentKind"))]
    kind: Option<i32>,
    /// Only those of this event
    #[arg(long)]
    event: Option<String>,
    /// Only those of this year
    #[arg(long)]
    year: Option<i32>,
    /// Only with a word of the title that begins so
    #[arg(long, value_name = "PREFIX")]
    text: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// What it is
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.InstrumentKind"))]
    kind: Option<i32>,
    /// Its number in its scheme
    #[arg(long)]
    number: Option<i32>,
    /// The session that adopted it, as a number (67 for LXVII)
    #[arg(long)]
    session: Option<i32>,
    /// The year of its number
    #[arg(long)]
    year: Option<i32>,
    /// How it is numbered: generic, excom, cbd, unfccc, cites; the dialogue's scheme when not given
    #[arg(long, value_name = "SCHEME")]
    numbering: Option<String>,
    /// The event that adopted it
    #[arg(long)]
    event: Option<String>,
    /// When it was adopted
    #[arg(long, value_name = "DATE")]
    adopted: Option<String>,
    /// Who adopted it, in full: parties/... or dialogues/.../bodies/...
    #[arg(long, value_name = "NAME")]
    adopted_by: Option<String>,
    /// How it was adopted
    #[arg(long, value_parser = word::parser("rapporteur.recommendations.v1.AdoptionMode"))]
    mode: Option<i32>,
    /// How many parties adopted it
    #[arg(long, value_name = "COUNT")]
    parties: Option<i32>,
    /// A citation in it, as written (repeatable)
    #[arg(long, value_name = "CITATION")]
    cites: Vec<String>,
    /// A theme, a lower-case code (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// A node of a plan that it addresses, as NODE or NODE=QUOTE (repeatable)
    #[arg(long, value_name = "NODE")]
    addressed: Vec<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    let dialogue = ctx.global.dialogue.clone();
    let dialogue = dialogue.as_deref();
    match command {
        Command::List(list) => {
            let request = v1::ListInstrumentsRequest {
                parent: crate::event::any_dialogue(ctx)?,
                kind: list.kind.unwrap_or_default(),
                event: name::expand_some(name::EVENT, &list.event, dialogue)?,
                year: list.year.unwrap_or_default(),
                text_prefix: list.text.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let instrument = instrument(ctx, &add, dialogue)?;
            record::add(ctx, &NOUN, record::parent(ctx)?, instrument, &add.adding).await
        }
        Command::Resolve { text, scheme } => {
            let numbering_scheme = scheme.unwrap_or_default();
            let question = v1::ResolveCitationRequest {
                parent: crate::event::any_dialogue(ctx)?,
                text,
                numbering_scheme,
            };
            let answer: v1::ResolveCitationResponse =
                ctx.connect()?.ask(NOUN.service, &question).await?;
            output::record(
                ctx,
                &["citation", "instrument", "path", "warnings"],
                &reflect(&answer)?,
            )
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

fn instrument(ctx: &Context<'_>, add: &Add, dialogue: Option<&str>) -> Result<v1::Instrument> {
    let mut instrument: v1::Instrument = add.adding.base(ctx)?;
    add.adding.text(&mut instrument.title, &add.title);
    instrument.kind = add.kind.unwrap_or(instrument.kind);
    instrument.number = add.number.unwrap_or(instrument.number);
    instrument.session = add.session.unwrap_or(instrument.session);
    instrument.year = add.year.unwrap_or(instrument.year);
    instrument.numbering_scheme = add.numbering.clone().unwrap_or(instrument.numbering_scheme);
    if add.event.is_some() {
        instrument.event = name::expand_some(name::EVENT, &add.event, dialogue)?;
    }
    instrument.adopted = when::civil_some(&add.adopted).or(instrument.adopted);
    instrument.adopted_by = add.adopted_by.clone().unwrap_or(instrument.adopted_by);
    instrument.mode = add.mode.unwrap_or(instrument.mode);
    instrument.parties_count = add.parties.or(instrument.parties_count);
    for as_written in &add.cites {
        instrument.cites.push(v1::InstrumentCitation {
            as_written: as_written.clone(),
            ..Default::default()
        });
    }
    instrument.themes.extend(add.theme.iter().cloned());
    for given in &add.addressed {
        let link = crate::event::plan_link(given, PlanLinkKind::Addressed, dialogue, &add.adding)?;
        instrument.plan_links.push(link);
    }
    Ok(instrument)
}
