//! Instruments: the texts that meetings adopt, and their numbers.
//!
//! Their numbers are given once: see [`numbering`].

use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    AdoptionMode, CreateInstrumentRequest, Instrument, InstrumentKind as Kind,
    ListInstrumentsRequest, UpdateInstrumentRequest,
};
use rapporteur_records::words::text::{LONG, SHORT, begins_a_word};
use rapporteur_records::words::{claim, date};
use rapporteur_records::{
    Call, Draft, Listing, Noun, Pattern, Range, Records, Result, Stored, Violations, draft, layout,
    name,
};

use crate::citation::Scheme;
use crate::numbering;
use crate::reference::References;
use crate::register::{BODY, Register};

const BY_EVENT: u8 = 1;
const PARTY: Pattern = Pattern("parties/*");
/// Names of events.
pub const EVENT: Pattern = Pattern("dialogues/*/events/*");

/// Instruments.
pub static INSTRUMENT: Noun<Instrument> = Noun {
    kind: 1,
    pattern: Pattern("dialogues/*/instruments/*"),
    field: "instrument",
    output_only: &["citation"],
    under: None,
    index: |i| {
        let of_event = || {
            layout::index(INSTRUMENT.kind, BY_EVENT)
                .str(&i.event)
                .str(&i.name)
                .into_bytes()
        };
        if i.event.is_empty() {
            Vec::new()
        } else {
            vec![of_event()]
        }
    },
    guards: |instrument| numbering::guard(instrument).into_iter().collect(),
    complete: |instrument| {
        date::complete(&mut instrument.adopted);
        claim::complete(&mut instrument.claims);
    },
    check,
};

fn check(instrument: &Instrument, violations: &mut Violations) {
    violations.visibility(
        "instrument",
        instrument.visibility,
        instrument.embargo_until,
    );
    violations.choice::<Kind>("instrument.kind", instrument.kind, false);
    violations.localized("instrument.title", instrument.title.as_ref(), SHORT, true);
    let numbers = [
        ("number", instrument.number),
        ("session", instrument.session),
        ("year", instrument.year),
    ];
    for (field, number) in numbers {
        violations.require(
            number >= 0,
            format_args!("instrument.{field}"),
            "is negative",
        );
    }
    violations.require(
        instrument.session <= 3_999,
        "instrument.session",
        "is more than 3,999",
    );
    violations.require(
        instrument.year <= 9_999,
        "instrument.year",
        "is more than 9,999",
    );
    let scheme = instrument.numbering_scheme.as_str();
    numbering::check_scheme("instrument.numbering_scheme", scheme, violations);
    violations.name("instrument.event", &instrument.event, EVENT);
    violations.date("instrument.adopted", instrument.adopted.as_ref());
    let by = instrument.adopted_by.as_str();
    violations.require(
        by.is_empty() || PARTY.matches(by) || BODY.matches(by),
        "instrument.adopted_by",
        format_args!(
            "{} does not look like {} or {}",
            name::quoted(by),
            PARTY.0,
            BODY.0
        ),
    );
    violations.choice::<AdoptionMode>("instrument.mode", instrument.mode, true);
    let parties = instrument.parties_count.is_none_or(|count| count >= 0);
    violations.require(parties, "instrument.parties_count", "is negative");
    check_citations(instrument, violations);
    violations.codes("instrument.themes", &instrument.themes);
    violations.plan_links("instrument.plan_links", &instrument.plan_links);
    violations.claims("instrument.claims", &instrument.claims);
    violations.documents("instrument.documents", &instrument.documents);
    violations.provenance("instrument.provenance", &instrument.provenance);
    violations.external_ids("instrument.external_ids", &instrument.external_ids);
}

fn check_citations(instrument: &Instrument, violations: &mut Violations) {
    violations.list("instrument.cites", instrument.cites.len());
    for (place, cited) in instrument.cites.iter().enumerate() {
        let at = format_args!("instrument.cites[{place}]");
        violations.name(
            format_args!("{at}.instrument"),
            &cited.instrument,
            INSTRUMENT.pattern,
        );
        let itself = !cited.instrument.is_empty() && cited.instrument == instrument.name;
        violations.require(
            !itself,
            format_args!("{at}.instrument"),
            "is the instrument itself",
        );
        let says = !(cited.instrument.is_empty() && cited.as_written.trim().is_empty());
        violations.require(
            says,
            format_args!("{at}.as_written"),
            "is empty; give the instrument or how it is cited",
        );
        violations.plain(format_args!("{at}.as_written"), &cited.as_written, SHORT);
        violations.plain(format_args!("{at}.note"), &cited.note, LONG);
    }
}

