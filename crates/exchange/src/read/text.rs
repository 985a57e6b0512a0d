//! A text as UTF-8, chunk by chunk or line by line, whatever it was written in.

use std::io::{Read, Seek, SeekFrom};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

use super::encoding::scan;
use super::out::{Out, Stop};
use super::{Limits, Options};
use crate::row::Damage;

/// A text that is decoded while it is read.
pub(super) struct Text<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// What of `raw` is not decoded yet.
    left: std::ops::Range<usize>,
    ended: bool,
    chunk: String,
}

impl<R: Read + Seek> Text<R> {
    /// Finds out what the text is written in, notes it among the facts, and goes to its beginning. What a format
    /// must be written in (`only`) is not guessed.
    pub(super) fn open(
        mut source: R,
        options: &Options,
        only: Option<&'static Encoding>,
        out: &mut Out<'_, '_>,
    ) -> Result<Self, Stop> {
        let mut found = scan(&mut source)?;
        if let Some(label) = &options.encoding {
            found.encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                let reason = format!(
                    "{label:?} is not an encoding; such are utf-8, windows-1252, macintosh, iso-8859-2, utf-16le"
                );
                Damage::new(reason)
            })?;
            found.by = "the caller says so".to_owned();
        } else if let Some(only) = only.filter(|_| found.bom == 0 && !is_wide(found.encoding)) {
            found.by = "the format says so".to_owned();
            found.encoding = only;
        }
        let spoilt = found.encoding == UTF_8 && found.broken.is_some();
        out.facts.encoding = found.encoding.name().to_owned();
        out.facts.encoding_by = found.by;
        out.facts.line_ends = found.line_ends;
        out.replaced = found.encoding != UTF_8 || spoilt;
        if let Some(line) = found.broken.filter(|_| spoilt) {
            out.note(format!(
                "line {line} is the first with bytes that are not UTF-8"
            ));
        }
        if !found.quotes_pair && only.is_none() {
            out.note("the quotation marks do not pair up: a cell may reach over several rows");
        }
        source.seek(SeekFrom::Start(found.bom))?;
        Ok(Self {
            source,
            decoder: found.encoding.new_decoder_without_bom_handling(),
            raw: vec![0; 64 << 10],
            left: 0..0,
            ended: false,
            chunk: String::with_capacity(192 << 10),
        })
    }

    /// The next piece of the text; `None` at its end.
    pub(super) fn chunk(&mut self) -> Result<Option<&str>, Stop> {
        self.chunk.clear();
        while self.chunk.is_empty() {
            if self.left.is_empty() {
                if self.ended {
                    return Ok(None);
                }
                let read = self.source.read(&mut self.raw)?;
                self.left = 0..read;
                self.ended = read == 0;
            }
            let (result, read, _) = self.decoder.decode_to_string(
                &self.raw[self.left.clone()],
                &mut self.chunk,
                self.ended,
            );
            self.left.start += read;
            if self.ended && result == CoderResult::InputEmpty && self.chunk.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(&self.chunk))
    }

    /// The whole text, if it is not longer than `most` bytes.
    pub(super) fn whole(&mut self, most: u64) -> Result<String, Stop> {
        let mut whole = String::new();
        while let Some(chunk) = self.chunk()? {
            if whole.len() as u64 + chunk.len() as u64 > most {
                let reason = format!(
                    "is larger than {most} bytes; send one object a line (NDJSON), which is read in pieces"
                );
                return Err(Damage::new(reason).into());
            }
            whole.push_str(chunk);
        }
        Ok(whole)
    }
}

fn is_wide(encoding: &'static Encoding) -> bool {
    encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE
}

/// The lines of a text, by any of the three ends.
pub(super) struct Lines<R> {
    text: Text<R>,
    pending: String,
    at: usize,
    /// The number of the line that was given last.
    number: u64,
    /// A CR ended the last line: a LF that follows belongs to it.
    after_cr: bool,
    most: usize,
}

/// A line.
pub(super) enum Line {
    /// Its number, from 1; the text is in the buffer.
    Is(u64),
    /// Its number: it is longer than a line may be, and was passed over.
    TooLong(u64),
}

impl<R: Read + Seek> Lines<R> {
    pub(super) fn new(text: Text<R>, limits: &Limits) -> Self {
        Self {
            text,
            pending: String::new(),
            at: 0,
            number: 0,
            after_cr: false,
            most: limits.line,
        }
    }

    /// Puts the next line, without its end, into `line`.
    pub(super) fn next(&mut self, line: &mut String) -> Result<Option<Line>, Stop> {
        line.clear();
        let (mut long, mut any) = (false, false);
        loop {
            if self.at == self.pending.len() {
                let Some(chunk) = self.text.chunk()? else {
                    break;
                };
                self.pending.clear();
                self.pending.push_str(chunk);
                self.at = 0;
            }
            if std::mem::take(&mut self.after_cr) && self.pending[self.at..].starts_with('\n') {
                self.at += 1;
                continue;
            }
            any = true;
            let rest = &self.pending[self.at..];
            let end = rest.find(['\n', '\r']);
            let piece = &rest[..end.unwrap_or(rest.len())];
            if line.len() + piece.len() > self.most {
                long = true;
                line.clear();
            }
            if !long {
                line.push_str(piece);
            }
            self.at += piece.len();
            if end.is_some() {
                self.after_cr = self.pending[self.at..].starts_with('\r');
                self.at += 1;
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(if long {
            Line::TooLong(self.number)
        } else {
            Line::Is(self.number)
        }))
    }
}
