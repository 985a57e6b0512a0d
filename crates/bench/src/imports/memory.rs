//! The most memory that a process has while something goes on.

use std::time::Duration;

use anyhow::Result;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::process::Pid;

/// How often somebody looks.
const LOOK: Duration = Duration::from_millis(50);

/// Looks at the memory of a process until it is stopped.
pub(super) struct Watch {
    end: oneshot::Sender<()>,
    looking: JoinHandle<Result<u64>>,
}

impl Watch {
    pub(super) fn start(pid: Pid) -> Self {
        let (end, mut ended) = oneshot::channel();
        let looking = tokio::spawn(async move {
            let mut most = 0;
            loop {
                most = most.max(pid.resident()?);
                tokio::select! {
                    _ = &mut ended => return Ok(most),
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        });
        Self { end, looking }
    }

    /// The most that it was, in MiB.
    pub(super) async fn stop(self) -> Result<f64> {
        // Who looks has ended by itself when nobody hears this: what it says then is why.
        let _ = self.end.send(());
        Ok(self.looking.await?? as f64 / f64::from(1 << 20))
    }
}
