//! Etags of RFC 9110, which writes in quotes what the record says without them.

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
