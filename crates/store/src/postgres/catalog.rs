//! Which stores a database holds. An address that names no schema is never guessed at: the answer lists them.

use std::fmt;

use tokio_postgres::Client;

use super::Address;
use super::connect::Connector;
use super::error::unsent;
use super::schema::Schema;
use crate::engine::Remote;
use crate::{Error, Result};

/// By the tables, since whoever asks may not be allowed to read them.
const STORES: &str = "select nspname::text from pg_class join pg_namespace n on n.oid = relnamespace \
    where relkind in ('r', 'p') and relname in ('meta', 'head', 'kv', 'log') \
    group by nspname having count(*) = 4 order by nspname";

/// The schemas of a database that hold stores.
pub struct Schemas(Vec<String>);

impl Schemas {
    /// Those of the database at `address`; a schema that it names does not matter.
    pub async fn at(address: &Address, remote: &Remote) -> Result<Self> {
        let session = Connector::new(address, remote)?.session().await?;
        Self::of(&session.client).await
    }

    async fn of(client: &Client) -> Result<Self> {
        let rows = client.query(STORES, &[]).await;
        let rows = rows.map_err(|error| unsent(&error))?;
        let names = rows.iter().map(|row| row.try_get(0));
        let names = names.collect::<std::result::Result<_, _>>();
        names.map(Self).map_err(|error| unsent(&error))
    }

    /// Holds when a store in `schema` is there or may be made though no address says its name. Beside stores
    /// under names that somebody chose, it may be one of those that is meant.
    pub fn permit(&self, schema: &str) -> Result<()> {
        let family = |name: &&String| name.starts_with("rapporteur_");
        if self.0.iter().any(|name| name == schema) || self.0.iter().all(|name| family(&name)) {
            return Ok(());
        }
        Err(Error::Schema(format!(
            "the address names no schema and there is no store in {schema}, but {self}; name the schema, as in \
             ?schema={schema} for a new store"
        )))
    }
}

impl fmt::Display for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [] => f.write_str("the database holds no store"),
            [one] => write!(f, "the database holds a store in the schema {one}"),
            many => write!(
                f,
                "the database holds stores in the schemas {}",
                many.join(", ")
            ),
        }
    }
}

/// The schema that an address names.
pub(super) async fn named(address: &Address, remote: &Remote) -> Result<Schema> {
    if let Some(name) = address.schema() {
        return Ok(Schema::new(name));
    }
    let found = Schemas::at(address, remote).await?;
    let like = found.0.first().map_or("rapporteur_events", String::as_str);
    Err(Error::Schema(format!(
        "{address} names no schema, and {found}; name one, as in ?schema={like}"
    )))
}
