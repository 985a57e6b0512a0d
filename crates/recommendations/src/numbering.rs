//! Numbers of instruments: what an instrument is cited as, that no two are cited alike, and which one a
//! citation means. The guard row `(dialogue, number, citation)` holds the name of the instrument that has it.

mod resolve;

use bytes::Bytes;
use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{Instrument, InstrumentKind as Kind, Recommendation};
use rapporteur_records::{
    Draft, Error, Listing, PageRequest, Records, Result, Stored, Violations, change, layout, name,
};
use rapporteur_store::{self as store, Write};

use crate::citation::{Citation, GENERIC, SCHEMES, Scheme, fold};
use crate::instrument::INSTRUMENT;
use crate::recommendation::{self, RECOMMENDATION};

pub use resolve::resolve;

const NUMBER: u8 = 1;
/// Most elements whose citations change with that of their instrument, in one commit.
const ELEMENTS: usize = 400;

/// A scheme that is known, or none.
pub fn check_scheme(field: &str, scheme: &str, violations: &mut Violations) {
    let mut names: Vec<&str> = SCHEMES.iter().map(|s| s.name).collect();
    names.sort_unstable();
    let known = scheme.is_empty() || names.contains(&scheme);
    violations.require(
        known,
        field,
        format_args!(
            "{} is not one of {}",
            name::quoted(scheme),
            names.join(", ")
        ),
    );
}

/// How an instrument is numbered: by its own scheme, else by its dialogue's.
pub fn scheme_of(instrument: &Instrument, dialogue: &Dialogue) -> &'static Scheme {
    Scheme::named(&instrument.numbering_scheme)
        .or_else(|| Scheme::named(&dialogue.numbering_scheme))
        .unwrap_or(&GENERIC)
}

/// The citation of an instrument; empty without a number.
pub fn cite(scheme: &Scheme, instrument: &Instrument, dialogue: &Dialogue) -> Result<String> {
    if instrument.number == 0 {
        return Ok(String::new());
    }
    let known = |number: i32| u32::try_from(number).unwrap_or_default();
    let citation = Citation {
        dialogue: code_of(dialogue),
        kind: kind_code(instrument.kind()).to_owned(),
        number: known(instrument.number),
        session: known(instrument.session),
        year: known(instrument.year),
        ..Citation::default()
    };
    scheme.print(&citation).map_err(|missing| {
        Error::invalid(
            format!("instrument.{missing}"),
            format!("is 0; a number of the scheme {} needs it", scheme.name),
        )
    })
}

/// The code that citations carry; its id, where the dialogue has none.
fn code_of(dialogue: &Dialogue) -> String {
    let code = if dialogue.code.is_empty() {
        name::id_of(&dialogue.name)
    } else {
        &dialogue.code
    };
    // Guard keys have a bound, and nobody cites by sixty letters.
    code.chars().take(60).collect()
}

/// The part `{KIND}` of a generic number.
fn kind_code(kind: Kind) -> &'static str {
    match kind {
        Kind::Conclusion => "C",
        Kind::Declaration => "D",
        Kind::ActionPlan => "AP",
        Kind::OutcomeDocument => "OD",
        Kind::RecommendationsList => "RL",
        Kind::PolicyTakeaways => "PT",
        Kind::Decision => "DEC",
        Kind::Resolution => "RES",
        Kind::Report => "REP",
        Kind::Other | Kind::Unspecified => "O",
    }
}

/// Writes an instrument, with its number and the citations of its elements.
pub async fn commit(
    records: &Records,
    mut draft: Draft<'_, Instrument>,
    scheme: &Scheme,
) -> Result<Stored> {
    let before = draft.old.as_ref().and_then(|(old, _)| guard(old));
    let after = guard(&draft.new);
    let (name, citation) = (draft.new.name.clone(), draft.new.citation.clone());
    let taken = after.clone().filter(|_| before != after);
    if before != after {
        if let Some(key) = before {
            draft.change.write(Write::delete(key));
        }
        if let Some(key) = &after {
            free(records, key, &name, &citation).await?;
            draft.change.check(key.clone(), 0);
            draft.change.write(Write::put(key.clone(), name.clone()));
        }
    }
    let renumbered = draft
        .old
        .as_ref()
        .is_some_and(|(old, _)| old.citation != citation);
    draft.stage()?;
    if renumbered {
        cite_elements(records, &mut draft, scheme).await?;
    }
    match draft.change.commit(&INSTRUMENT).await {
        // Somebody took the number between our look and our commit.
        Err(Error::Store(store::Error::Conflict {
            key,
            expected,
            current,
        })) if taken.as_ref() == Some(&key) => {
            free(records, &key, &name, &citation).await?;
            Err(Error::Store(store::Error::Conflict {
                key,
                expected,
                current,
            }))
        }
        outcome => outcome,
    }
}

async fn free(records: &Records, key: &Bytes, name: &str, citation: &str) -> Result<()> {
    let holder = records
        .store()
        .get(key)
        .await?
        .map(|row| String::from_utf8_lossy(&row.value).into_owned());
    match holder.filter(|holder| holder != name) {
        None => Ok(()),
        Some(holder) => Err(Error::Precondition {
            reason: "NUMBER_TAKEN",
            description: format!(
                "instrument.number: {citation} is {holder} already; a number is given once"
            ),
            subject: holder,
            legal: Vec::new(),
        }),
    }
}

async fn cite_elements(
    records: &Records,
    draft: &mut Draft<'_, Instrument>,
    scheme: &Scheme,
) -> Result<()> {
    let of_instrument = recommendation::of_instrument(&draft.new.name);
    let listing = Listing {
        ranges: vec![of_instrument],
        filter: None,
    };
    let page = records
        .list(
            &RECOMMENDATION,
            &listing,
            &PageRequest {
                size: ELEMENTS,
                ..Default::default()
            },
        )
        .await?;
    if page.next.is_some() {
        return Err(Error::Exhausted(format!(
            "more than {ELEMENTS} recorded elements are cited by this number"
        )));
    }
    for stored in page.records {
        let old: Recommendation = change::message(&stored)?;
        let mut new = old.clone();
        new.citation = scheme.element(&draft.new.citation, &new.path);
        draft
            .change
            .update(&RECOMMENDATION, &old, stored.version, &mut new)?;
    }
    Ok(())
}

/// The row that says whose number this is.
pub(crate) fn guard(instrument: &Instrument) -> Option<Bytes> {
    let cited = !instrument.citation.is_empty();
    cited.then(|| {
        let dialogue = name::parent_of(&instrument.name);
        let number = numbered(dialogue, instrument.number);
        number.str(&fold(&instrument.citation)).into_bytes()
    })
}

fn numbered(dialogue: &str, number: i32) -> store::key::Key {
    layout::guard(INSTRUMENT.kind, NUMBER)
        .str(dialogue)
        .i64(number.into())
}
