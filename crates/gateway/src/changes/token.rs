//! Tokens of the joined feed: `e:<token of events>,r:<token of recommendations>`, either part empty at
//! the beginning of its feed.

use std::fmt;
use std::str::FromStr;

use rapporteur_records::Error;

use crate::routes::ROUTES;

/// The first letter of each service's part, in the order of [`ROUTES`].
const LETTERS: [char; ROUTES.len()] = ['e', 'r'];
/// No token is longer: two of 90 characters, with room.
const LONGEST: usize = 500;

/// Where each service's feed goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) parts: [String; ROUTES.len()],
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (letter, part)) in LETTERS.iter().zip(&self.parts).enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{letter}:{part}")?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut token = Self::default();
        if text.is_empty() {
            return Ok(token);
        }
        let wrong = || {
            let hint = "is not a token of this feed; use one as it was given, or none (a service's own token is another)";
            Error::invalid("token", hint)
        };
        if text.len() > LONGEST {
            return Err(wrong());
        }
        let mut parts = text.split(',');
        for (letter, part) in LETTERS.iter().zip(&mut token.parts) {
            let found = parts
                .next()
                .and_then(|p| p.strip_prefix(*letter))
                .and_then(|p| p.strip_prefix(':'));
            found.ok_or_else(wrong)?.clone_into(part);
        }
        if parts.next().is_some() {
            Err(wrong())
        } else {
            Ok(token)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = Token {
            parts: ["a.1.b".into(), String::new()],
        };
        assert_eq!(token.to_string(), "e:a.1.b,r:");
        assert_eq!(token.to_string().parse::<Token>().unwrap(), token);
        assert_eq!("".parse::<Token>().unwrap(), Token::default());
        for odd in ["a.1.b", "e:a", "r:,e:", "e:,r:,x:", ",", &"e".repeat(600)] {
            assert!(
                odd.parse::<Token>()
                    .unwrap_err()
                    .to_string()
                    .contains("token"),
                "{odd}"
            );
        }
    }
}
