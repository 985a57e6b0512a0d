//! Etags of RFC 9110, which writes in quotes what the record says without them.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::paced;

/// The text of an etag as HTTP writes it.
pub fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// The one etag of an `If-Match`, without its quotes. A weak one never matches for a write.
pub fn only(header: &[u8]) -> Option<String> {
    let inner = header
        .trim_ascii()
        .strip_prefix(b"\"")?
        .strip_suffix(b"\"")?;
    let inner = std::str::from_utf8(inner).ok()?;
    (!inner.contains('"') && !inner.is_empty()).then(|| inner.to_owned())
}

/// Whether an `If-None-Match` names an etag. A cache may have made it weak.
pub fn is_named(header: &[u8], etag: &str) -> bool {
    let Ok(header) = std::str::from_utf8(header) else {
        return false;
    };
    let named = |one: &str| {
        let one = one.trim();
        one.strip_prefix("W/").unwrap_or(one) == quoted(etag)
    };
    header.trim() == "*" || header.split(',').any(named)
}

/// The answer to a read: nothing but "unchanged" when the caller has it already, else `body` with its media type. It
/// may be kept, but has to be asked for again each time, by the same caller. An empty etag is none.
pub fn answer<E>(
    asked: &HeaderMap,
    etag: &str,
    body: impl FnOnce() -> Result<(Bytes, &'static str), E>,
) -> Result<Response<Body>, E> {
    answered(asked, etag, || {
        let (body, media) = body()?;
        let mut answer = paced::answer(body);
        let media = HeaderValue::from_static(media);
        answer.headers_mut().insert(CONTENT_TYPE, media);
        Ok(answer)
    })
}

/// The same with a response that knows its media type.
pub fn answered<E>(
    asked: &HeaderMap,
    etag: &str,
    whole: impl FnOnce() -> Result<Response<Body>, E>,
) -> Result<Response<Body>, E> {
    let known = asked.get(IF_NONE_MATCH).filter(|_| !etag.is_empty());
    let mut answer = Response::new(Body::empty());
    if known.is_some_and(|known| is_named(known.as_bytes(), etag)) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        answer = whole()?;
    }
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("authorization"));
    if let Ok(quoted) = HeaderValue::from_str(&quoted(etag))
        && !etag.is_empty()
    {
        headers.insert(ETAG, quoted);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_read_with_their_quotes() {
        assert_eq!(only(b" \"7\" ").as_deref(), Some("7"));
        for odd in ["7", "\"\"", "W/\"7\"", "\"7\", \"8\"", "*", "\"", ""] {
            assert_eq!(only(odd.as_bytes()), None, "{odd}");
        }
        for same in ["\"7\"", "W/\"7\"", "\"6\", \"7\"", "*"] {
            assert!(is_named(same.as_bytes(), "7"), "{same}");
        }
        for other in ["7", "\"77\"", "", "\"6\""] {
            assert!(!is_named(other.as_bytes(), "7"), "{other}");
        }
    }
}
