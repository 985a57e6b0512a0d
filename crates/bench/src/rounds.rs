//! Taking turns: on a machine that others use too, only what ran in the same seconds can be compared.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use crate::load::{self, Work, closed};
use crate::process::Pid;

/// How contestants take turns.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// How often each has its turn.
    pub rounds: u32,
    /// Time before each turn that does not count.
    pub warm_up: Duration,
    /// Length of a turn.
    pub time: Duration,
}

/// One of several that take turns.
#[derive(Clone, Debug)]
pub struct Contestant<W> {
    /// What it is.
    pub name: String,
    /// Its callers.
    pub callers: Vec<W>,
    /// The servers whose CPU time its calls cost.
    pub servers: Vec<Pid>,
}

/// What one contestant did in all its turns.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Calls in a second, by round.
    pub rates: Vec<f64>,
    /// How long calls took, in nanoseconds, over all rounds.
    pub latency: Histogram<u64>,
    /// CPU time of the servers for one call, in microseconds, by round.
    pub cpu: Vec<f64>,
    /// The same of the servers and the callers, who are this process.
    pub all_cpu: Vec<f64>,
}

impl Series {
    /// Calls in a second, in the middle round.
    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// CPU time of the servers for one call in microseconds, in the middle round.
    pub fn cpu(&self) -> f64 {
        median(&self.cpu)
    }

    /// How many times as many calls as `reference`: the middle one of the ratios of all rounds.
    pub fn ratio(&self, reference: &Self) -> f64 {
        let ratios: Vec<f64> = self
            .rates
            .iter()
            .zip(&reference.rates)
            .map(|(ours, theirs)| ours / theirs)
            .collect();
        median(&ratios)
    }

    /// A quantile of the latency, in microseconds.
    pub fn micros(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// The middle value; of an even number the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (len, middle) if len % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        (_, middle) => sorted[middle],
    }
}

/// Lets all take turns; every second round the other way round, so that nobody always follows the same one.
pub async fn contest<W: Work>(
    contestants: &[Contestant<W>],
    rounds: Rounds,
) -> Result<Vec<Series>> {
    let empty = |one: &Contestant<W>| {
        let latency = load::histogram()?;
        Ok::<_, anyhow::Error>(Series {
            name: one.name.clone(),
            rates: Vec::new(),
            latency,
            cpu: Vec::new(),
            all_cpu: Vec::new(),
        })
    };
    let mut all = contestants.iter().map(empty).collect::<Result<Vec<_>>>()?;
    for round in 0..rounds.rounds {
        let mut places: Vec<usize> = (0..contestants.len()).collect();
        if round % 2 == 1 {
            places.reverse();
        }
        for place in places {
            let (one, series) = (&contestants[place], &mut all[place]);
            // The warm-up is not measured on its own: CPU time is taken of the measured turn alone.
            closed(&one.callers, Duration::ZERO, rounds.warm_up).await?;
            let (before, own_before) = (cpu_of(&one.servers)?, Pid::own().cpu()?);
            let measured = closed(&one.callers, Duration::ZERO, rounds.time).await?;
            let cpu = cpu_of(&one.servers)?.saturating_sub(before);
            let all_cpu = cpu + Pid::own().cpu()?.saturating_sub(own_before);
            let of_a_call = |cpu: Duration| cpu.as_secs_f64() * 1e6 / measured.calls as f64;
            series.rates.push(measured.rate());
            series.latency.add(&measured.latency)?;
            series.cpu.push(of_a_call(cpu));
            series.all_cpu.push(of_a_call(all_cpu));
        }
    }
    Ok(all)
}

fn cpu_of(servers: &[Pid]) -> Result<Duration> {
    servers.iter().map(|server| server.cpu()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_not_moved_by_one_bad_round() {
        assert_eq!(median(&[3.0, 1.0, 900.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0]), 1.5);
        assert!(median(&[]).is_nan());
        let series = |rates: &[f64]| Series {
            name: String::new(),
            rates: rates.to_vec(),
            latency: load::histogram().unwrap(),
            cpu: Vec::new(),
            all_cpu: Vec::new(),
        };
        // The machine was half as quick in the second round, for both.
        assert_eq!(
            series(&[90.0, 45.0, 90.0]).ratio(&series(&[100.0, 50.0, 100.0])),
            0.9
        );
    }
}
