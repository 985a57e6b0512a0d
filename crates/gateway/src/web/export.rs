//! Lists in the formats of others: `?format=csv` at the address of a list, `?format=akoma-ntoso` at that of an instrument.
//!
//! What is in them comes through the very call of that address, with its filters and as this caller ([`Inside`]), and
//! is written by `rapporteur_exchange`, as `rapporteur export` writes it. OData goes page by page, each with the address
//! of the next; the other formats are whole, at most [`MOST`] records, and wait in a temporary file, so that their size
//! costs no memory. What a reader has already is told as for calendars: by the position up to which the views have
//! read.

mod described;
mod form;
mod query;
mod read;
mod what;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, Write as _};

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST, IF_NONE_MATCH};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, Request, Response};
use prost_reflect::DynamicMessage;
use rapporteur_exchange::write::{About, akoma_ntoso, odata, steady};
use rapporteur_records::{Error, Result};
use rapporteur_server::status;
use rapporteur_views::Views;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tonic::Status;

pub use self::described::{content, parameters};
use self::form::Form;
pub use self::query::Query;
use self::read::Reader;
use self::what::What;
use self::write::Sheet;
use super::bindings::{Binding, Bindings, Found};
use super::inside::{Inside, Onward};
use super::known::{self, Known, Position};
use super::request::{self, Said};
use super::template::Path;
use super::{V1, etag, paced, problem};

const FORWARDED: &str = "x-forwarded-proto";
/// Most records of one export that has no pages.
pub const MOST: usize = 50_000;
/// Exports that are put together at a time.
const AT_A_TIME: usize = 2;

/// Answers requests for exports.
#[derive(Debug)]
pub struct Exports {
    inside: Inside,
    bindings: Bindings,
    views: Views,
    /// What the listener speaks.
    scheme: &'static str,
    known: Known,
    room: Semaphore,
}

/// One request.
struct Asked<'r> {
    parts: &'r Parts,
    binding: &'r Binding,
    query: Query,
    message: DynamicMessage,
    reader: Reader<'r>,
    /// What stands before names to make addresses of them.
    base: String,
}

/// The body of an answer.
enum Made {
    Small(Vec<u8>),
    Large(File),
}

impl Exports {
    /// Exports of what these services tell; `views` say when something has changed, `scheme` is what the listener speaks.
    pub fn new(inside: Inside, bindings: Bindings, views: Views, scheme: &'static str) -> Self {
        Self {
            inside,
            bindings,
            views,
            scheme,
            known: Known::default(),
            room: Semaphore::new(AT_A_TIME),
        }
    }

    /// What is asked for, where it is an export.
    pub fn asked(request: &Request<Body>) -> Option<Result<Query>> {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        Query::read(request.uri().query().unwrap_or_default()).filter(|_| reads)
    }

    /// The answer to a request that asks for an export.
    pub async fn answer(&self, query: Result<Query>, request: Request<Body>) -> Response<Body> {
        let (parts, _) = request.into_parts();
        let path = Path::split(parts.uri.path());
        let binding = match self.bindings.find(&Method::GET, &path) {
            Found::Call(binding) => binding,
            Found::OtherMethods(methods) => {
                return problem::other_methods(&methods, &parts.headers);
            }
            Found::Nothing => {
                let name = parts.uri.path().to_owned();
                return problem::answer(&status(Error::NotFound { name }), &parts.headers);
            }
        };
        let onward = Onward::of(&parts.headers, &parts.extensions);
        let asked = query.and_then(|query| self.read(query, &parts, &path, binding, &onward));
        let answer = match asked {
            Ok((asked, what)) => self.exported(asked, what, &onward).await,
            Err(error) => Err(status(error)),
        };
        answer.unwrap_or_else(|status| problem::answer(&status, &parts.headers))
    }

