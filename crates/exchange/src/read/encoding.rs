//! Which encoding a text is in, and how its lines end: one pass over the whole file, in constant memory.
//!
//! `chardetng` knows what the web knows. Macintosh files of before 2001 it does not: they are told from Windows ones
//! by how their letters and quotation marks stand in words.

use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::row::LineEnds;

/// What a pass over a text found.
pub(super) struct Scan {
    pub(super) encoding: &'static Encoding,
    pub(super) by: String,
    /// Bytes of the byte order mark.
    pub(super) bom: u64,
    pub(super) line_ends: LineEnds,
    /// The line of the first byte that is not UTF-8.
    pub(super) broken: Option<u64>,
    /// Whether the quotation marks pair up.
    pub(super) quotes_pair: bool,
}

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

struct Counts {
    cr: u64,
    lf: u64,
    crlf: u64,
    quotes: u64,
    nul: [u64; 2],
    bytes: u64,
    last: u8,
    /// Of UTF-8: characters beyond ASCII, and bytes that belong to none.
    good: u64,
    bad: u64,
    first_bad: u64,
    carry: Vec<u8>,
    /// How often a high byte stands between which neighbours.
    seen: Vec<u32>,
    window: [u8; 2],
    detector: EncodingDetector,
}

/// Reads the source to its end.
pub(super) fn scan(mut source: impl Read) -> std::io::Result<Scan> {
    let mut counts = Counts {
        cr: 0,
        lf: 0,
        crlf: 0,
        quotes: 0,
        nul: [0; 2],
        bytes: 0,
        last: 0,
        good: 0,
        bad: 0,
        first_bad: 0,
        carry: Vec::new(),
        seen: vec![0; 128 * NEAR * NEAR],
        window: [b' '; 2],
        detector: EncodingDetector::new(Iso2022JpDetection::Deny),
    };
    let mut buffer = vec![0; 64 << 10];
    let mut head: Vec<u8> = Vec::new();
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        if head.len() < 4 {
            head.extend(buffer[..read].iter().take(4));
        }
        counts.take(&buffer[..read]);
    }
    counts.see(b' ');
    counts.detector.feed(&[], true);
    if !counts.carry.is_empty() {
        counts.spoilt();
    }
    Ok(counts.judge(&head))
}

