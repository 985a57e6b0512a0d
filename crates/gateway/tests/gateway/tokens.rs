//! Caller tokens for calls straight to a service.

use std::sync::Arc;

use rapporteur_access::{Rights, Verifier};
use rapporteur_proto::gateway::v1::{GetCallerRequest, IssueTokenRequest};
use rapporteur_server::client::token::TokenSource;

use super::*;
use crate::access::{access, in_seconds, made, read, with_key};
use crate::callers::behind;

#[tokio::test]
async fn a_token_says_who_calls_and_what_they_are_granted() {
    let (_upstream, gateway) = behind().await;
    let (_, ana) = made(&gateway, "ana").await;
    let mut access = access(&gateway);
    let nobody = access.issue_token(IssueTokenRequest {}).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
    let issued = access
        .issue_token(with_key(&ana, IssueTokenRequest {}))
        .await;
    let issued = issued.unwrap().into_inner();
    let keys = std::fs::read_to_string(gateway.folder.path().join("caller-keys.json")).unwrap();
    let verifier = Verifier::new(&keys).unwrap();
    let now = u64::try_from(in_seconds(0).seconds).unwrap();
    let claims = verifier.verify(&issued.token, now).unwrap();
    assert_eq!((&*claims.caller, claims.rights()), ("ana", Rights::None));
    assert_eq!(
        issued.expire_time.unwrap().seconds,
        i64::try_from(claims.until).unwrap()
    );
    // It opens services, not the gateway.
    assert_eq!(
        read(&gateway, &issued.token).await,
        Err(Code::Unauthenticated)
    );
    let anonymous = access
        .get_caller(GetCallerRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!((&*anonymous.caller, &*anonymous.by), ("anonymous", ""));
}

#[tokio::test]
async fn a_service_keeps_a_fresh_token_by_itself() {
    let (_upstream, gateway) = behind().await;
    let (_, key) = made(&gateway, "recommendations").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.key");
    let source = Arc::new(TokenSource::new(gateway.channel.clone(), file.clone()));
    assert!(source.credential().is_none());

    // There is no key yet; when there is, it is found.
    let keeping = source.clone();
    let kept = tokio::spawn(async move { keeping.keep().await });
    std::fs::write(&file, format!("{key}\n")).unwrap();
    soon("a token", source.ready()).await;
    let credential = source.credential().unwrap();
    let token = credential
        .to_str()
        .unwrap()
        .strip_prefix("Bearer ")
        .unwrap();
    let keys = std::fs::read_to_string(gateway.folder.path().join("caller-keys.json")).unwrap();
    let verifier = Verifier::new(&keys).unwrap();
    let now = u64::try_from(in_seconds(0).seconds).unwrap();
    assert_eq!(
        verifier.verify(token, now).unwrap().caller,
        "recommendations"
    );
    kept.abort();
}
