//! What is printed, and what is written for programs.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::load::Measured;
use crate::rounds::{Series, median};

/// What a ratio is to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Target {
    fn met(self, ratio: f64) -> bool {
        // What could not be measured meets nothing.
        match self {
            Self::AtLeast(least) => ratio >= least,
            Self::AtMost(most) => ratio <= most,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
        }
    }
}

/// One ratio.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// Against what.
    pub against: String,
    /// How many times as much, or as long.
    pub ratio: f64,
    /// What it is to be; `None`: it is only good to know.
    pub target: Option<Target>,
    /// The figure itself.
    pub measured: String,
    /// The reference's.
    pub reference: String,
}

impl Row {
    /// How many times as many calls in a second.
    pub fn of(series: &Series, reference: &Series, target: Option<Target>) -> Self {
        Self {
            what: series.name.clone(),
            against: reference.name.clone(),
            ratio: series.ratio(reference),
            target,
            measured: per_second(series.rate()),
            reference: per_second(reference.rate()),
        }
    }

    /// How many times as long a call takes.
    pub fn slower(series: &Series, reference: &Series, target: Option<Target>) -> Self {
        let row = Self::of(series, reference, target);
        Self {
            what: format!("{}, time of a call", row.what),
            ratio: reference.ratio(series),
            ..row
        }
    }

    /// How many calls the reference's CPU time for a call would do, of all processes together. Unlike a rate it does
    /// not depend on who else uses the machine.
    pub fn cheaper(series: &Series, reference: &Series) -> Self {
        let (ours, theirs) = (median(&series.all_cpu), median(&reference.all_cpu));
        Self {
            what: format!("{}, CPU time", series.name),
            against: reference.name.clone(),
            ratio: theirs / ours,
            target: None,
            measured: format!("{ours:.0} µs"),
            reference: format!("{theirs:.0} µs"),
        }
    }

    /// Whether it is what it is to be.
    pub fn met(&self) -> bool {
        self.target.is_none_or(|target| target.met(self.ratio))
    }
}

/// What one contestant did.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Which.
    pub name: String,
    /// Closed loop, or open at which rate.
    pub open_at: Option<f64>,
    /// Calls in a second.
    pub rate: f64,
    /// Median latency, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 are quicker.
    pub p99_us: f64,
    /// 999 of 1,000 are quicker.
    pub p999_us: f64,
    /// CPU time of the servers for one call, in microseconds.
    pub cpu_us: Option<f64>,
}

impl Figure {
    /// Of all turns in a closed loop.
    pub fn of(series: &Series) -> Self {
        Self {
            name: series.name.clone(),
            open_at: None,
            rate: series.rate(),
            p50_us: series.micros(0.5),
            p99_us: series.micros(0.99),
            p999_us: series.micros(0.999),
            cpu_us: Some(series.cpu()).filter(|cpu| *cpu > 0.0),
        }
    }

    /// Of an open loop.
    pub fn open(name: &str, rate: f64, measured: &Measured) -> Self {
        let micros = |quantile| measured.latency.value_at_quantile(quantile) as f64 / 1_000.0;
        Self {
            name: name.to_owned(),
            open_at: Some(rate),
            rate: measured.rate(),
            p50_us: micros(0.5),
            p99_us: micros(0.99),
            p999_us: micros(0.999),
            cpu_us: None,
        }
    }
}

/// Everything that a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether the figures mean nothing.
    pub quick: bool,
    /// On what it ran.
    pub machine: String,
    /// The figures.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What measurements came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// The ratios.
    pub rows: Vec<Row>,
    /// What they were made of.
    pub figures: Vec<Figure>,
}

impl Report {
    /// Adds what one more measurement came to.
    pub fn add(&mut self, more: Outcome) {
        self.outcome.rows.extend(more.rows);
        self.outcome.figures.extend(more.figures);
    }

    /// Whether all targets were met.
    pub fn met(&self) -> bool {
        self.outcome.rows.iter().all(Row::met)
    }

    /// Writes all of it as JSON.
    pub fn write(&self, file: &Path) -> Result<()> {
        Ok(std::fs::write(file, serde_json::to_vec_pretty(self)?)?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ratios = markdown(
            &[
                "measured",
                "against",
                "ratio",
                "target",
                "",
                "measured",
                "reference",
            ],
            &[2, 5, 6],
        );
        for row in &self.outcome.rows {
            let verdict = match row.target {
                None => "",
                Some(_) if row.met() => "met",
                Some(_) => "MISSED",
            };
            let target = row
                .target
                .map(|target| target.to_string())
                .unwrap_or_default();
            let ratio = format!("{:.2}", row.ratio);
            ratios.add_row([
                &row.what,
                &row.against,
                &ratio,
                &target,
                verdict,
                &row.measured,
                &row.reference,
            ]);
        }
        let names = [
            "measured",
            "loop",
            "calls",
            "p50 µs",
            "p99 µs",
            "p99.9 µs",
            "server CPU µs/call",
        ];
        let mut figures = markdown(&names, &[2, 3, 4, 5, 6]);
        for figure in &self.outcome.figures {
            let turns = figure.open_at.map_or_else(
                || "closed".to_owned(),
                |rate| format!("open, {}", per_second(rate)),
            );
            let cpu = figure
                .cpu_us
                .map(|cpu| format!("{cpu:.1}"))
                .unwrap_or_default();
            let us = |us: f64| format!("{us:.0}");
            let [p50, p99, p999] = [figure.p50_us, figure.p99_us, figure.p999_us].map(us);
            figures.add_row([
                &figure.name,
                &turns,
                &per_second(figure.rate),
                &p50,
                &p99,
                &p999,
                &cpu,
            ]);
        }
        writeln!(f, "{}\n", self.machine)?;
        if self.quick {
            writeln!(
                f,
                "A quick run: it shows that everything works; the figures mean nothing.\n"
            )?;
        }
        writeln!(f, "{ratios}\n\n{figures}")
    }
}

/// A table with this header, in Markdown; the columns of numbers are aligned to the right.
pub(crate) fn markdown(header: &[&str], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_header(header.iter().copied());
    for place in numbers {
        if let Some(column) = table.column_mut(*place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0}/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_that_is_no_number_meets_no_target() {
        assert!(Target::AtLeast(0.9).met(0.9));
        assert!(Target::AtMost(3.0).met(2.9));
        assert!(!Target::AtMost(3.0).met(3.1));
        assert!(!Target::AtLeast(0.9).met(f64::NAN));
        assert!(!Target::AtMost(3.0).met(f64::NAN));
    }
}
