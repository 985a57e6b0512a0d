//! TLS, as those see it who have the right certificate and those who do not.

use std::time::Duration;

use rapporteur_server::tls::{Acceptor, Outgoing, PeerArgs};
use rapporteur_server::{Args, ServeError, Serving, client, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::Channel;

use crate::certificates::{Authority, listening, mutual};
use crate::{Running, health, say, soon};

impl Running {
    /// A channel to the server under a name, by somebody who trusts and shows what `tls` says.
    fn private(&self, name: &str, tls: &Outgoing) -> Channel {
        let url = format!("https://{name}:{}", self.address.port());
        client::connect_over(&url, Some(tls.clone())).unwrap()
    }
}

async fn refused(channel: &Channel) -> String {
    let status = client::settled(say(channel, "x").await.unwrap_err());
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    format!("{status:?}")
}

#[tokio::test]
async fn whoever_trusts_the_ca_is_served_under_the_names_of_the_certificate() {
    let ca = Authority::new();
    let own = ca.signs(&["localhost", "127.0.0.1"]);
    let server = Running::start(listening(&own)).await;
    let tls = ca.trusted_by(None);
    for name in ["localhost", "127.0.0.1"] {
        assert_eq!(
            say(&server.private(name, &tls), "good").await.unwrap(),
            "good"
        );
    }
    let foreign = Authority::new().trusted_by(None);
    let why = refused(&server.private("localhost", &foreign)).await;
    assert!(why.contains("invalid peer certificate"), "{why}");
    // Nobody speaks to it without TLS, and it drops them at once.
    refused(&server.channel()).await;
    assert_eq!(
        say(&server.private("localhost", &tls), "still")
            .await
            .unwrap(),
        "still"
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_another_name_or_time_is_refused() {
    let ca = Authority::new();
    for (own, why) in [
        (ca.signs(&["elsewhere.example"]), "NotValidForName"),
        (ca.signs_until(&["localhost"], 2020), "Expired"),
    ] {
        let server = Running::start(listening(&own)).await;
        let said = refused(&server.private("localhost", &ca.trusted_by(None))).await;
        assert!(said.contains(why), "{said}");
        server.stop().await.unwrap();
    }
}

#[tokio::test]
async fn clients_show_a_certificate_of_the_right_ca_and_name() {
    let (ca, other) = (Authority::new(), Authority::new());
    let own = ca.signs(&["localhost"]);
    let server = Running::start(mutual(&own, &ca.file("ca.crt"), &["gateway", "desk"])).await;
    let call = async |shown: Option<&crate::certificates::Pair>| {
        let channel = server.private("localhost", &ca.trusted_by(shown));
        let answer = say(&channel, "x").await;
        answer.map_err(|status| client::settled(status).code())
    };
    for good in ["gateway", "desk"] {
        assert_eq!(call(Some(&ca.signs(&[good]))).await.unwrap(), "x");
    }
    assert_eq!(call(None).await, Err(Code::Unavailable), "no certificate");
    assert_eq!(
        call(Some(&other.signs(&["gateway"]))).await,
        Err(Code::Unavailable),
        "of a foreign CA"
    );
    assert_eq!(
        call(Some(&ca.signs(&["somebody"]))).await,
        Err(Code::Unavailable),
        "of another name"
    );
    assert_eq!(
        call(Some(&ca.signs_until(&["gateway"], 2020))).await,
        Err(Code::Unavailable),
        "expired"
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn handlers_know_who_is_at_the_other_end() {
    let ca = Authority::new();
    let own = ca.signs(&["localhost"]);
    let server = Running::start(mutual(&own, &ca.file("ca.crt"), &[])).await;
    let shown = ca.signs(&["gateway", "gateway.inside.example"]);
    let channel = server.private("localhost", &ca.trusted_by(Some(&shown)));
    let peer = crate::unary(&channel, "Peer", tonic::Request::new(String::new()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(peer, "127.0.0.1 gateway,gateway.inside.example true");
    server.stop().await.unwrap();

    let plain = Running::start(Args::default()).await;
    let peer = crate::unary(&plain.channel(), "Peer", tonic::Request::new(String::new()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(peer, "127.0.0.1  false");
    plain.stop().await.unwrap();
}

#[tokio::test]
async fn a_handshake_that_stands_still_is_given_up() {
    let ca = Authority::new();
    let own = ca.signs(&["localhost"]);
    let server = Running::start(Args {
        handshake_seconds: 1,
        max_connections: 8,
        ..listening(&own)
    })
    .await;
    let tls = ca.trusted_by(None);
    let before = server.private("localhost", &tls);
    assert_eq!(say(&before, "before").await.unwrap(), "before");
    let mut crowd = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The beginning of a ClientHello.
        stream.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.unwrap();
        crowd.push(stream);
    }
    let new = server.private("localhost", &tls);
    assert_eq!(say(&new, "a new client").await.unwrap(), "a new client");
    for mut stream in crowd {
        let mut rest = [0; 64];
        let closed = async { while !matches!(stream.read(&mut rest).await, Ok(0) | Err(_)) {} };
        soon("a half-open handshake to be closed", closed).await;
    }
    assert_eq!(say(&before, "after").await.unwrap(), "after");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn certificates_change_under_load_without_one_failed_call() {
    let ca = Authority::new();
    let own = ca.signs(&["localhost"]);
    let server = Running::start(mutual(&own, &ca.file("ca.crt"), &["gateway"])).await;
    let shown = ca.signs(&["gateway"]);
    let tls = ca.trusted_by(Some(&shown));
    let standing = server.private("localhost", &tls);
    let first = presented(&server, &tls).await;
    let (mut calls, mut renewed) = (0, first.clone());
    soon("another certificate to be shown", async {
        ca.signs(&["localhost"]);
        ca.signs(&["gateway"]);
        while renewed == first {
            assert_eq!(say(&standing, "standing").await.unwrap(), "standing");
            let fresh = server.private("localhost", &tls);
            assert_eq!(say(&fresh, "fresh").await.unwrap(), "fresh");
            renewed = presented(&server, &tls).await;
            calls += 2;
        }
    })
    .await;
    assert!(calls > 2, "{calls}");
    // A broken file changes nothing.
    std::fs::write(&own.certificate, "not a certificate").unwrap();
    let until = tokio::time::Instant::now() + Duration::from_secs(3);
    while tokio::time::Instant::now() < until {
        let fresh = server.private("localhost", &tls);
        assert_eq!(say(&fresh, "fresh").await.unwrap(), "fresh");
    }
    assert_eq!(presented(&server, &tls).await, renewed);
    server.stop().await.unwrap();
}

/// The certificate that the server shows now.
async fn presented(server: &Running, tls: &Outgoing) -> Vec<u8> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = soon("a handshake", tls.secure("localhost", stream))
        .await
        .unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn what_others_reach_is_not_plain_unless_somebody_says_so() {
    let start = async |plaintext| {
        let mut args = Args::default();
        args.tls.plaintext = plaintext;
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let serving = Serving::from(&args);
        serve(listener, Routes::default(), serving, async {}).await
    };
    let refused = start(false).await.unwrap_err();
    assert!(
        matches!(refused, ServeError::Plaintext(_)) && refused.to_string().contains("--plaintext"),
        "{refused}"
    );
    start(true).await.unwrap();
    let mut args = Args {
        listen: "10.0.0.5:7701".parse().unwrap(),
        ..Args::default()
    };
    assert!(args.check().unwrap_err().contains("10.0.0.5:7701"));
    args.tls.plaintext = true;
    args.check().unwrap();
}

#[tokio::test]
async fn probes_need_no_certificate_and_get_nothing_but_health() {
    let ca = Authority::new();
    let own = ca.signs(&["localhost"]);
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let probes = free.local_addr().unwrap();
    drop(free);
    let server = Running::start(Args {
        health_listen: Some(probes),
        ..mutual(&own, &ca.file("ca.crt"), &[])
    })
    .await;
    let plain = client::connect(&format!("http://{probes}")).unwrap();
    soon("the probes' port", async {
        while say(&plain, "x").await.unwrap_err().code() != Code::Unimplemented {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let serving = tonic_health::pb::health_check_response::ServingStatus::Serving;
    assert_eq!(health(&plain, "").await, serving);
    server.stop().await.unwrap();
}

#[test]
fn settings_that_make_no_sense_are_told() {
    let ca = Authority::new();
    let (own, other) = (ca.signs(&["localhost"]), ca.signs(&["other"]));
    let whole = mutual(&own, &ca.file("ca.crt"), &["gateway"]).tls;
    let told = |change: &dyn Fn(&mut rapporteur_server::tls::ListenArgs)| {
        let mut args = whole.clone();
        change(&mut args);
        Acceptor::new(&args, false).unwrap_err().to_string()
    };
    assert_eq!(
        told(&|args| args.tls_key = None),
        "--tls-cert needs --tls-key beside it"
    );
    assert_eq!(
        told(&|args| args.tls_client_ca = None),
        "--tls-client-name needs --tls-client-ca beside it"
    );
    assert!(told(&|args| args.tls_key = Some(other.key.clone())).contains("localhost.crt"));
    assert!(told(&|args| args.tls_key = Some(ca.file("none.key"))).contains("none.key"));
    assert!(told(&|args| args.tls_client_ca = Some(own.key.clone())).contains("no certificate"));
    assert!(told(&|args| args.tls_client_name = vec!["a b".into()]).contains("`a b`"));
    let half = PeerArgs {
        peer_cert: Some(own.certificate),
        ..PeerArgs::default()
    };
    assert_eq!(
        Outgoing::new(&half).unwrap_err().to_string(),
        "--peer-cert needs --peer-key beside it"
    );
}
