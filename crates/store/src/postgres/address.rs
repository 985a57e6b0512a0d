//! Where the server is: `postgres://user@host:5432,host2/database?schema=name`.
//!
//! Everything but `schema` is tokio-postgres' own; what is not said gets a default that finds the new
//! primary soon after a fail-over.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use crate::{Error, Result};

/// PostgreSQL cuts longer names off in silence.
const SCHEMA_BYTES: usize = 63;

/// The address of a store on PostgreSQL.
#[derive(Clone)]
pub struct Address {
    /// As it was given; it may hold a password.
    text: String,
    pub(super) config: Config,
    schema: Option<String>,
}

impl Address {
    /// The schema in which the store's tables are, when the address names it. Without one nothing can be opened.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The same address, with this schema when it names none: so that services which are given one
    /// database keep their stores apart.
    #[must_use]
    pub fn or_schema(mut self, schema: &str) -> Self {
        if self.schema.is_none() {
            let mark = if self.text.contains('?') { '&' } else { '?' };
            self.text.push_str(&format!("{mark}schema={schema}"));
            self.schema = Some(schema.to_owned());
        }
        self
    }

    /// Whether the way to the server may lead over a network.
    pub(super) fn is_remote(&self) -> bool {
        let local = |host: &Host| match host {
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
            Host::Unix(_) => true,
        };
        !self.config.get_hosts().iter().all(local)
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (server, query) = text.split_once('?').unwrap_or((text, ""));
        // Else it is not certain where a password ends, and what is shown could hold a part of it.
        if server.matches('@').count() > 1 || query.contains('@') {
            return Err(Error::Schema(
                "the address of the server has an @ too many; inside a name or password write @ as %40, ? as %3F \
                 and & as %26"
                    .into(),
            ));
        }
        let mut schema = None;
        let mut theirs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("schema", name)) => schema = Some(checked(name)?),
                // With rustls the name and the chain are always verified.
                Some(("sslmode", "verify-ca" | "verify-full")) => theirs.push("sslmode=require"),
                _ => theirs.push(pair),
            }
        }
        let said = |name: &str| {
            theirs
                .iter()
                .any(|pair| pair.split('=').next() == Some(name))
        };
        let url = format!("{server}?{}", theirs.join("&"));
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let why = super::error::text(&error);
            // What a typing error made of it may have a password anywhere: nothing of it is repeated.
            Error::Schema(format!(
                "this is not the address of a server: {why}; it should look like \
                 postgres://user@host:5432/database?schema=name"
            ))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(Error::Schema(
                "the address of the server names no host; it should look like \
                 postgres://user@host:5432/database?schema=name"
                    .into(),
            ));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(2));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(10));
        }
        if !said("keepalives_idle") {
            config.keepalives_idle(Duration::from_secs(5));
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_interval(Duration::from_secs(2));
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(3);
        }
        if !said("target_session_attrs") {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("rapporteur");
        }
        // `prefer` would fall back to plain text in silence: either TLS is asked for, or it is not.
        if config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(SslMode::Disable);
        }
        let text = text.to_owned();
        Ok(Self {
            text,
            config,
            schema,
        })
    }
}

/// A name that needs no thought about quoting.
fn checked(schema: &str) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let named = schema
        .bytes()
        .next()
        .is_some_and(|byte| !byte.is_ascii_digit());
    if named
        && schema.bytes().all(plain)
        && schema.len() <= SCHEMA_BYTES
        && !schema.starts_with("pg_")
    {
        return Ok(schema.to_owned());
    }
    Err(Error::Schema(format!(
        "schema={schema} is not possible; it may have up to {SCHEMA_BYTES} small letters, digits and \
         underscores, and begins neither with a digit nor with pg_"
    )))
}

/// An address without its password.
struct Hidden<'a>(&'a str);

