//! What making an index takes, apart from everything else that the gateway keeps: one is made beside the one that
//! answers.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rapporteur_proto::gateway::v1::RebuildSearchIndexRequest;
use rapporteur_proto::gateway::v1::search_service_client::SearchServiceClient;
use tonic::Request;
use tonic::transport::Channel;

use super::{MEMORY_MIB, PATIENCE, standing};
use crate::process::Pid;
use crate::say;
use crate::table::{Row, Target};

/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(50);

/// The memory that it takes beyond what there was before it began.
pub(super) async fn rebuild(
    channel: &Channel,
    gateway: Pid,
    home: &Path,
    texts: u64,
) -> Result<Row> {
    // For operators alone.
    let key = std::fs::read_to_string(home.join("admin.key")).context("the admin key")?;
    let mut asked = Request::new(RebuildSearchIndexRequest {});
    let bearer = format!("Bearer {}", key.trim()).parse()?;
    asked.metadata_mut().insert("authorization", bearer);
    let before = gateway.resident()?;
    let begin = Instant::now();
    SearchServiceClient::new(channel.clone())
        .rebuild_search_index(asked)
        .await?;
    let (mut most, mut made, mut began) = (before, 0, false);
    loop {
        most = most.max(gateway.resident()?);
        match standing(channel).await?.building {
            Some(records) => (began, made) = (true, records),
            None if began => break,
            None => {}
        }
        ensure!(
            begin.elapsed() < PATIENCE,
            "the index is not made anew after an hour"
        );
        tokio::time::sleep(LOOK).await;
    }
    ensure!(made > 0, "the index was made anew of nothing");
    let mib = (most - before) as f64 / f64::from(1 << 20);
    Ok(Row {
        what: format!("making the index of {texts} texts anew while serving, memory for it"),
        against: format!("{MEMORY_MIB} MiB"),
        ratio: mib / MEMORY_MIB,
        target: Some(Target::AtMost(1.0)),
        measured: format!("{mib:.0} MiB in {:.1} s", begin.elapsed().as_secs_f64()),
        reference: format!("{MEMORY_MIB} MiB"),
    })
}

/// Waits until every text was compared with all others: that goes on in the background after a start, and would take
/// from both sides of a comparison what belongs to neither.
pub(super) async fn until_compared(channel: &Channel) -> Result<()> {
    let begin = Instant::now();
    loop {
        let left = standing(channel).await?.to_compare;
        if left == 0 {
            let took = begin.elapsed().as_secs_f64();
            say(&format!(
                "all texts were compared with all others after another {took:.1} s"
            ));
            return Ok(());
        }
        ensure!(
            begin.elapsed() < PATIENCE,
            "{left} texts are not compared after an hour"
        );
        tokio::time::sleep(LOOK).await;
    }
}
