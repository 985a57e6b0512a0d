//! What an export is asked to be.

use rapporteur_records::{Error, Result};

use super::form::Form;

/// A format, how it is to be written, and the rest of the query, which is of the list.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) form: Form,
    /// Fields of a table, by their paths; all when empty.
    pub(super) columns: Vec<String>,
    /// In which language texts are wanted.
    pub(super) language: Option<String>,
    pub(super) rest: String,
    /// The same without the page.
    of_list: String,
}

impl Query {
    /// Reads the query of a request; `None` where it asks for no format.
    pub(super) fn read(query: &str) -> Option<Result<Self>> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let mut formats = pairs.iter().filter(|(key, _)| key == "format");
        let (_, format) = formats.next()?;
        if formats.next().is_some() {
            return Some(Err(Error::invalid("format", "is given twice")));
        }
        let mut read = match Form::named(format) {
            Ok(form) => Self {
                form,
                columns: Vec::new(),
                language: None,
                rest: String::new(),
                of_list: String::new(),
            },
            Err(error) => return Some(Err(error)),
        };
        let mut rest = form_urlencoded::Serializer::new(String::new());
        let mut of_list = form_urlencoded::Serializer::new(String::new());
        for (key, value) in &pairs {
            match &**key {
                "format" => {}
                "columns" => {
                    let columns = value
                        .split(',')
                        .map(str::trim)
                        .filter(|one| !one.is_empty());
                    read.columns.extend(columns.map(str::to_owned));
                }
                "language" => read.language = Some(value.to_string()),
                "pageToken" | "page_token" => drop(rest.append_pair(key, value)),
                _ => {
                    rest.append_pair(key, value);
                    of_list.append_pair(key, value);
                }
            }
        }
        (read.rest, read.of_list) = (rest.finish(), of_list.finish());
        if !read.columns.is_empty() && !matches!(read.form, Form::Csv | Form::Xlsx) {
            return Some(Err(Error::invalid("columns", "only tables have columns")));
        }
        Some(Ok(read))
    }

    /// The address of the page that a token leads to.
    pub(super) fn next(&self, base: &str, path: &str, token: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(self.of_list.clone());
        query.append_pair("format", self.form.word());
        if let Some(language) = &self.language {
            query.append_pair("language", language);
        }
        query.append_pair("pageToken", token);
        let below = path.strip_prefix(super::V1).unwrap_or(path);
        format!("{base}{below}?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_taken_out_of_the_query_of_a_list() {
        assert!(Query::read("states=held&watch=true").is_none());
        let query = Query::read("kinds=a&format=csv&columns=name,%20title&kinds=b&language=fr");
        let query = query.unwrap().unwrap();
        assert_eq!(
            (query.form, query.rest.as_str()),
            (Form::Csv, "kinds=a&kinds=b")
        );
        assert_eq!(query.columns, ["name", "title"]);
        assert_eq!(query.language.as_deref(), Some("fr"));
        for (wrong, named) in [
            ("format=pdf", "should be one of csv"),
            ("format=csv&format=csv", "twice"),
            ("format=odata&columns=name", "only tables"),
        ] {
            let error = Query::read(wrong).unwrap().unwrap_err().to_string();
            assert!(error.contains(named), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_next_page_is_the_same_list_with_another_token() {
        let query = Query::read("states=held&format=odata&pageToken=a%2Fb&pageSize=2")
            .unwrap()
            .unwrap();
        assert_eq!(query.rest, "states=held&pageToken=a%2Fb&pageSize=2");
        assert_eq!(
            query.next("https://x.example/v1/", "/v1/dialogues/r/events", "c+d"),
            "https://x.example/v1/dialogues/r/events?states=held&pageSize=2&format=odata&pageToken=c%2Bd"
        );
    }
}
