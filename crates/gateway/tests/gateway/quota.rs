//! What a caller may ask, through the whole gateway.

use rapporteur_proto::gateway::v1::GetCallerRequest;
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;

use super::*;
use crate::echo::Echo;

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_back() {
    let upstream = Upstream::start(Routes::new(Echo::default())).await;
    let quota = QuotaArgs {
        anonymous_rate: 1,
        ..QuotaArgs::unlimited()
    };
    let gateway = Gateway::counting(&upstream.url, quota).await;
    let access = AccessServiceClient::new(gateway.channel.clone());
    let ask = async || access.clone().get_caller(GetCallerRequest {}).await;
    let refused = soon("a refusal", async {
        loop {
            if let Err(refused) = ask().await {
                break refused;
            }
        }
    })
    .await;
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "RATE_LIMITED");
    assert_eq!(
        details.quota_failure().unwrap().violations[0].subject,
        "127.0.0.1"
    );
    assert!(details.retry_info().unwrap().retry_delay.unwrap() <= Duration::from_secs(1));

    // The administrator gets through meanwhile, and the others when some time has passed.
    for _ in 0..50 {
        let request = gateway.keyed(String::new());
        gateway.echo("GetSaid", request).await.unwrap();
    }
    soon("another call", async { while ask().await.is_err() {} }).await;
}
