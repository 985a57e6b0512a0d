//! Reads that the gateway answers from its own copies, for callers who say that a copy will do.
//!
//! A Get or BatchGet that goes to the service shows every write that was acknowledged before it. A caller for whom it
//! is enough to see what was acknowledged some seconds ago says so as RFC 9111 (5.2.1.1) does, `cache-control:
//! max-age=SECONDS`, and is answered from here when the copies are so fresh ([`crate::fresh`]). The answer has the same
//! bytes as the service's, and tells its `age` and the position in the service's log on which it rests.
//!
//! Only what is found is answered here. Whatever else there is to say - that there is no such record, that it is not
//! for this caller, that the request is wrong - the service says.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::BodyExt as _;
use prost::encoding::{decode_varint, encode_varint, encoded_len_varint};
use prost_reflect::{Kind as FieldKind, MessageDescriptor, MethodDescriptor};
use rapporteur_access::{Rights, Who, rule};
use rapporteur_proto::descriptor_pool;
use rapporteur_records::{Introduction, Sight};
use rapporteur_server::Caller;
use rapporteur_views::Views;
use rapporteur_views::copies::{Copied, FRAME_HEAD, Kind};
use tonic::Status;

use crate::at_hand::AtHand;
use crate::download::Download;
use crate::fresh::{Fresh, Place};
use crate::repeat::Resumed;
use crate::routes::{self, ROUTES};
use crate::upstream::Upstream;

/// Says on which position of the service's log an answer rests.
pub const POSITION: HeaderName = HeaderName::from_static("rapporteur-position");
/// Longest request that is looked at; a longer one goes to the service.
const REQUEST_BYTES: usize = 64 << 10;
/// Largest answer that is made here, and most records in it: as at the services.
const ANSWER_BYTES: usize = 3 << 20;
const RECORDS: usize = 1_000;
/// The tag of a first field that is a text or a message.
const FIRST: u8 = 0x0A;

/// The copies of all services, and which calls can be answered from them.
#[derive(Debug)]
pub struct Nearby {
    /// By path.
    questions: HashMap<String, Question>,
    /// In the order of [`ROUTES`].
    services: [Service; ROUTES.len()],
}

/// What is asked for, and how old it may be.
pub type Asked = (Question, Duration);

/// A call that asks for records by name.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    service: usize,
    kind: &'static Kind,
    many: bool,
}

#[derive(Debug)]
struct Service {
    /// `None` for a service that no view follows.
    copied: Option<Copied>,
    fresh: Fresh,
}

impl Nearby {
    /// Answers from these views.
    pub fn new(views: &Views) -> Self {
        let services = ROUTES.map(|route| Service {
            copied: views.copied(route.service),
            fresh: Fresh::default(),
        });
        Self {
            questions: questions(),
            services,
        }
    }

    /// What a caller asks for, if a copy will do, and how old it may be.
    pub fn asked(&self, path: &str, headers: &HeaderMap) -> Option<Asked> {
        let max_age = max_age(headers)?;
        Some((*self.questions.get(path)?, max_age))
    }

    /// Finds out how fresh the copies of the service at this place of [`ROUTES`] are, whenever somebody wants to know.
    /// It never ends.
    pub async fn keep(&self, service: usize, upstream: &Upstream, as_who: &Introduction) {
        let service = &self.services[service];
        match &service.copied {
            Some(copied) => service.fresh.keep(copied, upstream, as_who).await,
            None => std::future::pending().await,
        }
    }

    /// How fresh the copies of the service at this place of [`ROUTES`] are.
    pub fn fresh(&self, service: usize) -> &Fresh {
        &self.services[service].fresh
    }

    /// What a reader with these rights is shown, of all that was acknowledged before now: waited for, but not longer
    /// than `within`.
    pub async fn at_hand(&self, rights: &Rights, within: Duration) -> AtHand {
        let services = self.services.each_ref().map(|service| async move {
            let known = service.fresh.from_now_on(within).await?;
            Some((service.copied.clone()?, known.generation))
        });
        let services = futures::future::join_all(services).await;
        AtHand::new(Caller::sight(rights), services)
    }

