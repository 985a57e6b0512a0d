//! The figures, as trec_eval defines them.

use super::Quality;

/// Of one ranking: the grades of what was found, in its order, and the grades of all that is judged. A grade
/// above 0 is relevant.
pub fn quality(found: &[f64], judged: &[f64]) -> Quality {
    let relevant = judged.iter().filter(|grade| **grade > 0.0).count();
    if relevant == 0 {
        return Quality::default();
    }
    let hits = |depth: usize| {
        found
            .iter()
            .take(depth)
            .filter(|grade| **grade > 0.0)
            .count()
    };
    let (mut seen, mut sum) = (0, 0.0);
    for (place, grade) in found.iter().enumerate() {
        if *grade > 0.0 {
            seen += 1;
            sum += f64::from(seen) / (place + 1) as f64;
        }
    }
    let mut ideal = judged.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    Quality {
        map: sum / relevant as f64,
        ndcg_10: gain(found, 10) / gain(&ideal, 10),
        precision_10: hits(10) as f64 / 10.0,
        recall_100: hits(100) as f64 / relevant as f64,
    }
}

/// Discounted cumulative gain of the first `depth`.
fn gain(grades: &[f64], depth: usize) -> f64 {
    grades
        .iter()
        .take(depth)
        .enumerate()
        .map(|(place, grade)| grade.max(0.0) / ((place + 2) as f64).log2())
        .sum()
}

/// The means; all 0 where there is nothing.
pub fn mean(of: &[Quality]) -> Quality {
    let mean =
        |figure: fn(&Quality) -> f64| of.iter().map(figure).sum::<f64>() / of.len().max(1) as f64;
    Quality {
        map: mean(|one| one.map),
        ndcg_10: mean(|one| one.ndcg_10),
        precision_10: mean(|one| one.precision_10),
        recall_100: mean(|one| one.recall_100),
    }
}

/// Spearman's rank correlation: Pearson's of the ranks, ties sharing the mean of theirs. NaN where one side does
/// not vary or there are fewer than two.
pub fn spearman(one: &[f64], other: &[f64]) -> f64 {
    let (one, other) = (ranks(one), ranks(other));
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let (mean_one, mean_other) = (mean(&one), mean(&other));
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(&other) {
        both += (a - mean_one) * (b - mean_other);
        first += (a - mean_one).powi(2);
        second += (b - mean_other).powi(2);
    }
    both / (first * second).sqrt()
}

/// The rank of each value, from 1; equal values share the mean of their ranks.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let value = values[order[from]];
        let same = order[from..]
            .iter()
            .take_while(|place| values[**place] == value)
            .count()
            .max(1);
        let shared = (from + 1 + from + same) as f64 / 2.0;
        for place in &order[from..from + same] {
            ranks[*place] = shared;
        }
        from += same;
    }
    ranks
}
