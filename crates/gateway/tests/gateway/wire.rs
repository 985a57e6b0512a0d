//! A cable between the gateway and a service that a test can cut and mend.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// Passes bytes on to `target` while it is whole.
pub(crate) struct Cable {
    pub(crate) address: SocketAddr,
    target: String,
    cut: watch::Sender<bool>,
}

impl Cable {
    pub(crate) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cable = Self {
            address,
            target: url.trim_start_matches("http://").to_owned(),
            cut: watch::Sender::new(false),
        };
        cable.lay(listener);
        cable
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn lay(&self, listener: TcpListener) {
        let (target, mut cut) = (self.target.clone(), self.cut.subscribe());
        tokio::spawn(async move {
            loop {
                let (mut near, _) = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap(),
                    _ = cut.wait_for(|cut| *cut) => return,
                };
                let (target, mut cut) = (target.clone(), cut.clone());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.wait_for(|cut| *cut) => {}
                    }
                });
            }
        });
    }

    /// Every connection breaks, and no new one is accepted.
    pub(crate) async fn cut(&self) {
        self.cut.send_replace(true);
        // Its tasks hold a receiver each until they have let go of their sockets.
        self.cut.closed().await;
    }

    /// It listens again at the same address.
    pub(crate) fn mend(&self) {
        self.cut.send_replace(false);
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        self.lay(socket.listen(128).unwrap());
    }
}
