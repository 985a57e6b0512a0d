//! The door: which connections come in, and how long one may stand in it without a word.
//!
//! tonic has neither a limit on connections nor a time limit on a plaintext handshake, so a thousand
//! half-open sockets would stay for ever. Here a connection has a few seconds to send the HTTP/2
//! preface; when the house is full the oldest one that has not sent it is put out for the newest, and
//! only when all of them speak is the newest refused. A TLS handshake counts as silence. Connections that
//! have spoken are the business of HTTP/2 keepalive. What they say is not looked at, so a listener may take
//! HTTP/1.1 too.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

use crate::guarded::Guarded;
use crate::network::{Connection, Listener};
use crate::tls::{Acceptor, Peer};

/// Pause after `accept` failed for want of descriptors or memory: it fails again at once otherwise.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many may come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoorLimits {
    pub(crate) connections: usize,
    /// From one address; 0 = no limit of its own.
    pub(crate) per_address: usize,
    /// From the connection to the end of the preface.
    pub(crate) handshake: Duration,
    /// In which a client takes what it is sent, and answers that it asked for.
    pub(crate) take: Duration,
}

/// The connections that are inside.
#[derive(Debug)]
pub(crate) struct Door {
    limits: DoorLimits,
    tls: Option<Acceptor>,
    inside: Mutex<Inside>,
    /// Cuts every connection.
    cut: CancellationToken,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    open: usize,
    per_address: HashMap<IpAddr, usize>,
    /// Those that have not spoken yet, oldest first.
    silent: BTreeMap<u64, CancellationToken>,
    /// How many were refused.
    refused: u64,
    /// Whether the last one was refused, so that a flood is one line in the log.
    refusing: bool,
}

impl Door {
    pub(crate) fn new(limits: DoorLimits, tls: Option<Acceptor>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            tls,
            inside: Mutex::default(),
            cut: CancellationToken::new(),
        })
    }

    /// Ends every connection at once.
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }

    /// How many connections are open, and how many were refused so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let inside = self.inside();
        (
            u64::try_from(inside.open).unwrap_or(u64::MAX),
            inside.refused,
        )
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in, or drops it.
    fn admit<S: Connection>(self: &Arc<Self>, stream: S, peer: SocketAddr) -> Option<Guarded<S>> {
        let address = peer.ip().to_canonical();
        let mut inside = self.inside();
        let crowd = inside.per_address.get(&address).copied().unwrap_or(0);
        let mut refused = self.limits.per_address > 0 && crowd >= self.limits.per_address;
        if !refused && inside.open >= self.limits.connections {
            match inside.silent.pop_first() {
                Some((_, oldest)) => oldest.cancel(),
                None => refused = true,
            }
        }
        if refused {
            inside.refused += 1;
            if !inside.refusing {
                tracing::warn!(%peer, open = inside.open, "too many connections; refusing");
            }
            inside.refusing = true;
            return None;
        }
        inside.refusing = false;
        inside.open += 1;
        *inside.per_address.entry(address).or_default() += 1;
        inside.next += 1;
        let id = inside.next;
        let token = self.cut.child_token();
        inside.silent.insert(id, token.clone());
        drop(inside);
        let place = Place {
            id,
            address,
            door: self.clone(),
        };
        Some(Guarded::new(
            stream,
            Peer::patient(peer, self.limits.take),
            self.tls.as_ref(),
            place,
            self.limits.handshake,
            token,
        ))
    }
}

/// The place of a connection that is inside; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    id: u64,
    address: IpAddr,
    door: Arc<Door>,
}

impl Place {
    /// It has spoken.
    pub(crate) fn speaks(&self) {
        self.door.inside().silent.remove(&self.id);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.door.inside();
        inside.open -= 1;
        inside.silent.remove(&self.id);
        if let Some(crowd) = inside.per_address.get_mut(&self.address) {
            *crowd -= 1;
            if *crowd == 0 {
                inside.per_address.remove(&self.address);
            }
        }
    }
}

/// The stream of admitted connections of a listener.
pub(crate) struct Incoming<L> {
    listener: L,
    door: Arc<Door>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<L> Incoming<L> {
    pub(crate) fn new(listener: L, door: Arc<Door>) -> Self {
        Self {
            listener,
            door,
            pause: None,
        }
    }
}

impl<L: Listener> Stream for Incoming<L> {
    type Item = io::Result<Guarded<L::Stream>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(cx)) {
                Ok((stream, peer)) => {
                    if let Some(guarded) = self.door.admit(stream, peer) {
                        return Poll::Ready(Some(Ok(guarded)));
                    }
                }
                // The one connection failed, not the listener.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections");
                    self.pause = Some(Box::pin(sleep(ACCEPT_PAUSE)));
                }
            }
        }
    }
}
