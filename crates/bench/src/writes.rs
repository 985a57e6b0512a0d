//! Writing: durable Creates by few and by many callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

use crate::caller::{callers, connect};
use crate::plan::{CONNECTIONS, Plan};
use crate::process::Process;
use crate::record::{self, Creating};
use crate::rounds::{Contestant, contest};
use crate::table::{Figure, Outcome, Row, Target};

/// Callers at a time.
const CALLERS: [usize; 4] = [1, 16, 64, 256];

/// Creates in a service of their own, level by level; every event that was acknowledged is there afterwards.
pub async fn creates(plan: &Plan, service: &Process) -> Result<Outcome> {
    let channels = connect(service.address(), CONNECTIONS).await?;
    record::prepare(&channels[0]).await?;
    let next = Arc::new(AtomicU64::new(0));
    let contestants = CALLERS.map(|count| Contestant {
        name: format!("Create, {count} callers"),
        callers: callers(&channels, count)
            .into_iter()
            .map(|caller| Creating::new(caller, next.clone()))
            .collect(),
        servers: vec![service.pid()],
    });
    let series = contest(&contestants, plan.writes).await?;
    record::check(&channels[0], next.load(Ordering::Relaxed)).await?;
    let rows = match &series[..] {
        [one, sixteen, sixty_four, many] => vec![
            Row::of(sixty_four, one, Some(Target::AtLeast(5.0))),
            Row::of(sixteen, one, None),
            Row::of(many, one, None),
        ],
        _ => Vec::new(),
    };
    Ok(Outcome {
        rows,
        figures: series.iter().map(Figure::of).collect(),
    })
}