    fn read<'r>(
        &'r self,
        query: Query,
        parts: &'r Parts,
        path: &Path<'_>,
        binding: &'r Binding,
        onward: &'r Onward,
    ) -> Result<(Asked<'r>, What)> {
        let what = What::of(binding).ok_or_else(|| {
            let why = "this address gives nothing that is exported: lists of records are, and an instrument";
            Error::invalid("format", why)
        })?;
        what.fits(query.form)?;
        let said = Said {
            path,
            query: &query.rest,
            headers: &parts.headers,
            body: &[],
        };
        let message = request::message(binding, said)?;
        if query.form != Form::OData {
            for field in ["page_size", "page_token"] {
                if message
                    .get_field_by_name(field)
                    .is_some_and(|_| message.has_field_by_name(field))
                {
                    return Err(Error::invalid(field, "only format=odata has pages"));
                }
            }
        }
        let asked = Asked {
            parts,
            binding,
            message,
            reader: Reader::new(&self.inside, &self.bindings, onward),
            base: base(parts, self.scheme),
            query,
        };
        Ok((asked, what))
    }

    async fn exported(
        &self,
        asked: Asked<'_>,
        what: What,
        onward: &Onward,
    ) -> std::result::Result<Response<Body>, Status> {
        let headers = &asked.parts.headers;
        let key = known::key(onward, &format!("{} {}", asked.base, asked.parts.uri));
        // Before anything is read: what changes meanwhile is asked for again the next time.
        let position = Position::of(&self.views);
        let has = headers.get(IF_NONE_MATCH).map(|has| has.as_bytes());
        if let Some(etag) = self.known.etag(&key, &position)
            && has.is_some_and(|has| etag::is_named(has, &etag))
        {
            asked.reader.may(asked.binding, &asked.message).await?;
            return etag::answered(headers, &etag, || Ok(Response::new(Body::empty())));
        }
        let (made, kind) = {
            let _room = self.room.acquire().await;
            match what {
                What::List { kind, message } if asked.query.form == Form::OData => {
                    drop(message);
                    (page(&asked, &kind).await?, kind)
                }
                What::List { kind, message } => (whole(&asked, &kind, message).await?, kind),
                What::Text => (text(&asked).await?, "instrument".to_owned()),
            }
        };
        let (made, etag) = tokio::task::spawn_blocking(move || made.hashed())
            .await
            .map_err(|error| internal(&error))?
            .map_err(|error| internal(&error))?;
        self.known.remember(key, position, &etag);
        let mut answer = etag::answered(headers, &etag, || match made {
            Made::Small(bytes) => Ok(paced::answer(Bytes::from(bytes))),
            Made::Large(file) => paced::file(file).map_err(|error| internal(&error)),
        })?;
        if answer.status().is_success() {
            asked.query.form.tell(&kind, answer.headers_mut());
        }
        Ok(answer)
    }
}

/// One page of a list as OData.
async fn page(asked: &Asked<'_>, kind: &str) -> std::result::Result<Made, Status> {
    let (records, next) = asked
        .reader
        .page(asked.binding, asked.message.clone())
        .await?;
    let next =
        (!next.is_empty()).then(|| asked.query.next(&asked.base, asked.parts.uri.path(), &next));
    let records = records.iter().map(steady);
    let records: Vec<Value> = records
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| internal(&error))?;
    let about = about(asked, false).await?;
    let whole = next.is_none() && !asked.message.has_field_by_name("page_token");
    let mut made = Vec::new();
    odata::page(kind, &records, next.as_deref(), whole, &about, &mut made)
        .map_err(|error| internal(&error))?;
    Ok(Made::Small(made))
}

/// The text of an instrument with its recommendations.
async fn text(asked: &Asked<'_>) -> std::result::Result<Made, Status> {
    let instrument = asked
        .reader
        .one(asked.binding, asked.message.clone())
        .await?;
    let elements = asked
        .reader
        .elements(&request::text_of(&instrument, "name"))
        .await?;
    let about = about(asked, true).await?;
    let written = tokio::task::spawn_blocking(move || {
        let instrument = steady(&instrument).map_err(std::io::Error::other)?;
        let elements = elements.iter().map(steady);
        let elements: Vec<Value> = elements
            .collect::<std::result::Result<_, _>>()
            .map_err(std::io::Error::other)?;
        let mut file = std::io::BufWriter::new(tempfile::tempfile()?);
        akoma_ntoso::write(&instrument, &elements, &about, &mut file)?;
        file.flush()?;
        file.into_inner().map_err(|error| error.into_error())
    });
    let written = written.await.map_err(|error| internal(&error))?;
    Ok(Made::Large(written.map_err(|error| internal(&error))?))
}

