//! What goes wrong, and when.

use std::time::Duration;

use turmoil::Sim;

use crate::client::CLIENTS;
use crate::house::{EVENTS, GATEWAY, RECOMMENDATIONS};

/// As long as this, things go wrong.
const UNTIL: Duration = Duration::from_secs(20);

/// Throws the dice of one seed.
pub(crate) struct Trouble {
    dice: u64,
    next: Duration,
    /// Hosts that do not run.
    down: Vec<&'static str>,
    /// Whether all is healed.
    pub(crate) over: bool,
    /// One line for each thing that went wrong: when, in milliseconds, and what.
    pub(crate) log: String,
}

const HOSTS: [&str; 3] = [GATEWAY, EVENTS, RECOMMENDATIONS];
const LINKS: [(&str, &str); 6] = [
    (GATEWAY, EVENTS),
    (GATEWAY, RECOMMENDATIONS),
    (RECOMMENDATIONS, EVENTS),
    (CLIENTS[0], GATEWAY),
    (CLIENTS[1], GATEWAY),
    (CLIENTS[2], GATEWAY),
];

impl Trouble {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            dice: seed,
            next: Duration::from_millis(200),
            down: Vec::new(),
            over: false,
            log: String::new(),
        }
    }

    /// A number below `below` (SplitMix64).
    fn roll(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    /// Does the next bad thing when its time has come; heals everything when there was enough.
    pub(crate) fn make(&mut self, sim: &mut Sim<'_>) {
        if self.over || sim.elapsed() < self.next {
            return;
        }
        if sim.elapsed() >= UNTIL {
            for (a, b) in LINKS {
                sim.repair(a, b);
            }
            for host in std::mem::take(&mut self.down) {
                sim.bounce(host);
            }
            self.over = true;
            return;
        }
        let pause = Duration::from_millis(20 + self.roll(600));
        self.next += pause;
        let (a, b) = LINKS[self.roll(LINKS.len() as u64) as usize];
        let host = HOSTS[self.roll(HOSTS.len() as u64) as usize];
        let down = self.down.contains(&host);
        let what = match self.roll(8) {
            0 => {
                sim.partition(a, b);
                format!("{a} and {b} are cut off from each other")
            }
            1 => {
                sim.partition_oneway(a, b);
                format!("{a} is not heard by {b}")
            }
            2..=4 => {
                sim.repair(a, b);
                format!("{a} and {b} reach each other")
            }
            5 if !down => {
                sim.crash(host);
                self.down.push(host);
                format!("{host} dies")
            }
            _ if down => {
                sim.bounce(host);
                self.down.retain(|other| *other != host);
                format!("{host} is back")
            }
            6 => {
                sim.bounce(host);
                format!("{host} starts again")
            }
            _ => return,
        };
        let now = sim.elapsed().as_millis();
        self.log.push_str(&format!("{now}: {what}\n"));
    }
}
