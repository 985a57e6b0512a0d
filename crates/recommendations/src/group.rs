//! Addressing a recommendation: parties by name, and groups that become their members of one day.
//!
//! A group is frozen when it is addressed: who joins the dialogue later was not asked, and who leaves was.

use jiff::civil::Date;
use prost::Message as _;
use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    AddressRecommendationRequest, AddressRecommendationResponse, Addressee, Implementation,
    Recommendation, Response,
};
use rapporteur_proto::r#type::v1::CivilDate;
use rapporteur_records::edit::new_name;
use rapporteur_records::words::date;
use rapporteur_records::words::text::SHORT;
use rapporteur_records::{Call, Error, Pattern, Records, Result, Stored, Violations, layout, name};
use rapporteur_store as store;

use crate::addressee::{ADDRESSEE, PARTY, claim, guard, usual_name};
use crate::recommendation::RECOMMENDATION;
use crate::reference::References;
use crate::register::Register;

const DIALOGUE: Pattern = Pattern("dialogues/*");
const GROUP: Pattern = Pattern("dialogues/*/groups/*");
/// Most parties of one call: they are written in one commit.
const AT_ONCE: usize = 500;
/// How often a call looks again when others address the same parties at the same time.
const ATTEMPTS: usize = 10;

/// Addresses a recommendation, and answers with the new entries and the names of those that were there.
pub async fn address(
    records: &Records,
    register: &Register,
    call: Call,
    request: AddressRecommendationRequest,
) -> Result<AddressRecommendationResponse> {
    check(&request)?;
    let done = records
        .change(call.clone())?
        .replayed_all(&ADDRESSEE)
        .await?;
    let (recommendation, _) = records
        .referred(&RECOMMENDATION, "recommendation", &request.recommendation)
        .await?;
    let wanted = expand(records, register, &request, &recommendation).await?;
    let mut attempts = 0;
    let (written, mut existing) = loop {
        let (new, existing) = split(records, &recommendation.name, &wanted).await?;
        if let Some(done) = done {
            break (done, existing);
        }
        attempts += 1;
        match write(records, &call, &recommendation.name, new).await {
            Ok(written) => break (written, existing),
            // Somebody addressed one of them between our look and our commit: it exists now.
            Err(Error::AlreadyExists { .. } | Error::Store(store::Error::Conflict { .. }))
                if attempts < ATTEMPTS => {}
            Err(error) => return Err(error),
        }
    };
    let created: Result<Vec<Addressee>> = written
        .iter()
        .map(|stored| {
            stored
                .decode()
                .map_err(|e| Error::Internal(format!("a new addressee does not decode: {e}")))
        })
        .collect();
    let created = created?;
    existing.retain(|name| created.iter().all(|c| c.name != *name));
    Ok(AddressRecommendationResponse { created, existing })
}

async fn write(
    records: &Records,
    call: &Call,
    recommendation: &str,
    new: Vec<Addressee>,
) -> Result<Vec<Stored>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let mut change = records.change(call.clone())?;
    for mut addressee in new {
        let free = addressee.name == usual_name(recommendation, &addressee.party);
        claim(&mut change, recommendation, &addressee, free);
        change.create(&ADDRESSEE, &mut addressee)?;
    }
    change.commit_all(&ADDRESSEE).await
}

fn check(request: &AddressRecommendationRequest) -> Result<()> {
    let mut violations = Violations::default();
    violations.required_name(
        "recommendation",
        &request.recommendation,
        RECOMMENDATION.pattern,
    );
    violations.names("parties", &request.parties, PARTY);
    violations.list("groups", request.groups.len());
    for (place, group) in request.groups.iter().enumerate() {
        let good = DIALOGUE.matches(group) || GROUP.matches(group);
        let wrong = format!(
            "{} does not look like {} or {}",
            name::quoted(group),
            DIALOGUE.0,
            GROUP.0
        );
        violations.require(good, format_args!("groups[{place}]"), wrong);
    }
    let somebody = !(request.parties.is_empty() && request.groups.is_empty());
    violations.require(somebody, "parties", "is empty; give parties or groups");
    violations.plain("as_written", &request.as_written, SHORT);
    violations.date("on", request.on.as_ref());
    violations.done()
}

/// A party, and the words through which it is addressed; empty when by name.
type Wanted = (String, String, Option<CivilDate>);

