//! A connection on which what is ready together leaves together.
//!
//! HTTP/2 wakes the task of a connection for each answer that becomes ready, and that task runs next and
//! writes it: one system call an answer, a third of what a small call costs. Here a flush waits one turn of
//! the scheduler, in which the other calls that are ready get done, and then writes all of it at once. On
//! a connection with nothing else to do the turn comes at once.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// Most bytes that wait; when there are more, they are written first.
const FULL: usize = 64 << 10;
/// From here on a write goes out by itself: to copy it would cost more than it saves.
const LARGE: usize = 16 << 10;

/// A stream whose small writes gather until they are flushed.
#[derive(Debug)]
pub struct Together<S> {
    stream: S,
    waiting: Vec<u8>,
    /// How much of `waiting` is out.
    written: usize,
    /// Whether the turn that a flush waits for has passed.
    turned: bool,
}

impl<S> Together<S> {
    /// Lets what is written to `stream` leave together.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            waiting: Vec::new(),
            written: 0,
            turned: false,
        }
    }
}

impl<S: AsyncWrite + Unpin> Together<S> {
    /// Writes out what waits.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.waiting.len() {
            let rest = &self.waiting[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        self.waiting.clear();
        self.written = 0;
        self.turned = false;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Together<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Together<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let bytes = bufs.iter().map(|buf| buf.len()).sum::<usize>();
        if bytes >= LARGE || this.waiting.len() + bytes > FULL {
            ready!(this.poll_out(cx))?;
        }
        if bytes >= LARGE {
            return Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        }
        bufs.iter()
            .for_each(|buf| this.waiting.extend_from_slice(buf));
        Poll::Ready(Ok(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.waiting.is_empty() {
            if !std::mem::replace(&mut this.turned, true) {
                // A task that wakes itself goes behind all that are ready.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(this.poll_out(cx))?;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Connected> Connected for Together<S> {
    type ConnectInfo = S::ConnectInfo;

    fn connect_info(&self) -> S::ConnectInfo {
        self.stream.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Counts the writes that reach it, and takes at most `most` bytes at a time.
    struct Counting(tokio::io::DuplexStream, usize, Arc<Mutex<Vec<usize>>>);

    impl AsyncWrite for Counting {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let most = buf.len().min(self.1);
            let wrote = ready!(Pin::new(&mut self.0).poll_write(cx, &buf[..most]))?;
            self.2.lock().unwrap().push(wrote);
            Poll::Ready(Ok(wrote))
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }

    fn counting(
        most: usize,
    ) -> (
        Together<Counting>,
        tokio::io::DuplexStream,
        Arc<Mutex<Vec<usize>>>,
    ) {
        let (near, far) = tokio::io::duplex(1 << 20);
        let writes = Arc::<Mutex<Vec<usize>>>::default();
        let stream = Together::new(Counting(near, most, writes.clone()));
        (stream, far, writes)
    }

    #[tokio::test]
    async fn small_writes_leave_together_and_in_order() {
        let (mut stream, mut far, writes) = counting(usize::MAX);
        for part in ["a", "bc", "", "def"] {
            stream.write_all(part.as_bytes()).await.unwrap();
        }
        assert!(
            writes.lock().unwrap().is_empty(),
            "nothing leaves unflushed"
        );
        stream.flush().await.unwrap();
        assert_eq!(*writes.lock().unwrap(), [6]);
        stream.write_all(b"g").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut seen = String::new();
        far.read_to_string(&mut seen).await.unwrap();
        assert_eq!(seen, "abcdefg");
    }

    #[tokio::test]
    async fn large_writes_do_not_overtake_small_ones_and_little_waits() {
        let (mut stream, mut far, writes) = counting(1_000);
        let large = vec![b'L'; LARGE];
        let mut sent = Vec::new();
        for part in [
            &b"first"[..],
            &large,
            &b"then"[..],
            &large[1..],
            &large[1..],
            &large[1..],
            &large[1..],
            &large[1..],
        ] {
            stream.write_all(part).await.unwrap();
            sent.extend_from_slice(part);
            assert!(stream.waiting.len() <= FULL);
        }
        assert_eq!(writes.lock().unwrap()[0], 5, "what came first leaves first");
        stream.flush().await.unwrap();
        let mut seen = vec![0; sent.len()];
        far.read_exact(&mut seen).await.unwrap();
        assert!(seen == sent, "all of it, in order");
    }

    #[tokio::test]
    async fn a_flush_lets_what_is_ready_go_first() {
        let (mut stream, _far, writes) = counting(usize::MAX);
        stream.write_all(b"answer").await.unwrap();
        let other = tokio::spawn({
            let writes = writes.clone();
            async move { writes.lock().unwrap().len() }
        });
        stream.flush().await.unwrap();
        assert_eq!(other.await.unwrap(), 0, "the other ran before the write");
        assert_eq!(*writes.lock().unwrap(), [6]);
    }
}
