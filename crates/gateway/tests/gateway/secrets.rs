//! What is shown of secrets, and what is kept.

use rapporteur_proto::gateway::v1::GetKeyRequest;

use super::*;
use crate::access::{access, made, read};
use crate::callers::behind;

/// The bytes of every file below.
fn bytes_below(folder: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(bytes_below(&path));
        } else if !path.ends_with("admin.key") {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

#[tokio::test]
async fn secrets_are_kept_nowhere_and_uses_outlive_a_restart() {
    let (upstream, gateway) = behind().await;
    let (name, secret) = made(&gateway, "ana").await;
    read(&gateway, &secret).await.unwrap();
    let folder = gateway.stop().await;
    let kept = bytes_below(folder.path());
    let holds = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("ana"), "the record is there");
    assert!(!holds(secret.rsplit('_').next().unwrap()));
    let gateway = Gateway::start_in(folder, &upstream.url, &nobody().await).await;
    let known = access(&gateway)
        .get_key(gateway.keyed(GetKeyRequest { name }))
        .await;
    assert!(known.unwrap().into_inner().last_use_time.is_some());
    assert!(read(&gateway, &secret).await.is_ok());
}
