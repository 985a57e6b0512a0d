//! Large answers to slow readers: what a reader does not take in time is let go, so that it costs little memory
//! however many there are. HTTP/1.1 has nothing of its own for that.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::Response;
use http::header::CONTENT_LENGTH;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A piece of an answer; answers up to this size go out whole.
const PIECE: usize = 64 << 10;
/// A reader that takes no piece within this time gets no more.
const STALL: Duration = Duration::from_secs(20);

/// An answer with this body.
pub fn answer(text: Bytes) -> Response<Body> {
    paced(text, STALL)
}

/// An answer with what is in a file, from where it stands.
///
/// # Errors
///
/// When the file does not say how long it is.
pub fn file(mut file: File) -> io::Result<Response<Body>> {
    let from = file.stream_position()?;
    let length = file.metadata()?.len().saturating_sub(from);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut left = length;
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; part];
                file.read_exact(&mut piece).map(|()| (file, piece))
            });
            let Ok(Ok((same, piece))) = read.await else {
                // The length tells the reader that this is not all.
                return;
            };
            (file, left) = (same, left - part as u64);
            let piece = Ok::<_, Infallible>(Bytes::from(piece));
            if !matches!(timeout(STALL, sender.send(piece)).await, Ok(Ok(()))) {
                return;
            }
        }
    });
    Ok(received(receiver, length))
}

fn paced(text: Bytes, stall: Duration) -> Response<Body> {
    if text.len() <= PIECE {
        return Response::new(Body::from(text));
    }
    // Whoever gets less than this was cut off.
    let length = text.len() as u64;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for piece in text.chunks(PIECE) {
            // A copy, as a part would keep the whole.
            let piece = Ok::<_, Infallible>(Bytes::copy_from_slice(piece));
            if !matches!(timeout(stall, sender.send(piece)).await, Ok(Ok(()))) {
                return;
            }
        }
    });
    received(receiver, length)
}

fn received(receiver: mpsc::Receiver<Result<Bytes, Infallible>>, length: u64) -> Response<Body> {
    let pieces = stream::unfold(receiver, |mut receiver| async {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    });
    let mut answer = Response::new(Body::from_stream(pieces));
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt as _;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_reader_gets_all_of_it() {
        for length in [0, PIECE, PIECE + 1, 5 * PIECE + 7] {
            let text = Bytes::from(vec![b'x'; length]);
            let answer = answer(text.clone());
            let large = length > PIECE;
            assert_eq!(answer.headers().contains_key(CONTENT_LENGTH), large);
            let got = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(got, text);
        }
    }

    #[tokio::test]
    async fn a_file_goes_out_from_where_it_stands() {
        use std::io::Write as _;
        for length in [0, 1, PIECE, 3 * PIECE + 7] {
            let mut whole = tempfile::tempfile().unwrap();
            whole.write_all(&vec![b'x'; length]).unwrap();
            whole.rewind().unwrap();
            let answer = file(whole).unwrap();
            assert_eq!(answer.headers()[CONTENT_LENGTH], length.to_string());
            let got = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(got.len(), length);
        }
    }

    /// A text that tells when nobody holds it any more.
    struct Held(Vec<u8>, Arc<Notify>);

    impl AsRef<[u8]> for Held {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            self.1.notify_one();
        }
    }

    #[tokio::test]
    async fn what_a_reader_does_not_take_is_let_go() {
        let gone = Arc::new(Notify::new());
        let text = Bytes::from_owner(Held(vec![b'x'; 9 * PIECE], gone.clone()));
        let answer = paced(text, Duration::from_millis(5));
        timeout(Duration::from_secs(20), gone.notified())
            .await
            .unwrap();
        let got = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(got.len() < 9 * PIECE, "{}", got.len());
    }
}