/// A whole list, in one of the other formats.
async fn whole(
    asked: &Asked<'_>,
    kind: &str,
    message: prost_reflect::MessageDescriptor,
) -> std::result::Result<Made, Status> {
    let sheet =
        Sheet::new(&asked.query, kind, message, about(asked, true).await?).map_err(status)?;
    let sheet = sheet.of(&request::text_of(&asked.message, "parent"));
    // Written beside, where nobody waits, while the next page is read.
    let (sender, pages) = mpsc::channel(1);
    let written = tokio::task::spawn_blocking(move || sheet.write(pages));
    let read = asked
        .reader
        .pages(asked.binding, asked.message.clone(), &sender)
        .await;
    drop(sender);
    let written = written.await.map_err(|error| internal(&error))?;
    read?;
    written.map(Made::Large).map_err(|error| {
        // A cell that is too long for a workbook, or a disk that is full.
        status(Error::Exhausted(format!(
            "the export cannot be written: {error}"
        )))
    })
}

/// What a writer knows beside the records.
async fn about(asked: &Asked<'_>, titles: bool) -> std::result::Result<About, Status> {
    let language = asked.query.language.clone();
    let titles = if titles && asked.query.form.says_titles() {
        asked.reader.titles(language.as_deref()).await?
    } else {
        BTreeMap::new()
    };
    Ok(About {
        base: asked.base.clone(),
        language,
        titles,
    })
}

impl Made {
    /// With what it hashes to.
    fn hashed(self) -> std::io::Result<(Self, String)> {
        let mut hash = blake3::Hasher::new();
        let made = match self {
            Self::Small(bytes) => {
                hash.update(&bytes);
                Self::Small(bytes)
            }
            Self::Large(mut file) => {
                file.rewind()?;
                hash.update_reader(&file)?;
                file.rewind()?;
                Self::Large(file)
            }
        };
        Ok((made, hash.finalize().to_hex()[..32].to_owned()))
    }
}

/// Where this gateway is for whoever asks, `https://gateway.example/v1/`: as the request says, or else `spoken`. What
/// stands before a gateway says by `x-forwarded-proto` that it is reached over TLS. A path alone where the request names no
/// host.
fn base(parts: &Parts, spoken: &str) -> String {
    let named = parts.uri.authority().map(Authority::as_str);
    let named = named.or_else(|| parts.headers.get(HOST)?.to_str().ok());
    let host = named.filter(|host| !host.contains('@') && host.parse::<Authority>().is_ok());
    let forwarded = parts.headers.get(FORWARDED);
    let forwarded = forwarded.and_then(|said| said.to_str().ok());
    let known = |scheme: &&str| ["http", "https"].contains(scheme);
    let scheme = forwarded.filter(known);
    let scheme = scheme.or_else(|| parts.uri.scheme_str().filter(known));
    match host {
        Some(host) => format!("{}://{host}{V1}", scheme.unwrap_or(spoken)),
        None => V1.to_owned(),
    }
}

fn internal(error: &dyn std::fmt::Display) -> Status {
    status(Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_where_the_request_was_sent() {
        let base = |uri: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().uri(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            super::base(&parts, "https")
        };
        let host = ("host", "gateway.example:7700");
        for (uri, headers, wanted) in [
            (
                "/v1/parties",
                &[host][..],
                "https://gateway.example:7700/v1/",
            ),
            (
                "http://a.example/v1/parties",
                &[host],
                "http://a.example/v1/",
            ),
            (
                "http://a.example/v1/parties",
                &[(FORWARDED, "https")],
                "https://a.example/v1/",
            ),
            (
                "/v1/parties",
                &[host, (FORWARDED, "javascript")],
                "https://gateway.example:7700/v1/",
            ),
            ("/v1/parties", &[("host", "user@evil.example")], "/v1/"),
            ("/v1/parties", &[("host", "a b")], "/v1/"),
            ("/v1/parties", &[], "/v1/"),
        ] {
            assert_eq!(base(uri, headers), wanted, "{uri} {headers:?}");
        }
    }
}
