//! What a file says of an addressee's ledger that the record does not have yet.

use prost_reflect::{DynamicMessage, Value};

use super::kinds::{Kind, set, text};

/// What an answer takes from an entry.
const TAKEN: [&str; 5] = ["response", "word", "on", "vocabulary", "provenance"];

/// The request that enters the one answer that is new; none when the ledger says all that the file says.
///
/// # Errors
///
/// Why it cannot be entered: an entry says how far the addressee is, which reports move, or several are new.
pub(super) fn answer(
    there: &DynamicMessage,
    stated: &DynamicMessage,
) -> Result<Option<DynamicMessage>, String> {
    let known = entries(there);
    let new: Vec<DynamicMessage> = entries(stated)
        .into_iter()
        .filter(|entry| !known.iter().any(|known| same(known, entry)))
        .collect();
    let entry = match new.as_slice() {
        [] => return Ok(None),
        [entry] => entry,
        _ => {
            return Err(format!(
                "has {} entries that the ledger does not have; enter them one by one",
                new.len()
            ));
        }
    };
    if number(entry, "response") == 0 {
        let word = text(entry, "word");
        return Err(format!(
            "says {word:?} of how far it is, which the ledger does not say: progress reports move that"
        ));
    }
    request(stated, entry).map(Some)
}

fn request(stated: &DynamicMessage, entry: &DynamicMessage) -> Result<DynamicMessage, String> {
    let words = |error: rapporteur_records::Error| error.to_string();
    let kind = Kind::of("rapporteur.recommendations.v1.Addressee").map_err(words)?;
    let method = kind.method("Respond").map_err(words)?;
    let mut request = DynamicMessage::new(method.input());
    set(&mut request, "name", Value::String(text(stated, "name"))).map_err(words)?;
    for field in TAKEN {
        if entry.has_field_by_name(field)
            && let Some(value) = entry.get_field_by_name(field)
        {
            set(&mut request, field, value.into_owned()).map_err(words)?;
        }
    }
    Ok(request)
}

fn entries(addressee: &DynamicMessage) -> Vec<DynamicMessage> {
    let entries = addressee.get_field_by_name("entries");
    let entries = entries.as_ref().and_then(|list| list.as_list());
    let entries = entries.unwrap_or_default().iter();
    entries.filter_map(Value::as_message).cloned().collect()
}

fn number(entry: &DynamicMessage, field: &str) -> i32 {
    let value = entry.get_field_by_name(field);
    value.and_then(|value| value.as_enum_number()).unwrap_or(0)
}

/// Whether a known entry says what another states. What that one leaves out (the day, how far it is) the service has filled
/// in.
fn same(known: &DynamicMessage, stated: &DynamicMessage) -> bool {
    let day = |entry: &DynamicMessage| {
        let on = entry.get_field_by_name("on");
        let on = on.and_then(|on| on.as_message().map(|on| text(on, "value")));
        on.unwrap_or_default()
    };
    let (known_day, stated_day) = (day(known), day(stated));
    text(known, "word") == text(stated, "word")
        && (stated_day.is_empty() || known_day == stated_day)
        && ["response", "implementation"].iter().all(|field| {
            let stated = number(stated, field);
            stated == 0 || number(known, field) == stated
        })
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::descriptor_pool;

    use super::*;

    fn addressee(entries: &str) -> DynamicMessage {
        let kind = descriptor_pool()
            .get_message_by_name("rapporteur.recommendations.v1.Addressee")
            .unwrap();
        let json = format!(
            r#"{{"name":"dialogues/r/recommendations/x/addressees/pt","entries":[{entries}]}}"#
        );
        DynamicMessage::deserialize(kind, &mut serde_json::Deserializer::from_str(&json)).unwrap()
    }

    #[test]
    fn a_new_answer_is_entered_once() {
        let noted = r#"{"response":"RESPONSE_NOTED","word":"Noted","on":{"value":"2012-05"}}"#;
        let supported =
            r#"{"response":"RESPONSE_SUPPORTED","word":"Accepted","on":{"value":"2012-09"}}"#;
        let done = r#"{"implementation":"IMPLEMENTATION_IMPLEMENTED","word":"Closed"}"#;
        let (none, one) = (addressee(""), addressee(noted));
        assert_eq!(answer(&one, &one), Ok(None));
        let undated = addressee(r#"{"response":"RESPONSE_NOTED","word":"Noted"}"#);
        assert_eq!(
            answer(&one, &undated),
            Ok(None),
            "the service fills the day in"
        );
        assert_eq!(answer(&one, &none), Ok(None), "what the file lacks stays");
        let request = answer(&one, &addressee(supported)).unwrap().unwrap();
        assert_eq!(text(&request, "word"), "Accepted");
        assert_eq!(
            number(&request, "response"),
            number(&entries(&addressee(supported))[0], "response")
        );
        assert!(
            answer(&one, &addressee(done))
                .unwrap_err()
                .contains("progress reports")
        );
        let both = addressee(&format!("{noted},{supported}"));
        assert!(answer(&none, &both).unwrap_err().contains("one by one"));
    }
}
