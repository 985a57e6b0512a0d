//! Which encoding a text is in, and how its lines end: one pass over the whole file, in constant memory, and a second one
//! over what is not UTF-8.

mod letters;

use std::io::{Read, Seek};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use self::letters::Letters;
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

#[derive(Default)]
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
}

/// Reads the source from its beginning to its end.
pub(super) fn scan(source: &mut (impl Read + Seek)) -> std::io::Result<Scan> {
    let mut counts = Counts::default();
    let mut head: Vec<u8> = Vec::new();
    each_chunk(source, |chunk| {
        if head.len() < 4 {
            head.extend(chunk.iter().take(4));
        }
        counts.take(chunk);
    })?;
    if !counts.carry.is_empty() {
        counts.spoilt();
    }
    let mut scan = counts.judge(&head);
    if counts.is_legacy(&scan) {
        let mut letters = Letters::default();
        each_chunk(source, |chunk| letters.take(chunk))?;
        letters.end();
        (scan.encoding, scan.by) = letters.legacy(scan.line_ends);
    }
    Ok(scan)
}

fn each_chunk(source: &mut (impl Read + Seek), mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    source.rewind()?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        take(&buffer[..read]);
    }
}

impl Counts {
    fn take(&mut self, chunk: &[u8]) {
        self.utf8(chunk);
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
        }
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

    /// Whether it is none of what can be known for sure.
    fn is_legacy(&self, scan: &Scan) -> bool {
        scan.encoding == UTF_8 && scan.bom == 0 && self.bad > 0 && self.good < 4 * self.bad
    }

    /// What can be known for sure; UTF-8 where nothing can.
    fn judge(&self, head: &[u8]) -> Scan {
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
        } else if self.bad > 0 {
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
    use encoding_rs::{MACINTOSH, WINDOWS_1252};

    use super::*;

    fn of(bytes: &[u8]) -> Scan {
        scan(&mut std::io::Cursor::new(bytes)).unwrap()
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
