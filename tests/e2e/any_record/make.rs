//! Values for fields, made up from what the protos say of them.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use rapporteur_proto::descriptor_pool;
use serde_json::{Value, json};

/// What only the service writes, or what is a name.
const LEFT_OUT: &[&str] = &[
    "name",
    "etag",
    "uid",
    "create_time",
    "update_time",
    "sequence",
];
/// How deep messages stand in messages.
const DEPTH: usize = 3;

/// Texts that files, tables and programs stumble over.
const TEXTS: &[&str] = &[
    "plain words",
    "two\nlines and a tab\there",
    "\"quoted\" \\ 'and' back",
    "=1+1",
    "'=guarded",
    "مؤتمر عن الهجرة",
    "Çà et là, naïve façade",
    "🟡 Upcoming: #SkillsMobility 1,5 %",
    "<b>&amp; {\"kind\":\"event\"}",
    "e\u{301} is not é",
    "no\u{a0}break, long — dash; semi\u{2019}colon",
    "-7",
    "null",
    "0012",
];

/// Which names stand in which field.
const NAMES: &[(&str, &[&str])] = &[
    (
        "parties",
        &[
            "party",
            "parties",
            "owners",
            "partners",
            "publisher",
            "secretariat",
            "parent_party",
            "assessor",
            "adopted_by",
            "made_by",
            "member_of",
        ],
    ),
    (
        "events",
        &["event", "parent_event", "events", "series_event"],
    ),
    ("instruments", &["instrument", "instruments"]),
    ("sources", &["source"]),
    (
        "nodes",
        &["node", "plan_nodes", "parent_node", "from_node", "to_node"],
    ),
    ("plans", &["plan"]),
    ("dialogues", &["dialogues", "joint_dialogues"]),
    (
        "recommendations",
        &["recommendation", "recommendations", "parent_recommendation"],
    ),
    ("commitments", &["commitment", "commitments"]),
    ("vocabularies", &["vocabulary"]),
];

/// The message of a kind of record: that of the request by which one is made.
pub(super) fn descriptor(kind: &str) -> MessageDescriptor {
    let requests = descriptor_pool()
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .filter(|method| method.name().starts_with("Create"));
    let found = requests
        .filter_map(|method| method.input().get_field_by_name(kind))
        .find_map(|field| field.kind().as_message().cloned());
    found.unwrap_or_else(|| panic!("there is no kind {kind}"))
}

/// Makes up values; the same seed makes the same.
pub(super) struct Maker {
    state: u64,
    names: BTreeMap<String, Vec<String>>,
    count: usize,
}

impl Maker {
    pub(super) fn new(seed: u64, known: impl Iterator<Item = String>) -> Self {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in known {
            let collection = name.rsplit('/').nth(1).unwrap().to_owned();
            names.entry(collection).or_default().push(name);
        }
        Self {
            state: seed,
            names,
            count: 0,
        }
    }

    /// SplitMix64.
    fn next(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.next(of.len())]
    }

    /// Values for some of the fields of a record; `None` leaves a field out.
    pub(super) fn fields(&mut self, kind: &str) -> BTreeMap<String, Option<Value>> {
        let mut made = BTreeMap::new();
        for field in descriptor(kind).fields() {
            if LEFT_OUT.contains(&field.name()) {
                continue;
            }
            let value = match self.next(8) {
                0 => None,
                1..=4 => continue,
                _ => Some(self.value(&field, DEPTH)),
            };
            made.insert(field.json_name().to_owned(), value);
        }
        made
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        if field.is_map() {
            return json!({});
        }
        if field.is_list() {
            let count = self.next(3);
            return (0..=count).map(|_| self.single(field, depth)).collect();
        }
        self.single(field, depth)
    }

    fn single(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::Bool => json!(self.next(2) == 1),
            Kind::Double | Kind::Float => json!([0.0, 0.25, 0.5, 1.0, 17.5][self.next(5)]),
            Kind::Enum(values) => self.word(&values),
            Kind::Message(message) => self.message(&message, depth),
            Kind::String => self.string(field.name()),
            Kind::Bytes => json!(""),
            _ => json!(self.next(40)),
        }
    }

    fn word(&mut self, values: &EnumDescriptor) -> Value {
        let names: Vec<String> = values
            .values()
            .filter(|value| value.number() != 0)
            .map(|value| value.name().to_owned())
            .collect();
        json!(self.one(&names))
    }

    fn message(&mut self, message: &MessageDescriptor, depth: usize) -> Value {
        match message.full_name() {
            "google.protobuf.Timestamp" => {
                json!(self.one(&["2031-01-01T00:00:00Z", "2032-02-29T23:59:59.123456Z"]))
            }
            "rapporteur.type.v1.CivilDate" => self.day(),
            "rapporteur.type.v1.LocalizedText" => self.languages(),
            _ => {
                let mut value = json!({});
                for field in message.fields() {
                    // Deep down only what is plain, so that it ends.
                    let plain = !matches!(field.kind(), Kind::Message(_));
                    let wanted = self.next(5) > 1 && (plain || depth > 0);
                    if wanted && !LEFT_OUT.contains(&field.name()) {
                        value[field.json_name()] = self.value(&field, depth.saturating_sub(1));
                    }
                }
                value
            }
        }
    }

    fn day(&mut self) -> Value {
        let value = *self.one(&[
            "2021",
            "2021-05",
            "2021-05-02",
            "2021-05-02T09:30",
            "2024-02-29",
        ]);
        let mut day = json!({"value": value});
        if self.next(3) == 0 {
            day["asWritten"] = json!(self.one(&["2 mai 2021", "early \"May\" 2021", "=2021"]));
        }
        if self.next(3) == 0 {
            day["basis"] = json!(self.one(&["BASIS_GIVEN", "BASIS_INFERRED", "BASIS_EXTERNAL"]));
        }
        day
    }

    fn languages(&mut self) -> Value {
        let mut texts = serde_json::Map::new();
        for tag in ["pt", "en", "ar", "fr", "zh-Hant"] {
            if tag == "en" || self.next(3) == 0 {
                let words = *self.one(TEXTS);
                texts.insert(tag.to_owned(), words.into());
            }
        }
        let mut text = json!({"byLanguage": texts});
        if self.next(2) == 0 {
            text["authentic"] = json!("en");
        }
        text
    }

    fn string(&mut self, field: &str) -> Value {
        self.count += 1;
        let number = self.count;
        if let Some((collection, _)) = NAMES.iter().find(|(_, fields)| fields.contains(&field))
            && let Some(names) = self.names.get(*collection).cloned()
        {
            return json!(self.one(&names));
        }
        match field {
            "url" => json!(format!("https://example.org/a?b={number}&c=%20d#e")),
            "country_code" => json!(self.one(&["PT", "MA", "SN"])),
            "time_zone" => json!(self.one(&["Europe/Lisbon", "Africa/Casablanca"])),
            "language" | "languages" | "authentic" => json!(self.one(&["en", "fr", "ar", "pt-BR"])),
            "media_type" => json!("application/pdf"),
            "id" | "themes" | "series" | "scheme" | "measure" => json!(format!("x-{number}")),
            "value" if self.next(2) == 0 => json!(number.to_string()),
            _ => json!(self.one(TEXTS)),
        }
    }
}
