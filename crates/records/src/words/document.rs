//! Documents, their forms, links and places.

use rapporteur_proto::r#type::v1::{Document, Link, Place};

use super::{Field, Violations, text};
use crate::check_id;
use crate::name::quoted;

impl Violations {
    /// Documents of one record: distinct ids, forms with sound links and digests.
    pub fn documents(&mut self, field: impl Field, documents: &[Document]) {
        self.list(field, documents.len());
        for (place, document) in documents.iter().enumerate() {
            let at = format_args!("{field}[{place}]");
            if let Err(wrong) = check_id(&document.id) {
                self.add(format_args!("{at}.id"), wrong);
            }
            if documents[..place].iter().any(|d| d.id == document.id) {
                self.add(
                    format_args!("{at}.id"),
                    format_args!("{} is there twice", document.id),
                );
            }
            self.localized(
                format_args!("{at}.title"),
                document.title.as_ref(),
                text::SHORT,
                false,
            );
            self.code(format_args!("{at}.kind"), &document.kind);
            self.list(format_args!("{at}.renditions"), document.renditions.len());
            for (place, rendition) in document.renditions.iter().enumerate() {
                let at = format_args!("{at}.renditions[{place}]");
                if !rendition.language.is_empty() {
                    self.language(format_args!("{at}.language"), &rendition.language);
                }
                self.plain(
                    format_args!("{at}.media_type"),
                    &rendition.media_type,
                    text::SHORT,
                );
                let digest = &rendition.sha256;
                let good = digest.is_empty()
                    || (digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
                self.require(
                    good,
                    format_args!("{at}.sha256"),
                    "must be 64 hexadecimal digits",
                );
                self.links(format_args!("{at}.link"), rendition.link.as_slice());
            }
        }
    }

    /// Links: `url` is kept verbatim, but must be one.
    pub fn links(&mut self, field: impl Field, links: &[Link]) {
        self.list(field, links.len());
        for (place, link) in links.iter().enumerate() {
            let at = format_args!("{field}[{place}]");
            self.require(!link.url.is_empty(), format_args!("{at}.url"), "is empty");
            self.url(format_args!("{at}.url"), &link.url);
            self.url(format_args!("{at}.resolved_url"), &link.resolved_url);
            self.plain(format_args!("{at}.title"), &link.title, text::SHORT);
        }
    }

    /// An absolute http or https address; empty is fine.
    pub fn url(&mut self, field: impl Field, address: &str) {
        if address.is_empty() {
            return;
        }
        let parsed = url::Url::parse(address)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https"));
        let clean =
            address.len() <= 2_048 && !address.chars().any(|c| c.is_control() || c.is_whitespace());
        self.require(
            parsed.is_some() && clean,
            field,
            format_args!(
                "{} is not an http or https address of at most 2,048 characters",
                quoted(address)
            ),
        );
    }

    /// A place: a known country, a UN/LOCODE of the right shape in that country.
    pub fn place(&mut self, field: impl Field, place: Option<&Place>) {
        let Some(place) = place else { return };
        self.plain(format_args!("{field}.name"), &place.name, text::SHORT);
        if !place.country_code.is_empty() {
            self.country(format_args!("{field}.country_code"), &place.country_code);
        }
        let code = place.locode.as_bytes();
        let shaped = code.len() == 6
            && code[..2].iter().all(u8::is_ascii_uppercase)
            && code[2] == b' '
            && code[3..]
                .iter()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        self.require(
            code.is_empty() || shaped,
            format_args!("{field}.locode"),
            format_args!(
                "{} does not look like a UN/LOCODE such as PT LIS",
                quoted(&place.locode)
            ),
        );
        if shaped
            && !place.country_code.is_empty()
            && !place.locode.starts_with(&place.country_code)
        {
            self.add(
                format_args!("{field}.locode"),
                format_args!("{} is not in {}", place.locode, place.country_code),
            );
        }
    }

    /// An ISO 3166-1 alpha-2 code in capitals.
    pub fn country(&mut self, field: impl Field, code: &str) {
        let known = code.bytes().all(|b| b.is_ascii_uppercase())
            && rust_iso3166::from_alpha2(code).is_some();
        self.require(
            known,
            field,
            format_args!(
                "{} is not an ISO 3166-1 alpha-2 code such as PT",
                quoted(code)
            ),
        );
    }
}
