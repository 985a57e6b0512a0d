//! Callers at work, and how long they waited.
//!
//! In the closed loop each caller calls again as soon as it is answered: that finds the most calls in a
//! second. In the open loop calls come at a fixed rate whether or not the ones before were answered, and
//! a call's time counts from the moment at which it was due: so a server that stalls is charged for
//! everyone who would have come meanwhile (no "coordinated omission").

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use hdrhistogram::Histogram;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Longest time that is told apart from longer ones, in nanoseconds.
const LONGEST: u64 = 60_000_000_000;
/// Decimal digits that a latency is kept to.
const DIGITS: u8 = 2;

/// One caller's kind of call. Clones are further callers of the same kind.
pub trait Work: Clone + Send + 'static {
    /// Calls once.
    fn call(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Calls that were answered within the time.
    pub calls: u64,
    /// The time.
    pub time: Duration,
    /// How long each took, in nanoseconds.
    pub latency: Histogram<u64>,
}

impl Measured {
    /// Calls in a second.
    pub fn rate(&self) -> f64 {
        self.calls as f64 / self.time.as_secs_f64()
    }
}

/// An empty histogram of latencies in nanoseconds.
pub fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LONGEST, DIGITS)?)
}

/// Lets each caller call again and again. Answers within `warm_up` do not count. The first error ends it.
pub async fn closed<W: Work>(callers: &[W], warm_up: Duration, time: Duration) -> Result<Measured> {
    ensure!(!callers.is_empty(), "nobody calls");
    let begin = Instant::now() + warm_up;
    let end = begin + time;
    let mut tasks = JoinSet::new();
    for caller in callers {
        let mut caller = caller.clone();
        let mut latency = histogram()?;
        tasks.spawn(async move {
            let mut called = Instant::now();
            while called < end {
                caller.call().await?;
                let answered = Instant::now();
                if answered >= begin && answered < end {
                    latency.saturating_record(nanos(answered - called));
                }
                called = answered;
            }
            Ok::<_, anyhow::Error>(latency)
        });
    }
    let mut latency = histogram()?;
    while let Some(done) = tasks.join_next().await {
        latency.add(done??)?;
    }
    Ok(Measured {
        calls: latency.len(),
        time,
        latency,
    })
}

/// Sends `rate` calls a second, whatever becomes of them, and waits for all answers.
pub async fn open<W: Work>(
    callers: &[W],
    rate: f64,
    warm_up: Duration,
    time: Duration,
) -> Result<Measured> {
    ensure!(rate > 0.0 && !callers.is_empty(), "nobody calls");
    let callers = callers.to_vec();
    let (answer, mut answers) = mpsc::unbounded_channel();
    let runtime = Handle::current();
    let begin = Instant::now() + warm_up;
    // A thread, since the runtime's timer only knows milliseconds.
    let sender = tokio::task::spawn_blocking(move || {
        let first = Instant::now();
        for (count, caller) in (0_u32..).zip(callers.iter().cycle()) {
            let due = first + Duration::from_secs_f64(f64::from(count) / rate);
            if due >= begin + time {
                return;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let (mut caller, answer) = (caller.clone(), answer.clone());
            runtime.spawn(async move {
                let outcome = caller.call().await;
                // Fails only when the whole measurement was given up.
                let _ = answer.send(outcome.map(|()| (due, Instant::now())));
            });
        }
    });
    let (mut latency, mut last) = (histogram()?, begin + time);
    while let Some(outcome) = answers.recv().await {
        let (due, answered) = outcome?;
        if due >= begin {
            latency.saturating_record(nanos(answered - due));
            last = last.max(answered);
        }
    }
    sender
        .await
        .map_err(|error| anyhow!("the sending thread: {error}"))?;
    // A server that fell behind is not given the time for nothing.
    Ok(Measured {
        calls: latency.len(),
        time: last - begin,
        latency,
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Mutex;
    use tokio::time::sleep;

    use super::*;

    /// One call at a time takes 2 ms; the tenth of them stalls for 200 ms.
    #[derive(Clone)]
    struct Stalls(Arc<Mutex<u32>>);

    impl Work for Stalls {
        async fn call(&mut self) -> Result<()> {
            let mut count = self.0.lock().await;
            *count += 1;
            sleep(Duration::from_millis(if *count == 10 { 200 } else { 2 })).await;
            Ok(())
        }
    }

    fn stalls() -> [Stalls; 1] {
        [Stalls(Arc::default())]
    }

    fn slow(measured: &Measured) -> u64 {
        measured
            .latency
            .iter_recorded()
            .filter(|v| v.value_iterated_to() > 50_000_000)
            .map(|v| v.count_at_value())
            .sum()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_open_loop_charges_a_stall_to_everyone_who_came_meanwhile() {
        let time = Duration::from_millis(400);
        let closed = closed(&stalls(), Duration::ZERO, time).await.unwrap();
        assert_eq!(slow(&closed), 1, "the closed loop sees one slow call");
        let open = open(&stalls(), 100.0, Duration::ZERO, time).await.unwrap();
        assert_eq!(open.calls, 40);
        assert!(slow(&open) >= 10, "{}", slow(&open));
    }

    #[derive(Clone)]
    struct Fails;

    impl Work for Fails {
        async fn call(&mut self) -> Result<()> {
            anyhow::bail!("no")
        }
    }

    #[tokio::test]
    async fn an_error_ends_a_measurement() {
        assert!(
            closed(&[Fails], Duration::ZERO, Duration::from_secs(60))
                .await
                .is_err()
        );
        assert!(
            open(&[Fails], 50.0, Duration::ZERO, Duration::from_millis(40))
                .await
                .is_err()
        );
    }
}