/// Whom the request means, each once, by name; a party that is named is not counted to a group.
async fn expand(
    records: &Records,
    register: &Register,
    request: &AddressRecommendationRequest,
    recommendation: &Recommendation,
) -> Result<Vec<Wanted>> {
    let mut on = request
        .on
        .clone()
        .filter(|on| !on.value.is_empty())
        .or_else(|| recommendation.adopted.clone());
    date::complete(&mut on);
    let mut references = References::default();
    for (place, party) in request.parties.iter().enumerate() {
        references.one(format_args!("parties[{place}]"), party);
    }
    references.check(records, register).await?;
    let by_name = request
        .parties
        .iter()
        .map(|party| (party.clone(), String::new(), on.clone()));
    let mut wanted: Vec<Wanted> = by_name.collect();
    for (place, group) in request.groups.iter().enumerate() {
        // Of an adoption known to the month only, the last day decides: it was adopted by then.
        let day = date::days(on.as_ref()).map(|days| days.last).ok_or_else(|| {
            Error::invalid("on", "is empty, and the day of adoption is not known; give the day whose membership decides")
        })?;
        let words = if request.as_written.is_empty() {
            name::id_of(group)
        } else {
            &request.as_written
        };
        for party in members(register, &format!("groups[{place}]"), group, day).await? {
            if wanted.iter().all(|(known, ..)| *known != party) {
                wanted.push((party, words.to_owned(), on.clone()));
            }
        }
    }
    if wanted.len() > AT_ONCE {
        let what = format!(
            "{} parties are meant; at most {AT_ONCE} are addressed at once",
            wanted.len()
        );
        return Err(Error::invalid(
            if request.groups.is_empty() {
                "parties"
            } else {
                "groups"
            },
            what,
        ));
    }
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(wanted)
}

async fn members(register: &Register, field: &str, group: &str, day: Date) -> Result<Vec<String>> {
    let unknown = || Error::UnknownReference {
        field: field.to_owned(),
        name: group.to_owned(),
    };
    let (dialogue, of) = match GROUP.ids(group).as_deref() {
        Some([dialogue, of]) => (format!("dialogues/{dialogue}"), Some((*of).to_owned())),
        _ => (group.to_owned(), None),
    };
    register
        .find::<Dialogue>(&dialogue)
        .await?
        .ok_or_else(unknown)?;
    let members = register.partners(&dialogue, of.as_deref(), day).await?;
    if !members.is_empty() {
        return Ok(members);
    }
    if let Some(of) = of
        && !register.has_group(&dialogue, &of).await?
    {
        return Err(unknown());
    }
    Err(Error::Precondition {
        reason: "GROUP_EMPTY",
        subject: group.to_owned(),
        description: format!("{field}: {group} had no partners on {day}"),
        legal: Vec::new(),
    })
}

/// New entries, and the names of those that are there already.
async fn split(
    records: &Records,
    recommendation: &str,
    wanted: &[Wanted],
) -> Result<(Vec<Addressee>, Vec<String>)> {
    let store = records.store();
    let usual: Vec<String> = wanted
        .iter()
        .map(|(party, ..)| usual_name(recommendation, party))
        .collect();
    let keys: Vec<_> = usual
        .iter()
        .map(|name| layout::record(ADDRESSEE.kind, name))
        .collect();
    let guards: Vec<_> = wanted
        .iter()
        .map(|(party, ..)| guard(recommendation, party))
        .collect();
    let (entries, guards) = (store.get_many(&keys).await?, store.get_many(&guards).await?);
    let (mut new, mut existing) = (Vec::new(), Vec::new());
    for ((((party, group, addressed), usual), entry), guard) in
        wanted.iter().cloned().zip(usual).zip(entries).zip(guards)
    {
        let entry = entry.and_then(|row| Addressee::decode(row.value).ok());
        if let Some(row) = guard {
            existing.push(String::from_utf8_lossy(&row.value).into_owned());
        } else if entry.as_ref().is_some_and(|entry| entry.party == party) {
            existing.push(usual);
        } else {
            // An entry of another party may have been given the usual name.
            let name = if entry.is_none() {
                usual
            } else {
                new_name(&ADDRESSEE, recommendation, "")?
            };
            let (response, implementation) = (Response::None.into(), Implementation::None.into());
            new.push(Addressee {
                name,
                party,
                group,
                addressed,
                response,
                implementation,
                ..Addressee::default()
            });
        }
    }
    existing.sort();
    Ok((new, existing))
}
