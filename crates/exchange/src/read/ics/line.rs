//! Content lines: `NAME;PARAMETER=VALUE:VALUE` (RFC 5545, 3.1).

/// A content line, cut into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// In capitals.
    pub(super) name: String,
    pub(super) parameters: Vec<(String, String)>,
    /// As written, escapes and all.
    pub(super) value: String,
}

impl Property {
    /// `None` when it is no content line.
    pub(super) fn read(line: &str) -> Option<Self> {
        let end = line.find([';', ':'])?;
        let name = line[..end].trim();
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.';
        if name.is_empty() || !name.chars().all(good) {
            return None;
        }
        let mut rest = &line[end..];
        let mut parameters = Vec::new();
        while let Some(after) = rest.strip_prefix(';') {
            let length = outside_quotes(after)?;
            let (key, value) = after[..length]
                .split_once('=')
                .unwrap_or((&after[..length], ""));
            parameters.push((
                key.trim().to_uppercase(),
                value.trim().trim_matches('"').to_owned(),
            ));
            rest = &after[length..];
        }
        Some(Self {
            name: name.to_uppercase(),
            parameters,
            value: rest.strip_prefix(':')?.to_owned(),
        })
    }

    /// A parameter, by its name in capitals.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Where the parameter ends: the first `;` or `:` outside of quotation marks.
fn outside_quotes(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (!quoted && matches!(c, ';' | ':')).then_some(at)
    })
}

/// A text without its escapes (RFC 5545, 3.3.11).
pub(super) fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some(other @ ('\\' | ';' | ',')) => text.push(other),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}
