//! Likeness among many texts: how long it takes to find what is like one, and to group near-duplicates.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rapporteur_search::evaluate::judged;
use rapporteur_search::similar::{DUPLICATE, REPEATS, Texts};

use crate::arguments::Similar;
use crate::table::markdown;

/// How many texts are looked for.
const QUERIES: usize = 500;
/// What made-up texts are made of.
const WHAT: [&str; 16] = [
    "ratify the convention on",
    "train officers in",
    "share data about",
    "report every year on",
    "adopt a law on",
    "raise awareness of",
    "open offices for",
    "reduce the cost of",
    "translate guidance on",
    "appoint a focal point for",
    "hold a thematic meeting on",
    "evaluate projects for",
    "protect those affected by",
    "consult civil society on",
    "agree with neighbours on",
    "invest in",
];
const ABOUT: [&str; 16] = [
    "missing migrants",
    "labour migration",
    "visas for students",
    "remittances",
    "border posts",
    "consular help",
    "birth registration",
    "return and reintegration",
    "trafficking in persons",
    "smuggling by sea",
    "unaccompanied children",
    "recognition of diplomas",
    "diaspora investment",
    "alternatives to detention",
    "family reunification",
    "fair recruitment",
];

/// Fills, searches and groups; prints the figures.
pub fn run(how: &Similar) -> Result<()> {
    let seed: Vec<(String, String)> = match &how.corpus {
        Some(file) => {
            let opened =
                File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let texts = judged::texts(&file.display().to_string(), BufReader::new(opened))?;
            texts
                .into_iter()
                .map(|text| (text.whole(), text.language))
                .collect()
        }
        None => (0..10_000)
            .map(|number| (made_up(number), "en".to_owned()))
            .collect(),
    };
    ensure!(!seed.is_empty(), "the corpus is empty");
    let text = |number: usize| {
        let (text, language) = &seed[number % seed.len()];
        (varied(text, number / seed.len(), number), language.as_str())
    };
    let count = how.texts as usize;
    let mut texts = Texts::default();
    let since = Instant::now();
    for number in 0..count {
        let (text, language) = text(number);
        texts.put(number, &text, language);
    }
    let filled = since.elapsed();

    let mut times = Vec::with_capacity(QUERIES);
    let mut found = 0;
    for query in 0..QUERIES {
        let (text, language) = text(query * count / QUERIES);
        let since = Instant::now();
        found += usize::from(
            !texts
                .similar(&text, language, REPEATS, 10, |_| false)
                .is_empty(),
        );
        times.push(since.elapsed());
    }
    ensure!(
        found == QUERIES,
        "{found} of {QUERIES} texts were found again"
    );
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];

    let since = Instant::now();
    let clusters = texts.clusters(DUPLICATE);
    let grouped = since.elapsed();
    let members: usize = clusters.iter().map(|cluster| cluster.members.len()).sum();

    let mut table = markdown(&["measured", "figure"], &[1]);
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    table.add_row(["texts".to_owned(), count.to_string()]);
    table.add_row([
        "put".to_owned(),
        format!("{:.0}/s", count as f64 / filled.as_secs_f64()),
    ]);
    table.add_row([
        "memory for a text".to_owned(),
        format!("{} bytes", texts.bytes() / count),
    ]);
    table.add_row(["similar, median".to_owned(), millis(at(0.5))]);
    table.add_row(["similar, 95th percentile".to_owned(), millis(at(0.95))]);
    table.add_row([
        "clusters of all".to_owned(),
        format!("{:.1} s", grouped.as_secs_f64()),
    ]);
    table.add_row(["clusters".to_owned(), clusters.len().to_string()]);
    table.add_row(["texts in clusters".to_owned(), members.to_string()]);
    table.add_row(["most memory of the process".to_owned(), peak()]);
    Ok(writeln!(std::io::stdout().lock(), "{table}")?)
}

/// The most memory that this process had, as the kernel says.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known".to_owned(), |size| size.trim().to_owned())
}

fn made_up(number: usize) -> String {
    let mut dice = Dice(number as u64);
    let part = |dice: &mut Dice| format!("{} {}", WHAT[dice.below(16)], ABOUT[dice.below(16)]);
    format!(
        "{} and {} in area {}",
        part(&mut dice),
        part(&mut dice),
        dice.below(2_000)
    )
}

/// The text as it is the first time, later with a few of its words left out, doubled or given a number.
fn varied(text: &str, round: usize, number: usize) -> String {
    if round == 0 {
        return text.to_owned();
    }
    let mut dice = Dice((round * 1_000_003 + number) as u64);
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        match dice.below(12) {
            0 => {}
            1 => words.push(format!("{word} {}", dice.below(5_000))),
            2 => words.push(ABOUT[dice.below(16)].to_owned()),
            _ => words.push(word.to_owned()),
        }
    }
    if words.is_empty() {
        text.to_owned()
    } else {
        words.join(" ")
    }
}

/// The same throws on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides).unwrap_or_default()
    }
}
