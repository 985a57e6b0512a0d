//! What is proposed: facts that a text states, each with the words that state it.

use serde::{Deserialize, Serialize};

/// One fact or record that a post gives reason for. It enters the record only when a person accepts it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Made of the post's words and the place of the proposal among its like: the same text gives the same id.
    pub id: String,
    /// Why it is proposed.
    pub evidence: Evidence,
    /// What is proposed.
    pub record: Body,
}

/// Why a fact is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule that found it.
    pub rule: String,
    /// How far the rule can be trusted here, 0 to 1. It orders proposals; it is no probability.
    pub confidence: f32,
    /// The words that say it.
    pub quote: Quote,
}

/// Words of the text, and where they stand in the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Character for character.
    pub text: String,
    /// First byte, and the byte after the last (UTF-8).
    pub bytes: [usize; 2],
    /// First character, and the one after the last (Unicode scalar values).
    pub characters: [usize; 2],
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "few hundred of a post; a box would only make them harder to read"
)]
pub enum Body {
    /// A meeting or other event.
    Event(Event),
    /// A figure that somebody states.
    Claim(Claim),
    /// An element of a numbered list.
    Takeaway(Takeaway),
    /// A numbered conclusion, decision or resolution that is cited.
    Instrument(Instrument),
    /// A theme, from a hashtag.
    Theme(Theme),
    /// A link.
    Link(Link),
    /// A party that has a role and is not in the record yet.
    Party(NewParty),
}

impl Body {
    /// The word for its type: `event`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Claim(_) => "claim",
            Self::Takeaway(_) => "takeaway",
            Self::Instrument(_) => "instrument",
            Self::Theme(_) => "theme",
            Self::Link(_) => "link",
            Self::Party(_) => "party",
        }
    }
}

/// How a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The text says so.
    Given,
    /// Concluded from what it says.
    Inferred,
    /// It does not say.
    Unknown,
}

/// Whether an event was announced or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It will be held.
    Announced,
    /// It was held.
    Held,
}

/// A meeting or other event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Full name in the record, `dialogues/{dialogue}/events/{id}`; empty when the text names no dialogue.
    pub name: String,
    /// What it is: `thematic-meeting`, as the record words it.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Ids of the dialogues that hold it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialogues: Vec<String>,
    /// Whether it is over.
    pub state: State,
    /// Which of its series (6 of the 6th summit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<u32>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// Last day, when it is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Date>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who does what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// What is discussed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agenda: Vec<AgendaItem>,
    /// Id of the proposed event that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// A date that says how much of it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Date {
    /// `2024-10-16`, `2024-10` or `2024` (ISO 8601); without a year `--10-16` or `--10` (gMonthDay and gMonth of XML
    /// Schema); empty when the text says no more than `as_written`.
    pub value: String,
    /// `inferred` when the day of posting was needed to understand it.
    pub basis: Basis,
    /// The words of the text.
    pub as_written: String,
    /// Where it says so.
    pub evidence: Evidence,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// City or building; empty when only the country is said.
    pub name: String,
    /// ISO 3166-1 alpha-2 code; empty when not known.
    pub country: String,
    /// Where it says so.
    pub evidence: Evidence,
}

/// That a party does something at an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// What it does: `co-chair`, as the record words it.
    pub role: String,
    /// Id of the party; empty when nobody knows the name.
    pub party: String,
    /// The name as written.
    pub written: String,
    /// Where it says so.
    pub evidence: Evidence,
}

/// One point of an agenda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgendaItem {
    /// Its words.
    pub title: String,
    /// Where it says so.
    pub evidence: Evidence,
}

/// How exact a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// Just this.
    Exact,
    /// This or more.
    AtLeast,
    /// About this.
    About,
    /// Announced beforehand.
    Expected,
}

/// A figure that somebody states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Id of the proposed event that it is a figure of, or a full name in the record; empty when none is near.
    pub event: String,
    /// What is counted: `participants`.
    pub measure: String,
    /// The figure; none where the text only says "many": unknown is not 0.
    pub value: Option<i64>,
    /// Out of how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// How exact it is.
    pub qualifier: Qualifier,
    /// Unit, when it is not a count.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The year that it speaks of, when it says one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub period: String,
}

/// An element of a numbered list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Takeaway {
    /// Id of the proposed event that it stems from, or a full name in the record.
    pub event: String,
    /// Its number as printed.
    pub number: u32,
    /// Its words.
    pub text: String,
    /// What the list calls its elements: `takeaway`, `recommendation`, or `point` when it does not say.
    pub list: String,
}

/// A conclusion, decision or resolution that is cited by number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// `conclusion`, `decision` or `resolution`.
    pub kind: String,
    /// Its number; none where it has a symbol instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The session, from its Roman numeral.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// Year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u32>,
    /// Symbol, as `A/RES/74/19`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
    /// What it is on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// A theme, from a hashtag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Code of the theme: `labour-migration`.
    pub theme: String,
    /// The hashtag as written, without `#`.
    pub hashtag: String,
    /// Id of the proposed event that it is about, or a full name in the record; empty when it is of the post only.
    pub event: String,
}

/// A link, verbatim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// As written; never fetched.
    pub url: String,
    /// What the text says it leads to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Where it leads, when the address itself says so (a mirror that spells the address in hex).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resolved: String,
    /// Id of the proposed event that it is about, or a full name in the record; empty when it is of the post only.
    pub event: String,
}

/// A party that has a role and is not in the record yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewParty {
    /// Its id: `sn`.
    pub id: String,
    /// `state` or `organisation`.
    pub kind: String,
    /// Its name in English.
    pub title: String,
    /// ISO 3166-1 alpha-2 code of a state.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
}