impl Counts {
    fn take(&mut self, chunk: &[u8]) {
        self.utf8(chunk);
        self.detector.feed(chunk, false);
        for &byte in chunk {
            match byte {
                b'\n' if self.last == b'\r' => {
                    self.crlf += 1;
                    self.cr -= 1;
                }
                b'\n' => self.lf += 1,
                b'\r' => self.cr += 1,
                b'"' => self.quotes += 1,
                0 => self.nul[usize::from(self.bytes % 2 == 1)] += 1,
                _ => {}
            }
            self.bytes += 1;
            self.last = byte;
            self.see(byte);
        }
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

    fn utf8(&mut self, chunk: &[u8]) {
        let joined: Vec<u8>;
        let mut rest = if self.carry.is_empty() {
            chunk
        } else {
            joined = [&self.carry[..], chunk].concat();
            self.carry.clear();
            &joined
        };
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.good += beyond_ascii(text.as_bytes());
                    return;
                }
                Err(error) => {
                    let (good, after) = rest.split_at(error.valid_up_to());
                    self.good += beyond_ascii(good);
                    let Some(length) = error.error_len() else {
                        self.carry = after.to_vec();
                        return;
                    };
                    if self.bad == 0 {
                        self.first_bad = ends(good);
                    }
                    self.spoilt();
                    rest = &after[length..];
                }
            }
        }
    }

    fn spoilt(&mut self) {
        if self.bad == 0 {
            // Lines before this chunk; those within it were counted by the caller. CR LF counts once.
            self.first_bad += self.cr + self.lf + self.crlf + 1;
        }
        self.bad += 1;
    }

    fn judge(self, head: &[u8]) -> Scan {
        let line_ends = match (self.cr > 0, self.lf > 0, self.crlf > 0) {
            (false, false, false) => LineEnds::None,
            (true, false, false) => LineEnds::Cr,
            (false, true, false) => LineEnds::Lf,
            (false, false, true) => LineEnds::CrLf,
            _ => LineEnds::Mixed,
        };
        let mut scan = Scan {
            encoding: UTF_8,
            by: "every byte of it is UTF-8".to_owned(),
            bom: 0,
            line_ends,
            broken: (self.bad > 0).then_some(self.first_bad),
            quotes_pair: self.quotes.is_multiple_of(2),
        };
        if let Some((encoding, length)) = Encoding::for_bom(head) {
            scan.encoding = encoding;
            scan.bom = length as u64;
            scan.by = "byte order mark".to_owned();
        } else if let Some(wide) = self.wide() {
            scan.encoding = wide;
            scan.by = "every second byte is NUL".to_owned();
        } else if self.bad > 0 && self.good < 4 * self.bad {
            (scan.encoding, scan.by) = self.legacy(line_ends);
        }
        if self.bad > 0 && scan.encoding == UTF_8 && scan.bom == 0 {
            scan.by = format!(
                "{} characters are UTF-8, {} bytes are not",
                self.good, self.bad
            );
        }
        scan
    }

    /// UTF-16 without a mark, when half of the bytes are NUL.
    fn wide(&self) -> Option<&'static Encoding> {
        let many = self.bytes / 6;
        match self.nul {
            [even, odd] if odd > many && even * 20 < odd => Some(UTF_16LE),
            [even, odd] if even > many && odd * 20 < even => Some(UTF_16BE),
            _ => None,
        }
    }

    fn legacy(&self, line_ends: LineEnds) -> (&'static Encoding, String) {
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

/// Ends of lines, CR LF as one.
fn ends(text: &[u8]) -> u64 {
    let lf = text.iter().filter(|byte| **byte == b'\n').count();
    let cr = text.iter().filter(|byte| **byte == b'\r').count();
    let both = text.windows(2).filter(|pair| pair == b"\r\n").count();
    (lf + cr - both) as u64
}

fn beyond_ascii(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte >= 0xC0).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Scan {
        scan(bytes).unwrap()
    }

    #[test]
    fn encodings_are_told_apart() {
        let text =
            "Côte d’Ivoire, “école” – Saõ Tomé, señor; l’État n’a pas répondu à la question\n";
        let wide = |little: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| {
                    if little {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                })
                .collect()
        };
        let mac = MACINTOSH.encode(text).0.into_owned();
        let old_mac: Vec<u8> = mac
            .iter()
            .map(|b| if *b == b'\n' { b'\r' } else { *b })
            .collect();
        let windows = WINDOWS_1252.encode(text).0.into_owned();
        let cyrillic = encoding_rs::WINDOWS_1251
            .encode("Рекомендация принята государством\n")
            .0
            .into_owned();
        for (bytes, encoding, ends) in [
            (text.as_bytes().to_vec(), UTF_8, LineEnds::Lf),
            (
                [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
                UTF_8,
                LineEnds::Lf,
            ),
            (b"plain\r\n".to_vec(), UTF_8, LineEnds::CrLf),
            (mac, MACINTOSH, LineEnds::Lf),
            (old_mac, MACINTOSH, LineEnds::Cr),
            (windows, WINDOWS_1252, LineEnds::Lf),
            (cyrillic, encoding_rs::WINDOWS_1251, LineEnds::Lf),
        ] {
            let found = of(&bytes);
            assert_eq!(found.encoding.name(), encoding.name(), "{}", found.by);
            assert_eq!(found.line_ends, ends);
        }
        assert_eq!(of(&wide(true)).encoding, UTF_16LE);
        assert_eq!(of(&wide(false)).encoding, UTF_16BE);
    }

    #[test]
    fn a_broken_byte_in_much_utf8_is_named_by_its_line() {
        let mut bytes = "é é é é é\né\n".as_bytes().to_vec();
        bytes.extend(b"x \xFF y\n");
        let found = of(&bytes);
        assert_eq!(found.encoding, UTF_8);
        assert_eq!(found.broken, Some(3));
    }
}
