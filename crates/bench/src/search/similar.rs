//! "Has this been said before?" through the gateway, over all texts of the record.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rapporteur_proto::gateway::v1::SimilarRequest;
use rapporteur_proto::gateway::v1::search_service_client::SearchServiceClient;
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::Channel;

use super::corpus::Corpus;
use super::{CALLERS, WAIT_MS};
use crate::load::histogram;
use crate::table::{Row, Target};

/// Questions of each caller.
const EACH: u64 = 100;
/// Longest time until what has been said is read.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// How long it takes for texts of the record itself: each has to be found.
pub(super) async fn similar(channels: &[Channel], corpus: &Corpus, texts: u64) -> Result<Row> {
    until_whole(&channels[0]).await?;
    let asked: Vec<String> = (0..CALLERS as u64 * EACH)
        .map(|number| corpus.line(number.wrapping_mul(7_919) % texts.max(1)).text)
        .collect();
    let mut callers = JoinSet::new();
    for (caller, texts) in asked.chunks(EACH as usize).enumerate() {
        let channel = channels[caller % channels.len()].clone();
        callers.spawn(ask(channel, texts.to_vec()));
    }
    let mut waited = histogram()?;
    while let Some(took) = callers.join_next().await {
        for took in took?? {
            waited.saturating_record(u64::try_from(took.as_nanos())?);
        }
    }
    let ms = |quantile| waited.value_at_quantile(quantile) as f64 / 1e6;
    Ok(Row {
        what: format!("similar, {CALLERS} callers, {texts} texts, 95 of 100 answers within"),
        against: format!("{WAIT_MS} ms"),
        ratio: ms(0.95) / WAIT_MS,
        target: Some(Target::AtMost(1.0)),
        measured: format!("{:.1} ms, half within {:.1}", ms(0.95), ms(0.5)),
        reference: format!("{WAIT_MS} ms"),
    })
}

/// How long each text took.
async fn ask(channel: Channel, texts: Vec<String>) -> Result<Vec<Duration>> {
    let mut client = SearchServiceClient::new(channel);
    let mut took = Vec::new();
    for text in texts {
        let request = SimilarRequest {
            text: text.clone(),
            language: "en".to_owned(),
            ..SimilarRequest::default()
        };
        let begin = Instant::now();
        let answer = client.similar(request).await?.into_inner();
        took.push(begin.elapsed());
        ensure!(!answer.texts.is_empty(), "nothing is like {text}");
    }
    Ok(took)
}

/// What has been said is read in the background.
async fn until_whole(channel: &Channel) -> Result<()> {
    let mut client = SearchServiceClient::new(channel.clone());
    let begin = Instant::now();
    loop {
        let request = SimilarRequest {
            text: "migrants".to_owned(),
            ..SimilarRequest::default()
        };
        match client.similar(request).await {
            Err(status) if status.code() == Code::Unavailable && begin.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            answer => return Ok(answer.map(drop)?),
        }
    }
}