    /// The answer, when it can be given from here.
    pub async fn answer(
        &self,
        (question, max_age): Asked,
        place: Place,
        rights: &Rights,
        request: &[u8],
    ) -> Option<Response<Download>> {
        let names = names(request, question.many)?;
        let service = &self.services[question.service];
        let copied = service.copied.as_ref()?;
        let (known, age) = service.fresh.enough(place, max_age).await?;
        let sight = Caller::sight(rights);
        let body = found(copied, known.generation, &sight, question, &names)?;
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
        let mut answer = Response::new(Download::own(body, trailers));
        let headers = answer.headers_mut();
        let grpc = HeaderValue::from_static("application/grpc");
        headers.insert(CONTENT_TYPE, grpc);
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
        headers.insert(POSITION, known.position);
        Some(answer)
    }
}

/// The frame that answers.
fn found(
    copied: &Copied,
    generation: u64,
    sight: &Sight,
    question: Question,
    names: &[&str],
) -> Option<Bytes> {
    let kind = question.kind;
    if !question.many {
        return copied.get(generation, sight, kind, names.first()?);
    }
    let records = copied.get_all(generation, sight, kind, names)?;
    let message = |frame: &Bytes| frame.slice(FRAME_HEAD..);
    let length = |message: &Bytes| 1 + encoded_len_varint(message.len() as u64) + message.len();
    let bytes: usize = records.iter().map(|frame| length(&message(frame))).sum();
    if bytes > ANSWER_BYTES {
        return None;
    }
    let mut answer = BytesMut::with_capacity(FRAME_HEAD + bytes);
    answer.put_u8(0);
    answer.put_u32(u32::try_from(bytes).ok()?);
    for frame in &records {
        let message = message(frame);
        answer.put_u8(FIRST);
        encode_varint(message.len() as u64, &mut answer);
        answer.put(message);
    }
    Some(answer.freeze())
}

/// How old a copy may be that the caller takes; `None` when it takes none.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut values = headers.get_all(CACHE_CONTROL).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
        return None;
    };
    let mut seconds = None;
    for directive in value.split(',').map(str::trim) {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        if name.eq_ignore_ascii_case("max-age") && seconds.is_none() {
            seconds = Some(argument.trim_matches('"').parse::<u32>().ok()?);
        } else {
            // Whatever else is asked of a cache, asking the service grants it.
            return None;
        }
    }
    let seconds = seconds.filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(seconds.into()))
}

/// The names in a framed request that holds nothing else.
fn names(request: &[u8], many: bool) -> Option<Vec<&str>> {
    let (head, mut rest) = request.split_at_checked(FRAME_HEAD)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?);
    if head[0] != 0 || usize::try_from(length) != Ok(rest.len()) {
        return None;
    }
    let mut names = Vec::with_capacity(1);
    while let Some((&FIRST, after)) = rest.split_first() {
        rest = after;
        let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        names.push(std::str::from_utf8(name).ok()?);
        rest = after;
    }
    let most = if many { RECORDS } else { 1 };
    (rest.is_empty() && (1..=most).contains(&names.len())).then_some(names)
}

/// The body of a request: all of it when it is short, and what goes on to the service if it has to.
pub async fn read(mut body: Body) -> Result<(Option<Bytes>, Body), axum::Error> {
    let mut read = Bytes::new();
    while !http_body::Body::is_end_stream(&body) {
        let Some(frame) = body.frame().await else {
            break;
        };
        let Ok(data) = frame?.into_data() else {
            break;
        };
        read = if read.is_empty() {
            data
        } else {
            [read, data].concat().into()
        };
        if read.len() > REQUEST_BYTES {
            return Ok((None, Body::new(Resumed::new(read, body))));
        }
    }
    Ok((Some(read.clone()), Body::from(read)))
}

/// All calls that ask for records by name and for nothing else, by path.
fn questions() -> HashMap<String, Question> {
    let methods = descriptor_pool().services();
    let methods = methods.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.filter_map(|method| question(&method)).collect()
}

fn question(method: &MethodDescriptor) -> Option<(String, Question)> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let service = routes::of_path(&path)?;
    // A read that not everybody may make is for the service to allow.
    rule(path.strip_prefix('/')?).filter(|rule| rule.who == Who::Anyone)?;
    let first = |message: MessageDescriptor| message.get_field(1);
    let asked = first(method.input())?;
    if method.name().starts_with("Get") && asked.name() == "name" {
        let kind = Kind::of(method.output().full_name())?;
        let many = false;
        return Some((
            path,
            Question {
                service,
                kind,
                many,
            },
        ));
    }
    let answered = first(method.output())?;
    let FieldKind::Message(record) = answered.kind() else {
        return None;
    };
    let batch = method.name().starts_with("BatchGet") && asked.name() == "names";
    (batch && asked.is_list() && answered.is_list()).then_some(())?;
    let kind = Kind::of(record.full_name())?;
    let many = true;
    Some((
        path,
        Question {
            service,
            kind,
            many,
        },
    ))
}

