//! What a text that is not UTF-8 may be written in, by how its letters stand.
//!
//! `chardetng` knows what the web knows. Macintosh files of before 2001 it does not: they are told from Windows ones
//! by how their letters and quotation marks stand in words.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};

use crate::row::LineEnds;

/// What a neighbour of a byte is.
#[derive(Clone, Copy)]
enum Near {
    Lower,
    Upper,
    Space,
    Digit,
    Other,
    High,
}

const NEAR: usize = 6;

fn near(byte: u8) -> Near {
    match byte {
        b'a'..=b'z' => Near::Lower,
        b'A'..=b'Z' => Near::Upper,
        b' ' | b'\r' | b'\n' | b'\t' => Near::Space,
        b'0'..=b'9' => Near::Digit,
        0x80.. => Near::High,
        _ => Near::Other,
    }
}

/// How letters and bytes beyond ASCII stand in a text that is not UTF-8.
pub(super) struct Letters {
    /// How often a high byte stands between which neighbours.
    seen: Vec<u32>,
    window: [u8; 2],
    detector: EncodingDetector,
}

impl Default for Letters {
    fn default() -> Self {
        Self {
            seen: vec![0; 128 * NEAR * NEAR],
            window: [b' '; 2],
            detector: EncodingDetector::new(Iso2022JpDetection::Deny),
        }
    }
}

impl Letters {
    pub(super) fn take(&mut self, chunk: &[u8]) {
        self.detector.feed(chunk, false);
        for &byte in chunk {
            self.see(byte);
        }
    }

    pub(super) fn end(&mut self) {
        self.see(b' ');
        self.detector.feed(&[], true);
    }

    /// Counts the byte before the last one by its neighbours.
    fn see(&mut self, next: u8) {
        let [before, byte] = self.window;
        if byte >= 0x80 {
            let at = (usize::from(byte - 0x80) * NEAR + near(before) as usize) * NEAR
                + near(next) as usize;
            self.seen[at] = self.seen[at].saturating_add(1);
        }
        self.window = [byte, next];
    }

    pub(super) fn legacy(&self, line_ends: LineEnds) -> (&'static Encoding, String) {
        let guess = self.detector.guess(None, Utf8Detection::Deny);
        let high: i64 = self.seen.iter().map(|n| i64::from(*n)).sum();
        let (mac, other) = (self.score(MACINTOSH), self.score(guess));
        let fits = if line_ends == LineEnds::Cr {
            // Nobody but a Macintosh ends lines so.
            mac + high / 4 >= other
        } else if guess == WINDOWS_1252 {
            mac > other
        } else {
            mac >= high && mac > other
        };
        if fits && mac > 0 {
            let ends = if line_ends == LineEnds::Cr {
                ", and lines end in CR"
            } else {
                ""
            };
            let by = format!(
                "is not UTF-8; its {high} other letters and marks make words as macintosh (score {mac}), not as \
                 {} ({other}){ends}",
                guess.name()
            );
            return (MACINTOSH, by);
        }
        let by = format!("is not UTF-8; by how often its {high} other bytes follow each other");
        (guess, by)
    }

    /// How well the high bytes make words in an encoding of one byte a character.
    fn score(&self, encoding: &'static Encoding) -> i64 {
        if !encoding.is_single_byte() {
            return 0;
        }
        let mut score = 0;
        for byte in 0x80..=0xFF_u8 {
            let bytes = [byte];
            let (text, _) = encoding.decode_without_bom_handling(&bytes);
            let Some(letter) = text.chars().next() else {
                continue;
            };
            let base = usize::from(byte - 0x80) * NEAR * NEAR;
            for (at, count) in self.seen[base..base + NEAR * NEAR].iter().enumerate() {
                if *count > 0 {
                    let fit = fit(letter, NEARS[at / NEAR], NEARS[at % NEAR]);
                    score += i64::from(*count) * fit;
                }
            }
        }
        score
    }
}

const NEARS: [Near; NEAR] = [
    Near::Lower,
    Near::Upper,
    Near::Space,
    Near::Digit,
    Near::Other,
    Near::High,
];

/// How well a letter stands between its neighbours.
fn fit(letter: char, before: Near, after: Near) -> i64 {
    use Near::{High, Lower, Other, Space, Upper};
    let word = |near| matches!(near, Lower | Upper);
    match letter {
        '\u{80}'..='\u{9F}' | '\u{FFFD}' => -4,
        '\u{A0}' => 0,
        '’' if word(before) => 3,
        '“' | '‘' | '«' if matches!(before, Space | Other) && !matches!(after, Space) => 2,
        '”' | '’' | '»' if !matches!(before, Space) => 2,
        '–' | '—' | '…' | '•' => 1,
        _ if letter.is_lowercase() => match (before, after) {
            (Lower | Upper, _) | (_, Lower) => 2,
            (_, High) | (High, _) => 0,
            _ => -1,
        },
        _ if letter.is_uppercase() => match (before, after) {
            (Lower, _) => -3,
            (_, Lower | Upper) => 1,
            _ => 0,
        },
        _ if letter.is_alphabetic() => 0,
        _ => -1,
    }
}
