//! Calendars in the OpenAPI document: no call of gRPC says them.

use serde_json::{Value, json};

/// What each filter means: its name, and whether it may stand several times.
const FILTERS: [(&str, bool, &str); 11] = [
    ("kind", true, "Only these kinds (`summit`)."),
    ("state", true, "Only these states (`confirmed`)."),
    ("theme", true, "Only with one of these themes."),
    ("party", false, "Only with this party (`pt`)."),
    ("role", false, "With `party`: only in this role (`chair`)."),
    (
        "planNode",
        false,
        "Only with a link to this node of a plan or one below it.",
    ),
    ("from", false, "Only those that end on or after this day."),
    ("to", false, "Only those that start on or before this day."),
    (
        "textPrefix",
        false,
        "Only with a word of the title that begins so.",
    ),
    (
        "parentEvent",
        false,
        "Only those that are part of this event.",
    ),
    (
        "ownOnly",
        false,
        "`true` leaves out joint events of other dialogues.",
    ),
];

/// The paths, each with what stands there.
pub fn paths() -> Vec<(String, Value)> {
    let filters = || {
        FILTERS
            .iter()
            .map(|(name, many, about)| query(name, *many, about))
    };
    let language = || query("language", false, "Language of the texts, a BCP 47 tag.");
    let dialogues = query("dialogue", true, "Only these dialogues (`rabat`).");
    let all = [dialogues, language()].into_iter().chain(filters());
    let one = [path("dialogue"), language()].into_iter().chain(filters());
    let post = vec![path("dialogue"), path("post"), language()];
    let [every, dialogue, of_post] = super::PATHS.map(str::to_owned);
    vec![
        (
            every,
            get(
                "All",
                "Events of any dialogue, by the filters of ListEvents.",
                all.collect(),
            ),
        ),
        (
            dialogue,
            get("Dialogue", "The events of a dialogue.", one.collect()),
        ),
        (
            of_post,
            get("Post", "What a post has to report, as tasks.", post),
        ),
    ]
}

fn get(id: &str, about: &str, mut parameters: Vec<Value>) -> Value {
    parameters.push(json!({
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what the caller has: 304 while it is the same.",
        "schema": {"type": "string"},
    }));
    json!({"get": {
        "operationId": format!("Calendar_{id}"),
        "tags": ["Calendar"],
        "summary": about.trim_end_matches('.'),
        "description": format!("{about} iCalendar (RFC 5545, RFC 7986)."),
        "parameters": parameters,
        "security": [{}, {"key": []}],
        "responses": {
            "200": {
                "description": "The calendar.",
                "headers": {"ETag": {"description": "Hash of it.", "schema": {"type": "string"}}},
                "content": {"text/calendar": {"schema": {"type": "string"}}},
            },
            "304": {"description": "It is as the caller has it."},
            "default": {
                "description": "An error.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }})
}

fn path(name: &str) -> Value {
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": format!("Id of the {name}."),
        "schema": {"type": "string"},
    })
}

fn query(name: &str, many: bool, about: &str) -> Value {
    let one = json!({"type": "string"});
    let schema = if many {
        json!({"type": "array", "items": one})
    } else {
        one
    };
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}
