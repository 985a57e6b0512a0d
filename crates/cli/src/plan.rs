//! Plans: the frameworks that dialogues mean to carry out.

use rapporteur_proto::events::v1::{self, ListPlansRequest, ListPlansResponse};

use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::noun::Noun;
use crate::record::{self, Adding, Move, Page};
use crate::{name, when, word};

pub(crate) const NOUN: Noun = Noun {
    kind: "plan",
    message: "rapporteur.events.v1.Plan",
    service: "rapporteur.events.v1.PlanService",
    pattern: name::PLAN,
    columns: &["name", "title", "state", "adopted", "start", "end"],
};

/// Plans: the frameworks that dialogues mean to carry out
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List plans
    List(List),
    /// Record a plan
    Add(Box<Add>),
    /// A draft is adopted
    Adopt {
        #[command(flatten)]
        step: Move,
        /// The day of adoption
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
    },
    /// An adopted plan comes into force
    BringIntoForce(Move),
    /// A plan in force has run out
    Expire(Move),
    /// Another plan takes the place of a plan in force
    Supersede {
        #[command(flatten)]
        step: Move,
        /// The plan that takes its place
        #[arg(long, value_name = "PLAN")]
        by: String,
    },
    #[command(flatten)]
    Any(record::Command),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    /// Only those in this state
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PlanState"))]
    state: Option<i32>,
    #[command(flatten)]
    page: Page,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Add {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// Where it stands; draft when not given
    #[arg(long, value_parser = word::parser("rapporteur.events.v1.PlanState"))]
    state: Option<i32>,
    /// When it was adopted
    #[arg(long, value_name = "DATE")]
    adopted: Option<String>,
    /// First day
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// How many nodes of a kind the plan says that it has, as KIND=COUNT (repeatable)
    #[arg(long, value_name = "KIND=COUNT")]
    declares: Vec<String>,
    #[command(flatten)]
    adding: Adding,
}

pub(crate) async fn run(ctx: &mut Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::List(list) => {
            let parent = crate::event::any_dialogue(ctx)?;
            let request = v1::ListPlansRequest {
                parent,
                state: list.state.unwrap_or_default(),
                ..Default::default()
            };
            record::list(ctx, &NOUN, request, &list.page).await
        }
        Command::Add(add) => {
            let mut plan: v1::Plan = add.adding.base(ctx)?;
            add.adding.text(&mut plan.title, &add.title);
            plan.state = add.state.unwrap_or(plan.state);
            plan.adopted = when::civil_some(&add.adopted).or(plan.adopted);
            plan.start = when::civil_some(&add.start).or(plan.start);
            plan.end = when::civil_some(&add.end).or(plan.end);
            for given in &add.declares {
                plan.declared_counts.push(declared(given)?);
            }
            record::add(ctx, &NOUN, record::parent(ctx)?, plan, &add.adding).await
        }
        Command::Adopt { step, on } => {
            let request = v1::AdoptPlanRequest {
                on: when::civil_some(&on),
                ..Default::default()
            };
            record::act(ctx, &NOUN, &step, request).await
        }
        Command::BringIntoForce(step) => {
            record::act(ctx, &NOUN, &step, v1::BringIntoForcePlanRequest::default()).await
        }
        Command::Expire(step) => {
            record::act(ctx, &NOUN, &step, v1::ExpirePlanRequest::default()).await
        }
        Command::Supersede { step, by } => {
            let successor = name::expand(name::PLAN, &by, ctx.global.dialogue.as_deref())?;
            record::act(
                ctx,
                &NOUN,
                &step,
                v1::SupersedePlanRequest {
                    successor,
                    ..Default::default()
                },
            )
            .await
        }
        Command::Any(command) => record::run(ctx, &NOUN, command).await,
    }
}

/// `action=29`.
pub(crate) fn declared(given: &str) -> Result<v1::DeclaredCount> {
    let parts = given
        .split_once('=')
        .and_then(|(kind, count)| Some((kind, count.parse().ok()?)));
    let (kind, count) =
        parts.ok_or_else(|| Failure::usage(format!("{given}: write KIND=COUNT, as action=29")))?;
    let kind = crate::event::number("rapporteur.events.v1.PlanNodeKind", kind)?;
    Ok(v1::DeclaredCount {
        kind,
        count,
        provenance: None,
    })
}

/// The plan whose records are listed: the one that is given, or any.
pub(crate) fn any(ctx: &Context<'_>, given: Option<&str>) -> Result<String> {
    match given {
        Some(plan) => name::expand(name::PLAN, plan, ctx.global.dialogue.as_deref()),
        None => Ok(format!("{}/plans/-", crate::event::any_dialogue(ctx)?)),
    }
}

/// The plan that is meant: by its name, long or short, or by its id alone when no other dialogue has one of that id.
pub(crate) async fn meant(to: &Connection, given: &str, dialogue: Option<&str>) -> Result<String> {
    if dialogue.is_some() || given.contains('/') {
        return name::expand(name::PLAN, given, dialogue);
    }
    let mut request = ListPlansRequest {
        parent: "dialogues/-".to_owned(),
        page_size: 1_000,
        ..ListPlansRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page: ListPlansResponse = to.ask(NOUN.service, &request).await?;
        let names = page.plans.into_iter().map(|plan| plan.name);
        found.extend(names.filter(|name| name.rsplit('/').next() == Some(given)));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => name::expand(name::PLAN, given, None),
        several => Err(Failure::Usage(format!(
            "{given} may be {}; say which dialogue with --dialogue",
            several.join(" or ")
        ))),
    }
}