impl fmt::Display for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, query) = self.0.split_once('?').unwrap_or((self.0, ""));
        match server.rsplit_once('@') {
            Some((user, host)) => {
                let begin = user.find("://").map_or(0, |at| at + 3);
                let end = user.get(begin..).and_then(|user| user.find(':'));
                match end.and_then(|end| user.get(..begin + end)) {
                    Some(user) => write!(f, "{user}:***@{host}")?,
                    None => f.write_str(server)?,
                }
            }
            None => f.write_str(server)?,
        }
        for (pair, mark) in query
            .split('&')
            .zip("?".chars().chain(std::iter::repeat('&')))
        {
            match pair.split_once('=') {
                Some((name, _)) if name == "password" || name.contains('%') => {
                    write!(f, "{mark}{name}=***")?;
                }
                _ if query.is_empty() => {}
                _ => write!(f, "{mark}{pair}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hidden(&self.text).fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Address {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn the_schema_is_ours_and_the_rest_is_theirs() {
        let address = parsed("postgres://u@a:1,b:2/d?schema=events&connect_timeout=9");
        assert_eq!(address.schema(), Some("events"));
        assert_eq!(address.clone().or_schema("x").schema(), Some("events"));
        assert_eq!(address.config.get_hosts().len(), 2);
        assert_eq!(address.config.get_ports(), [1, 2]);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(address.config.get_connect_timeout().copied(), seconds(9));
        assert_eq!(address.config.get_tcp_user_timeout().copied(), seconds(10));
        assert_eq!(
            address.config.get_target_session_attrs(),
            TargetSessionAttrs::ReadWrite
        );
        assert_eq!(parsed("postgres://h/d").schema(), None);
        let named = parsed("postgres://h/d").or_schema("x");
        assert_eq!(
            (named.schema(), &named.to_string()[..]),
            (Some("x"), "postgres://h/d?schema=x")
        );
        let any = parsed("postgresql://h/d?target_session_attrs=any");
        assert_eq!(
            any.config.get_target_session_attrs(),
            TargetSessionAttrs::Any
        );
    }

    #[test]
    fn tls_is_asked_for_or_not_there() {
        let mode = |text| parsed(text).config.get_ssl_mode();
        assert_eq!(mode("postgres://h/d"), SslMode::Disable);
        assert_eq!(mode("postgres://h/d?sslmode=require"), SslMode::Require);
        assert_eq!(mode("postgres://h/d?sslmode=verify-full"), SslMode::Require);
    }

    #[test]
    fn a_password_is_never_shown() {
        for (text, shown) in [
            ("postgres://u:se:cret@h:1/d", "postgres://u:***@h:1/d"),
            ("postgres://u@h/d?schema=s", "postgres://u@h/d?schema=s"),
            (
                "postgres://h/d?user=u&password=secret&schema=s",
                "postgres://h/d?user=u&password=***&schema=s",
            ),
        ] {
            assert_eq!(parsed(text).to_string(), shown);
            assert_eq!(format!("{:?}", parsed(text)), shown);
        }
        for (odd, says) in [
            ("postgres://u:secret@h/d?colour=red", "colour"),
            ("postgres://u:secret", "port"),
            ("postgres://u:se@cret@h/d", "%40"),
            ("postgres://u:se?cret=x@h/d", "%3F"),
            ("postgres://:secret@/d", "no host"),
        ] {
            let error = odd.parse::<Address>().unwrap_err().to_string();
            assert!(
                error.contains(says) && !error.contains("cret"),
                "{odd}: {error}"
            );
        }
    }

    #[test]
    fn odd_schemas_and_missing_hosts_are_refused() {
        for schema in ["", "Events", "1st", "pg_x", "a\"b", "a-b", &"x".repeat(64)] {
            let address = format!("postgres://h/d?schema={schema}").parse::<Address>();
            let error = address.unwrap_err().to_string();
            assert!(error.contains("small letters"), "{schema}: {error}");
        }
        let error = "postgres:///d".parse::<Address>().unwrap_err().to_string();
        assert!(error.contains("names no host"), "{error}");
    }
}
