//! Clients that ask and do not take: they are put out, and others are served meanwhile.

use rapporteur_server::Args;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::{Running, echo, say, soon};

/// A client that says hello, gives each answer this much room, asks for an endless stream, and reads nothing.
async fn greedy(server: &Running, window: u32) -> TcpStream {
    let path = format!("/{}/WatchFlood", echo::NAME);
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path.as_str()),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
    ];
    // Literals without tables (RFC 7541, 6.2.2); all are short.
    let literal = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let head: Vec<u8> = fields
        .iter()
        .flat_map(|(name, value)| [vec![0], literal(name), literal(value)].concat())
        .collect();
    let setting = [&[0, 4][..], &window.to_be_bytes()].concat();
    let room = (window / 2).max(1).to_be_bytes();
    let hello = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &setting),
        frame(8, 0, 0, &room),
        frame(1, 4, 1, &head),
        frame(0, 1, 1, &[0; 5]),
    ];
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&hello.concat()).await.unwrap();
    stream
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn who_does_not_take_what_it_asked_for_is_put_out() {
    let server = Running::start(Args {
        take_seconds: 1,
        ..Args::default()
    })
    .await;
    let friend = server.channel();
    assert_eq!(say(&friend, "before").await.unwrap(), "before");
    // No room for any answer, a little room, and all room but nobody reads.
    for window in [0, 1_000, (1 << 31) - 1] {
        let mut greedy = greedy(&server, window).await;
        soon(
            &format!("a client with a window of {window} to be put out"),
            async {
                // It is lively otherwise.
                while greedy.write_all(&frame(6, 0, 0, &[0; 8])).await.is_ok() {
                    assert_eq!(say(&friend, "during").await.unwrap(), "during");
                }
            },
        )
        .await;
    }
    assert_eq!(say(&friend, "after").await.unwrap(), "after");
    server.stop().await.unwrap();
}