/// Records a new instrument.
pub async fn create(
    records: &Records,
    register: &Register,
    call: Call,
    request: CreateInstrumentRequest,
) -> Result<Stored> {
    let begun = records.create(
        &INSTRUMENT,
        call,
        &request.parent,
        &request.instrument_id,
        request.instrument,
    );
    finish(records, register, draft!(begun.await?)).await
}

/// Changes an instrument.
pub async fn update(
    records: &Records,
    register: &Register,
    call: Call,
    request: UpdateInstrumentRequest,
) -> Result<Stored> {
    let begun = records.update(
        &INSTRUMENT,
        call,
        request.instrument,
        request.update_mask.as_ref(),
    );
    finish(records, register, draft!(begun.await?)).await
}

async fn finish(
    records: &Records,
    register: &Register,
    mut draft: Draft<'_, Instrument>,
) -> Result<Stored> {
    let dialogue: Dialogue = register
        .known("parent", name::parent_of(&draft.new.name))
        .await?;
    refer(&draft.new).check(records, register).await?;
    let scheme = numbering::scheme_of(&draft.new, &dialogue);
    draft.new.citation = numbering::cite(scheme, &draft.new, &dialogue)?;
    numbering::commit(records, draft, scheme).await
}

fn refer(instrument: &Instrument) -> References {
    let mut references = References::default();
    references.one("instrument.event", &instrument.event);
    references.one("instrument.adopted_by", &instrument.adopted_by);
    for (place, cited) in instrument.cites.iter().enumerate() {
        references.one(
            format_args!("instrument.cites[{place}].instrument"),
            &cited.instrument,
        );
    }
    references.plan_links("instrument.plan_links", &instrument.plan_links);
    references.claims("instrument.claims", &instrument.claims);
    references.provenance("instrument.provenance", &instrument.provenance);
    references
}

/// The scheme by which an instrument is numbered.
pub async fn scheme(register: &Register, instrument: &Instrument) -> Result<&'static Scheme> {
    let dialogue: Dialogue = register
        .known("parent", name::parent_of(&instrument.name))
        .await?;
    Ok(numbering::scheme_of(instrument, &dialogue))
}

/// Index rows of the instruments of an event.
pub fn of_event(event: &str) -> Range {
    Range::prefix(
        layout::index(INSTRUMENT.kind, BY_EVENT)
            .str(event)
            .into_bytes(),
    )
}

/// What a list asks for: by name, or by event.
pub async fn listing(
    register: &Register,
    request: &ListInstrumentsRequest,
) -> Result<Listing<Instrument>> {
    let mut violations = Violations::default();
    violations.choice::<Kind>("kind", request.kind, true);
    violations.name("event", &request.event, EVENT);
    violations.require(
        (0..=9_999).contains(&request.year),
        "year",
        "is no year of 1 to 9,999",
    );
    violations.plain("text_prefix", &request.text_prefix, SHORT);
    violations.done()?;
    let mut listing = Listing::children(&INSTRUMENT, &request.parent)?;
    if request.as_of.is_none() {
        register.parent_exists(&request.parent).await?;
    }
    if !request.event.is_empty() {
        listing.ranges = vec![of_event(&request.event)];
        let under = listing_prefix(&request.parent);
        listing = listing.only(move |i| i.name.starts_with(&under));
    }
    let (kind, year) = (request.kind, request.year);
    if kind != 0 || year != 0 {
        listing =
            listing.only(move |i| (kind == 0 || i.kind == kind) && (year == 0 || i.year == year));
    }
    if !request.text_prefix.is_empty() {
        let prefix = request.text_prefix.clone();
        listing = listing.only(move |i| begins_a_word(i.title.as_ref(), &prefix));
    }
    Ok(listing)
}

/// What the names under a list's parent begin with, when the parent is a dialogue or any.
pub fn listing_prefix(parent: &str) -> String {
    if parent.ends_with("/-") {
        String::new()
    } else {
        format!("{parent}/")
    }
}
