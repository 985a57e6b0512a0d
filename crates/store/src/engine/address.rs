//! Where a store is, as operators write it.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(feature = "postgres")]
use crate::postgres;
use crate::{Error, Result, sled};

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// `sled:DIR`: the embedded engine, in this directory.
    Sled(PathBuf),
    /// `postgres://user@host/database?schema=name`: a server that several processes may share.
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Address>),
}

impl Address {
    /// Whether a server keeps the store, rather than this process.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Sled(_))
    }

    /// The name of the engine, as [`Info::engine`](crate::Info::engine) has it.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sled(_) => sled::ENGINE,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => postgres::ENGINE,
        }
    }

    /// The same address, with this schema when it is of a server that needs one and names none.
    #[must_use]
    pub fn or_schema(self, schema: &str) -> Self {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(Box::new(address.or_schema(schema))),
            Self::Sled(dir) => {
                let _ = schema;
                Self::Sled(dir)
            }
        }
    }

    /// The same place, whatever the working directory is.
    #[must_use]
    pub fn absolute(&self) -> Self {
        match self {
            Self::Sled(dir) => Self::Sled(std::path::absolute(dir).unwrap_or_else(|_| dir.clone())),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => self.clone(),
        }
    }
}

#[cfg(feature = "postgres")]
const LIKE: &str = "sled:DIR or postgres://user@host:5432/database?schema=name";
#[cfg(not(feature = "postgres"))]
const LIKE: &str = "sled:DIR (this program was built without PostgreSQL)";

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("sled", dir)) if !dir.is_empty() => Ok(Self::Sled(dir.into())),
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(Box::new(text.parse()?)))
            }
            // What else it is may hold a password: it is not repeated.
            _ => Err(Error::Schema(format!(
                "this is not the address of a store; it should look like {LIKE}"
            ))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sled(dir) => write!(f, "sled:{}", dir.display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => fmt::Display::fmt(address, f),
        }
    }
}

impl fmt::Debug for Address {
    // Never more than is displayed: an address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The address of a store as an operator gave it, not read yet: whoever parses a command line repeats what is wrong
/// with it, and an address may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The address; [`Error::Schema`] when it is none, which never repeats a password.
    pub fn address(&self) -> Result<Address> {
        self.0.parse()
    }

    /// The place of one of several services that are given one address: a folder of its own below `sled:DIR`, and a
    /// database as it is, where each takes a schema of its own. [`Error::Schema`] when the address names one schema.
    pub fn shared_by(&self, service: &str) -> Result<Self> {
        match self.address()? {
            Address::Sled(_) => Ok(Self(format!("{}/{service}", self.0.trim_end_matches('/')))),
            #[cfg(feature = "postgres")]
            Address::Postgres(address) => match address.schema() {
                None => Ok(self.clone()),
                Some(schema) => Err(Error::Schema(format!(
                    "schema={schema} is one schema, and each service needs its own; leave it out, and each takes \
                     one after its name, as rapporteur_{service}"
                ))),
            },
        }
    }

    /// As it was given, for whom it was meant for: it may hold a password.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl FromStr for Text {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Ok(address) => fmt::Display::fmt(&address, f),
            Err(_) => f.write_str("(not an address)"),
        }
    }
}

/// What a parser says of a command line, each line cut off at what may hold a password: behind the `://` of a
/// server's address. Where an address that was mistyped ends is anybody's guess.
#[must_use]
pub fn without_passwords(said: &str) -> String {
    let cut = |line: &str| match ["postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| line.find(scheme).map(|at| at + scheme.len()))
    {
        Some(at) => format!("{}***", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    };
    said.split('\n').map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let address: Address = "sled:/var/lib/rapporteur/events".parse().unwrap();
        assert_eq!(address, Address::Sled("/var/lib/rapporteur/events".into()));
        assert_eq!(address.to_string(), "sled:/var/lib/rapporteur/events");
        for odd in ["", "sled", "sled:", "/var/lib", "mysql://x"] {
            let error = odd.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("sled:DIR"), "{odd}: {error}");
        }
        for odd in [
            "secret",
            "u:secret@h/d",
            "host=h password=secret",
            "http://u:secret@h",
        ] {
            let text: Text = odd.parse().unwrap();
            let said = format!("{} {text:?}", text.address().unwrap_err());
            assert!(!said.contains("secret"), "{said}");
        }
        let here = std::env::current_dir().unwrap().join("data/events");
        let relative: Address = "sled:data/events".parse().unwrap();
        assert_eq!(relative.absolute(), Address::Sled(here));
        assert_eq!(address.absolute(), address);
    }

    #[test]
    fn services_that_share_an_address_keep_apart() {
        let shared = |text: &str| {
            let text: Text = text.parse().unwrap();
            text.shared_by("events").map(|it| it.secret().to_owned())
        };
        assert_eq!(shared("sled:/srv/all/").unwrap(), "sled:/srv/all/events");
        assert!(shared("nowhere").is_err());
        #[cfg(feature = "postgres")]
        {
            let address = "postgres://u:secret@h/d";
            assert_eq!(shared(address).unwrap(), address);
            let refused = shared("postgres://h/d?schema=all").unwrap_err().to_string();
            assert!(refused.contains("rapporteur_events"), "{refused}");
        }
    }

    #[test]
    fn passwords_are_taken_out_of_what_is_said() {
        let said = "error: unexpected argument 'postgres://u:se'c ret@h' found\n\nUsage: x";
        assert_eq!(
            without_passwords(said),
            "error: unexpected argument 'postgres://***\n\nUsage: x"
        );
        for same in ["", "postgres", "sled:/a ://\n", "http://u:x@h"] {
            assert_eq!(without_passwords(same), same);
        }
    }
}
