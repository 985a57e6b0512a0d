//! Pages of other origins, when the operator names them.

use std::time::Duration;

use http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, RETRY_AFTER,
};
use http::{HeaderName, HeaderValue, Method};
use rapporteur_server::REQUEST_ID_KEY;
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

use crate::nearby::POSITION;
use crate::reminder::{SAID_BEFORE, SAID_BEFORE_JSON};

/// A browser need not ask again within this time.
const KNOWN_FOR: Duration = Duration::from_secs(3_600);

/// Lets pages of these origins call; `None` when there are none: then no page of another origin may. An origin is
/// a scheme and a host (`https://example.org`), nothing more. No cookies: a page says who calls in its headers.
pub fn layer(origins: &[String]) -> Result<Option<CorsLayer>, String> {
    if origins.is_empty() {
        return Ok(None);
    }
    let origins = origins.iter().map(|origin| {
        let parsed = Url::parse(origin).ok();
        let same = parsed.filter(|url| url.origin().ascii_serialization() == *origin);
        let value = same.and_then(|_| HeaderValue::from_str(origin).ok());
        value.ok_or_else(|| {
            format!("cors-origins: {origin} should be an origin such as https://example.org")
        })
    });
    let origins = origins.collect::<Result<Vec<_>, String>>()?;
    let name = HeaderName::from_static;
    Ok(Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH])
            .allow_headers([
                AUTHORIZATION,
                CACHE_CONTROL,
                CONTENT_TYPE,
                IF_MATCH,
                IF_NONE_MATCH,
                SAID_BEFORE_JSON,
                name("idempotency-key"),
                name("grpc-timeout"),
                name("x-grpc-web"),
                name("x-user-agent"),
                name(REQUEST_ID_KEY),
            ])
            .expose_headers([
                AGE,
                ETAG,
                POSITION,
                SAID_BEFORE,
                SAID_BEFORE_JSON,
                RETRY_AFTER,
                name("grpc-status"),
                name("grpc-message"),
                name("grpc-status-details-bin"),
                name(REQUEST_ID_KEY),
            ])
            .max_age(KNOWN_FOR),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        let read = |origin: &str| layer(&[origin.to_owned()]).map(|layer| layer.is_some());
        assert_eq!(read("https://example.org"), Ok(true));
        assert_eq!(read("http://127.0.0.1:3000"), Ok(true));
        for odd in [
            "*",
            "example.org",
            "https://example.org/",
            "null",
            "file:///x",
        ] {
            assert!(read(odd).unwrap_err().contains("cors-origins"), "{odd}");
        }
        assert!(layer(&[]).unwrap().is_none());
    }
}