#[cfg(test)]
mod tests {
    use rapporteur_access::POLICY;
    use rapporteur_proto::Timestamp;
    use rapporteur_proto::events::v1::{BatchGetEventsRequest, GetEventRequest};

    use super::*;

    fn framed(message: &impl prost::Message) -> Vec<u8> {
        let bytes = message.encode_to_vec();
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[0][..], &length, &bytes].concat()
    }

    #[test]
    fn every_read_by_name_is_a_question() {
        let questions = questions();
        let mut expected: Vec<String> = POLICY
            .iter()
            .map(|(rpc, _)| format!("/{rpc}"))
            .filter(|path| {
                let method = path.rsplit('/').next().unwrap();
                let reads = method.starts_with("Get") || method.starts_with("BatchGet");
                reads && routes::of_path(path).is_some()
            })
            .collect();
        let mut found: Vec<String> = questions.keys().cloned().collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        let batch = questions["/rapporteur.events.v1.EventService/BatchGetEvents"];
        assert!(batch.many && batch.kind.type_name == "rapporteur.events.v1.Event");
    }

    #[test]
    fn only_names_are_read() {
        let name = "dialogues/rabat/events/x".to_owned();
        let get = GetEventRequest {
            name: name.clone(),
            as_of: None,
        };
        assert_eq!(names(&framed(&get), false), Some(vec![name.as_str()]));
        let past = GetEventRequest {
            as_of: Some(Timestamp::default()),
            ..get.clone()
        };
        assert_eq!(names(&framed(&past), false), None);
        assert_eq!(names(&framed(&GetEventRequest::default()), false), None);
        let batch = BatchGetEventsRequest {
            names: vec![name.clone(), "b".into()],
            as_of: None,
        };
        assert_eq!(names(&framed(&batch), true), Some(vec![&name[..], "b"]));
        assert_eq!(names(&framed(&batch), false), None, "twice");
        let many = BatchGetEventsRequest {
            names: vec!["a".into(); RECORDS + 1],
            as_of: None,
        };
        assert_eq!(names(&framed(&many), true), None);
        let whole = framed(&get);
        for cut in 0..whole.len() {
            assert_eq!(names(&whole[..cut], false), None, "{cut}");
        }
        let mut compressed = whole.clone();
        compressed[0] = 1;
        assert_eq!(names(&compressed, false), None);
        assert_eq!(names(&[&whole[..], &whole[..]].concat(), false), None);
    }

    #[test]
    fn an_age_is_one_directive_alone() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CACHE_CONTROL, value.parse().unwrap());
            }
            max_age(&headers).map(|age| age.as_secs())
        };
        assert_eq!(read(&["max-age=5"]), Some(5));
        assert_eq!(read(&["Max-Age=\"60\""]), Some(60));
        for none in [
            &[][..],
            &["max-age=0"],
            &["max-age=-1"],
            &["max-age"],
            &["max-age=5, no-cache"],
            &["no-store"],
            &["max-age=5", "max-age=5"],
            &["max-age=5, max-age=6"],
            &["max-age=99999999999"],
            &["\u{e9}"],
        ] {
            assert_eq!(read(none), None, "{none:?}");
        }
    }

    #[tokio::test]
    async fn what_was_read_goes_on_all_the_same() {
        for length in [0, 1, REQUEST_BYTES, REQUEST_BYTES + 1, 3 * REQUEST_BYTES] {
            let bytes: Bytes = (0..length)
                .map(|n| u8::try_from(n % 251).unwrap())
                .collect();
            let parts: Vec<_> = bytes
                .chunks(1_000)
                .map(|c| Ok::<_, std::io::Error>(c.to_vec()))
                .collect();
            let body = Body::from_stream(futures::stream::iter(parts));
            let (short, body) = read(body).await.unwrap();
            assert_eq!(
                short,
                (length <= REQUEST_BYTES).then(|| bytes.clone()),
                "{length}"
            );
            assert_eq!(body.collect().await.unwrap().to_bytes(), bytes, "{length}");
        }
    }
}
