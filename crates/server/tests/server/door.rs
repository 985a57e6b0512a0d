//! Who comes in, and who is put out again.

use std::net::SocketAddr;

use rapporteur_server::{Args, client};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;

use crate::{Running, say, soon};

/// A connection that sends half of the HTTP/2 preface and then nothing.
async fn half_open(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2").await.unwrap();
    stream
}

/// Reads until the server closes the connection.
async fn closed(mut stream: TcpStream) {
    let mut bytes = [0; 1_024];
    while !matches!(stream.read(&mut bytes).await, Ok(0) | Err(_)) {}
}

#[tokio::test]
async fn half_open_connections_fall_while_a_good_client_is_served() {
    let server = Running::start(Args {
        handshake_seconds: 1,
        max_connections: 16,
        ..Args::default()
    })
    .await;
    let before = server.channel();
    assert_eq!(say(&before, "before").await.unwrap(), "before");
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(half_open(server.address).await);
    }
    // The house is full of silent ones: they make room for one who speaks.
    assert_eq!(
        say(&server.channel(), "a new client").await.unwrap(),
        "a new client"
    );
    assert_eq!(say(&before, "during").await.unwrap(), "during");
    for (n, stream) in crowd.into_iter().enumerate() {
        soon(
            &format!("half-open connection {n} to be closed"),
            closed(stream),
        )
        .await;
    }
    assert_eq!(say(&before, "after").await.unwrap(), "after");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn connections_are_limited() {
    let server = Running::start(Args {
        max_connections: 2,
        ..Args::default()
    })
    .await;
    let (one, two, three) = (server.channel(), server.channel(), server.channel());
    assert_eq!(say(&one, "one").await.unwrap(), "one");
    assert_eq!(say(&two, "two").await.unwrap(), "two");
    let refused = client::settled(say(&three, "three").await.unwrap_err());
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert_eq!(say(&one, "still").await.unwrap(), "still");
    drop(two);
    soon("room for the third", async {
        while say(&three, "three").await.is_err() {}
    })
    .await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn connections_from_one_address_are_limited() {
    let server = Running::start(Args {
        max_connections_per_address: 1,
        ..Args::default()
    })
    .await;
    let one = server.channel();
    assert_eq!(say(&one, "one").await.unwrap(), "one");
    assert!(say(&server.channel(), "two").await.is_err());
    drop(one);
    let again = server.channel();
    soon("room again", async {
        while say(&again, "again").await.is_err() {}
    })
    .await;
    server.stop().await.unwrap();
}
