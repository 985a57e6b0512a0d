//! What a calendar is asked to hold.

use http::{HeaderMap, Method};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use prost::Message as _;
use rapporteur_proto::events::v1::ListEventsRequest;
use rapporteur_records::{Error, Result};

use super::super::bindings::{Bindings, Found};
use super::super::request::{self, Said};
use super::super::template::Path;

/// Most dialogues in one calendar.
const DIALOGUES: usize = 20;

/// A calendar, and in which language.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) which: Which,
    pub(super) language: Option<String>,
}

/// What a calendar holds.
#[derive(Debug)]
pub(super) enum Which {
    /// The events that these lists give, each once.
    Events(Vec<ListEventsRequest>),
    /// What this post has to report.
    Post(String),
}

impl Query {
    /// Reads the path and the query of a request. The filters are those of ListEvents, by the same names and by short
    /// ones: `dialogue`, `kind`, `state` and `theme`, each several times, with short values (`kind=summit`).
    pub(super) fn read(bindings: &Bindings, path: &str, query: &str) -> Result<Self> {
        let path: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let mut dialogues = Vec::new();
        let mut language = None;
        let mut filters = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "dialogue" => dialogues.push(id(&value, "dialogues/").to_owned()),
                "language" => language = Some(value.into_owned()),
                "kind" => drop(filters.append_pair("kinds", &long("EVENT_KIND_", &value))),
                "state" => drop(filters.append_pair("states", &long("EVENT_STATE_", &value))),
                "theme" => drop(filters.append_pair("themes", &value)),
                "party" => {
                    let party = format!("parties/{}", id(&value, "parties/"));
                    filters.append_pair("party", &party);
                }
                "role" => drop(filters.append_pair("role", &long("ROLE_", &value))),
                "pageSize" | "page_size" | "pageToken" | "page_token" | "order" => {
                    return Err(Error::invalid(
                        &*key,
                        "a calendar has no pages and no order",
                    ));
                }
                _ => drop(filters.append_pair(&key, &value)),
            }
        }
        let filters = filters.finish();
        let segment = |place: usize| path.get(place).copied().unwrap_or_default();
        if segment(2) == "posts" {
            if !dialogues.is_empty() || !filters.is_empty() {
                return Err(Error::invalid(
                    "query",
                    "the calendar of a post has no filter",
                ));
            }
            let name = format!("dialogues/{}/posts/{}", segment(1), segment(3));
            let name = percent_decode_str(&name).decode_utf8();
            let name = name.map_err(|_| Error::invalid("post", "should be UTF-8"))?;
            let which = Which::Post(name.into_owned());
            return Ok(Self { which, language });
        }
        if segment(0) == "dialogues" {
            if !dialogues.is_empty() {
                return Err(Error::invalid("dialogue", "stands in the path already"));
            }
            let lists = vec![list(bindings, segment(1), &filters)?];
            let which = Which::Events(lists);
            return Ok(Self { which, language });
        }
        if dialogues.is_empty() {
            dialogues.push("-".to_owned());
        }
        if dialogues.len() > DIALOGUES {
            return Err(Error::invalid("dialogue", format!("more than {DIALOGUES}")));
        }
        let lists = dialogues.iter().map(|dialogue| {
            let dialogue = utf8_percent_encode(dialogue, NON_ALPHANUMERIC).to_string();
            list(bindings, &dialogue, &filters)
        });
        let which = Which::Events(lists.collect::<Result<_>>()?);
        Ok(Self { which, language })
    }
}

/// The list of a dialogue's events, as HTTP/JSON would ask for it.
fn list(bindings: &Bindings, dialogue: &str, filters: &str) -> Result<ListEventsRequest> {
    let path = format!("/v1/dialogues/{dialogue}/events");
    let path = Path::split(&path);
    let unknown = || Error::NotFound {
        name: format!("dialogues/{dialogue}"),
    };
    let Found::Call(binding) = bindings.find(&Method::GET, &path) else {
        return Err(unknown());
    };
    let said = Said {
        path: &path,
        query: filters,
        headers: &HeaderMap::new(),
        body: &[],
    };
    let message = request::message(binding, said)?;
    ListEventsRequest::decode(message.encode_to_vec().as_slice())
        .map_err(|error| Error::Internal(error.to_string()))
}

fn id<'v>(value: &'v str, collection: &str) -> &'v str {
    value.strip_prefix(collection).unwrap_or(value)
}

/// The name of a value of an enum, which may be given without its prefix and in small letters.
fn long(prefix: &str, value: &str) -> String {
    let value = value.to_ascii_uppercase().replace('-', "_");
    if value.starts_with(prefix) {
        value
    } else {
        format!("{prefix}{value}")
    }
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::events::v1::{EventKind, EventState};

    use super::*;

    fn read(path: &str, query: &str) -> std::result::Result<Query, String> {
        let bindings = Bindings::of(rapporteur_proto::descriptor_pool()).unwrap();
        Query::read(&bindings, path, query).map_err(|error| error.to_string())
    }

    fn lists(path: &str, query: &str) -> Vec<ListEventsRequest> {
        match read(path, query).unwrap().which {
            Which::Events(lists) => lists,
            Which::Post(post) => panic!("{post}"),
        }
    }

    #[test]
    fn filters_are_those_of_the_list() {
        let query = "dialogue=rabat&dialogue=dialogues/khartoum&party=pt&kind=summit\
                     &state=EVENT_STATE_HELD&state=confirmed&theme=a&theme=b&from=2024-01-01";
        let [rabat, khartoum] = &lists("/v1/calendar.ics", query)[..] else {
            panic!("two lists");
        };
        assert_eq!(rabat.parent, "dialogues/rabat");
        assert_eq!(khartoum.parent, "dialogues/khartoum");
        assert_eq!(rabat.party, "parties/pt");
        assert_eq!(rabat.kinds, [EventKind::Summit as i32]);
        let states = [EventState::Held as i32, EventState::Confirmed as i32];
        assert_eq!(rabat.states, states);
        assert_eq!(rabat.themes, ["a", "b"]);
        assert_eq!(rabat.from, "2024-01-01");
        assert_eq!(lists("/v1/calendar.ics", "")[0].parent, "dialogues/-");
        let own = lists("/v1/dialogues/rabat/calendar.ics", "ownOnly=true");
        assert_eq!(
            (own[0].parent.as_str(), own[0].own_only),
            ("dialogues/rabat", true)
        );
    }

    #[test]
    fn a_post_is_read_from_the_path() {
        let query = read("/v1/dialogues/rabat/posts/fp/calendar.ics", "language=fr").unwrap();
        assert_eq!(query.language.as_deref(), Some("fr"));
        let Which::Post(post) = query.which else {
            panic!("no post");
        };
        assert_eq!(post, "dialogues/rabat/posts/fp");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (path, query, named) in [
            ("/v1/calendar.ics", "kind=party", "kinds[0]"),
            ("/v1/calendar.ics", "x=1", "x: is no parameter"),
            ("/v1/calendar.ics", "pageSize=1", "pageSize: a calendar"),
            (
                "/v1/calendar.ics",
                "dialogue=a%2fb",
                "should be UTF-8 without slashes",
            ),
            (
                "/v1/dialogues/rabat/calendar.ics",
                "dialogue=x",
                "in the path already",
            ),
            (
                "/v1/dialogues/r/posts/p/calendar.ics",
                "theme=a",
                "has no filter",
            ),
        ] {
            let wrong = read(path, query).unwrap_err();
            assert!(wrong.contains(named), "{path}?{query}: {wrong}");
        }
    }
}
