//! Figures that are somewhere else and are read when they are told.

use std::collections::HashMap;

use prometheus::Result;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, Metric, MetricFamily, MetricType};

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up only, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// One figure with the labels that it has for good.
pub(super) struct Reading<F> {
    kind: Kind,
    desc: Desc,
    read: F,
}

impl<F: Fn() -> f64> Reading<F> {
    pub(super) fn new(
        kind: Kind,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: F,
    ) -> Result<Self> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let labels: HashMap<String, String> = labels.iter().map(owned).collect();
        let desc = Desc::new(name.to_owned(), help.to_owned(), Vec::new(), labels)?;
        Ok(Self { kind, desc, read })
    }
}

impl<F: Fn() -> f64 + Send + Sync> Collector for Reading<F> {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut metric = Metric::from_label(self.desc.const_label_pairs.clone());
        let value = (self.read)();
        let kind = match self.kind {
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
                MetricType::COUNTER
            }
            Kind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
                MetricType::GAUGE
            }
        };
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(kind);
        family.set_metric(vec![metric]);
        vec![family]
    }
}
