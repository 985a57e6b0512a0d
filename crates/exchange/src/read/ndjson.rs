//! One JSON object a line.

use std::fmt::{self, Formatter};
use std::io::{Read, Seek};

use encoding_rs::UTF_8;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Options;
use super::out::{Out, Stop};
use super::text::{Line, Lines, Text};
use crate::row::Place;

pub(super) fn read<R: Read + Seek>(
    source: R,
    options: &Options,
    out: &mut Out<'_, '_>,
) -> Result<(), Stop> {
    let text = Text::open(source, options, Some(UTF_8), out)?;
    let mut lines = Lines::new(text, &out.limits);
    let mut line = String::new();
    while let Some(next) = lines.next(&mut line)? {
        let (place, long) = match next {
            Line::Is(number) => (Place::Line(number), false),
            Line::TooLong(number) => (Place::Line(number), true),
        };
        if long {
            let reason = format!("is longer than {} bytes", out.limits.line);
            out.refuse(place, "", reason)?;
        } else if !line.trim().is_empty() {
            match object(&line, out.limits.nesting) {
                Ok(cells) => out.row(place, cells)?,
                Err(reason) => out.refuse(place, "", reason)?,
            }
        }
    }
    Ok(())
}

/// The fields of one JSON object, in their order.
pub(super) fn object(text: &str, nesting: usize) -> Result<Vec<(String, Value)>, String> {
    depth(text.as_bytes(), nesting).map_err(|(_, reason)| reason)?;
    match serde_json::from_str::<Fields>(text) {
        Ok(fields) => Ok(fields.0),
        Err(error) => Err(format!("is not a JSON object: {error}")),
    }
}

/// Whether nothing is nested deeper than `most`: checked before anything is built. Gives the place in bytes.
pub(super) fn depth(text: &[u8], most: usize) -> Result<(), (usize, String)> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > most {
                    return Err((at, format!("is nested deeper than {most} levels")));
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// An object that keeps the order of its fields.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields: Vec<(String, Value)> = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        from.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    #[test]
    fn lines_are_rows_and_bad_ones_are_named() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(70), "]".repeat(70));
        let text =
            format!("{{\"b\":1,\"a\":[\"x\"]}}\r\n\r\n[1]\n{{\n{deep}\n{{\"b\":\"\\u0000\"}}");
        let (rows, refused, _) = read_all(text.as_bytes(), "x.jsonl", &Options::default()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].cells[0].0, "b");
        let said: Vec<String> = refused.iter().map(ToString::to_string).collect();
        assert!(
            said[0].starts_with("line 3: is not a JSON object"),
            "{said:?}"
        );
        assert!(said[1].starts_with("line 4: is not a JSON object"));
        assert_eq!(said[2], "line 5: is nested deeper than 64 levels");
        assert!(said[3].starts_with("line 6, b: holds a NUL"));
    }
}
