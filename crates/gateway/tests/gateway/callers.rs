//! Who may call, and under which name the service hears of it.

use super::*;
use crate::echo::Echo;

async fn caller(gateway: &Gateway, request: Request<String>) -> Vec<String> {
    let seen = gateway
        .echo("GetMetadata", request)
        .await
        .unwrap()
        .into_inner();
    assert!(
        !seen.contains("authorization") && !seen.contains("rpk_"),
        "the key went on: {seen}"
    );
    seen.lines()
        .filter_map(|line| line.strip_prefix("rapporteur-caller: "))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_service_hears_who_calls_from_the_gateway_alone() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    let spoofed = |mut request: Request<String>| {
        for name in ["admin", "root"] {
            request
                .metadata_mut()
                .append("rapporteur-caller", name.parse().unwrap());
        }
        request
    };
    assert_eq!(caller(&gateway, nothing()).await, ["anonymous"]);
    assert_eq!(caller(&gateway, spoofed(nothing())).await, ["anonymous"]);
    assert_eq!(
        caller(&gateway, spoofed(gateway.keyed(String::new()))).await,
        ["admin"]
    );
}

#[tokio::test]
async fn with_the_admin_key_a_call_is_made_as_somebody() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    let named = |mut request: Request<String>, name: &str| {
        let metadata = request.metadata_mut();
        metadata.insert("rapporteur-as", name.parse().unwrap());
        request
    };
    let as_ana = || named(gateway.keyed(String::new()), "ana");
    assert_eq!(caller(&gateway, as_ana()).await, ["admin:ana"]);
    let seen = gateway.echo("GetMetadata", as_ana()).await.unwrap();
    assert!(!seen.into_inner().contains("rapporteur-as"));
    let odd = named(gateway.keyed(String::new()), "ana maria");
    let refused = gateway.echo("GetMetadata", odd).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    let refused = gateway.echo("GetMetadata", named(nothing(), "ana")).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn anonymous_callers_read_and_do_not_write() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    gateway.echo("GetSaid", nothing()).await.unwrap();
    for method in ["CreateThing", "Unheard"] {
        let refused = gateway.echo(method, nothing()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{method}");
        assert_eq!(
            refused.get_error_details().error_info().unwrap().reason,
            "UNAUTHENTICATED"
        );
        gateway
            .echo(method, gateway.keyed(String::new()))
            .await
            .unwrap();
    }
    for credential in ["Bearer rpk_000000000000_0000", "Basic abc", "Bearer "] {
        let mut request = Request::new(String::new());
        request
            .metadata_mut()
            .insert("authorization", credential.parse().unwrap());
        let refused = gateway.echo("GetSaid", request).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{credential}");
    }
}

#[tokio::test]
async fn the_key_outlives_a_restart() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let gateway = Gateway::start(&upstream.url, &nobody().await).await;
    let key = gateway.key.clone();
    let folder = gateway.stop().await;
    let gateway = Gateway::start_in(folder, &upstream.url, &nobody().await).await;
    assert_eq!(gateway.key, key);
    gateway
        .echo("CreateThing", gateway.keyed(String::new()))
        .await
        .unwrap();
}
