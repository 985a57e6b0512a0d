//! The simulated network, as the services see it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rapporteur_server::network::{Connecting, Connection, Listener};
use turmoil::net::{TcpListener, TcpStream};

/// Connects to a simulated host.
pub(crate) fn dial(host: String, port: u16) -> Connecting {
    Box::pin(async move {
        let stream = TcpStream::connect((host, port)).await?;
        Ok(Box::new(stream) as Box<dyn Connection>)
    })
}

type Accepting =
    Pin<Box<dyn Future<Output = (TcpListener, io::Result<(TcpStream, SocketAddr)>)> + Send>>;

/// Listens on the host on which it was made.
pub(crate) struct Port {
    address: SocketAddr,
    accepting: Accepting,
}

impl Port {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("0.0.0.0", port)).await?;
        Ok(Self {
            address: listener.local_addr()?,
            accepting: accept(listener),
        })
    }
}

fn accept(listener: TcpListener) -> Accepting {
    Box::pin(async move {
        let accepted = listener.accept().await;
        (listener, accepted)
    })
}

impl Listener for Port {
    type Stream = TcpStream;

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let (listener, accepted) = ready!(self.accepting.as_mut().poll(cx));
        self.accepting = accept(listener);
        Poll::Ready(accepted)
    }
}
