//! Which instrument a citation means.

use rapporteur_proto::events::v1::Dialogue;
use rapporteur_proto::recommendations::v1::{
    Instrument, ResolveCitationRequest, ResolveCitationResponse,
};
use rapporteur_records::{Error, Range, Records, Result, Violations, change, name};
use rapporteur_store::Direction;

use super::{check_scheme, code_of, numbered};
use crate::citation::{Citation, GENERIC, SCHEMES, Scheme, fold};
use crate::instrument::INSTRUMENT;
use crate::register::{Register, Registered as _};

/// Reads a citation: what it says, whether it fits, and which instrument it is.
pub async fn resolve(
    records: &Records,
    register: &Register,
    request: ResolveCitationRequest,
) -> Result<ResolveCitationResponse> {
    let mut violations = Violations::default();
    violations.required_name("parent", &request.parent, Dialogue::PATTERN);
    violations.require(
        !request.text.trim().is_empty(),
        "text",
        "is empty; give a citation such as 112 (LXVII)",
    );
    violations.plain("text", &request.text, 500);
    check_scheme(
        "numbering_scheme",
        &request.numbering_scheme,
        &mut violations,
    );
    violations.done()?;
    let dialogue: Dialogue = register.known("parent", &request.parent).await?;
    let own = Scheme::named(&request.numbering_scheme)
        .or_else(|| Scheme::named(&dialogue.numbering_scheme))
        .unwrap_or(&GENERIC);
    let others = SCHEMES
        .into_iter()
        .filter(|s| request.numbering_scheme.is_empty() && s.name != own.name);
    let read = std::iter::once(own)
        .chain(others)
        .find_map(|s| s.parse(&request.text).map(|c| (s, c)));
    let Some((scheme, citation)) = read else {
        let text = name::quoted(&request.text);
        return Err(Error::invalid(
            "text",
            format!("{text} is not a citation of the scheme {}", own.name),
        ));
    };
    let mut warnings: Vec<String> = scheme.warning(&citation).into_iter().collect();
    if scheme.name != own.name {
        warnings.push(format!(
            "{} numbers by the scheme {}, not {}",
            dialogue.name, own.name, scheme.name
        ));
    }
    if !citation.dialogue.is_empty()
        && citation.dialogue.to_uppercase() != code_of(&dialogue).to_uppercase()
    {
        warnings.push(format!(
            "{} is not the code of {} ({})",
            citation.dialogue,
            dialogue.name,
            code_of(&dialogue)
        ));
    }
    let found = find(records, &dialogue.name, scheme, &citation, &mut warnings).await?;
    let citation = scheme.completed(citation);
    let number = |n: u32| i32::try_from(n).unwrap_or_default();
    Ok(ResolveCitationResponse {
        numbering_scheme: scheme.name.to_owned(),
        citation: scheme.print(&citation).unwrap_or_default(),
        number: number(citation.number),
        session: number(citation.session),
        year: number(citation.year),
        path: citation.path,
        instrument: found.unwrap_or_default(),
        warnings,
    })
}

/// The instrument that is cited exactly so; else the only one that nothing in the citation speaks against.
async fn find(
    records: &Records,
    dialogue: &str,
    scheme: &Scheme,
    citation: &Citation,
    warnings: &mut Vec<String>,
) -> Result<Option<String>> {
    let range = Range::prefix(
        numbered(dialogue, i32::try_from(citation.number).unwrap_or_default()).into_bytes(),
    );
    let rows = records
        .store()
        .scan(&range.from, &range.to, 1_000, Direction::Forward)
        .await?;
    let mut candidates: Vec<Instrument> = Vec::new();
    for (_, row) in rows {
        let name = String::from_utf8_lossy(&row.value).into_owned();
        // As the caller sees them: a number must not tell of an instrument that is internal.
        match records.get(&INSTRUMENT, &name, None).await {
            Ok(stored) => candidates.push(change::message(&stored)?),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let whole = Citation {
        path: String::new(),
        revision: 0,
        ..citation.clone()
    };
    let printed = scheme
        .print(&whole)
        .map(|printed| fold(&printed))
        .unwrap_or_default();
    if let Some(exact) = candidates.iter().find(|i| fold(&i.citation) == printed) {
        return Ok(Some(exact.name.clone()));
    }
    candidates.retain(|i| {
        scheme
            .parse(&i.citation)
            .is_some_and(|recorded| may_mean(citation, &recorded))
    });
    match candidates.as_slice() {
        [] => Ok(None),
        [one] => {
            warnings.push(format!("{} is recorded as {}", one.name, one.citation));
            Ok(Some(one.name.clone()))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|i| i.name.as_str()).collect();
            warnings.push(format!("it may be any of {}", names.join(", ")));
            Ok(None)
        }
    }
}

/// Whether a citation with a slip in it may mean what is recorded: the session or the year fits.
fn may_mean(said: &Citation, recorded: &Citation) -> bool {
    let fits = |said: u32, recorded: u32| said != 0 && said == recorded;
    let coded = said.dialogue == recorded.dialogue && said.kind == recorded.kind;
    coded
        && (fits(said.session, recorded.session)
            || (said.session == 0 && fits(said.year, recorded.year)))
}
