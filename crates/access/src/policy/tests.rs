//! The table, cell by cell.

use std::collections::BTreeSet;

use super::*;
use crate::grant::Grant;

#[test]
fn every_call_has_one_row_and_every_row_a_call() {
    let mut calls = BTreeSet::new();
    for service in rapporteur_proto::descriptor_pool().services() {
        if !service.full_name().starts_with("rapporteur.") {
            continue;
        }
        for method in service.methods() {
            let rpc = format!("{}/{}", service.full_name(), method.name());
            let rule =
                rule(&rpc).unwrap_or_else(|| panic!("{rpc}: say in POLICY who may make this call"));
            // What takes a request id changes something, and nobody does so unknown.
            let writes = method.input().get_field_by_name("request_id").is_some();
            assert!(
                !writes || rule.who != Who::Anyone,
                "{rpc} changes the record"
            );
            calls.insert(rpc);
        }
    }
    for (rpc, _) in POLICY {
        assert!(calls.contains(*rpc), "{rpc} is no call");
    }
    assert_eq!(POLICY.len(), calls.len(), "no row twice");
}

/// Every cell: each call with each role, in the right and the wrong dialogue, for the right and the
/// wrong party, must come out as the row says and in no other way.
#[test]
fn every_cell_is_as_its_row_says() {
    let (here, there) = ("dialogues/rabat", "dialogues/khartoum");
    let (ours, theirs) = ("parties/pt", "parties/ng");
    let name = "dialogues/rabat/reports/x";
    let mut cells = 0;
    for (rpc, who) in POLICY {
        let rule = rule(rpc).unwrap();
        assert_eq!(
            rule.check(&Rights::None, false, name, &[ours]).is_ok(),
            *who == Who::Anyone,
            "{rpc}, anonymous"
        );
        assert_eq!(rule.check(&Rights::All, true, name, &[]), Ok(()));
        for role in Role::ALL {
            for dialogue in [None, Some(here), Some(there)] {
                for party in [None, Some(ours), Some(theirs)] {
                    let grant = Grant {
                        role,
                        dialogue: dialogue.map(str::to_owned),
                        party: party.map(str::to_owned),
                    };
                    let rights = Rights::of([grant]);
                    let fits = dialogue != Some(there)
                        && (!role.is_for_a_party() || party != Some(theirs));
                    let expected = match who {
                        Who::Anyone | Who::Known => true,
                        Who::Anywhere(roles) => roles.contains(&role),
                        Who::Roles(roles) => roles.contains(&role) && fits,
                    };
                    let answer = rule.check(&rights, true, name, &[ours]);
                    assert_eq!(
                        answer.is_ok(),
                        expected,
                        "{rpc} as {role} in {dialogue:?} for {party:?}: {answer:?}"
                    );
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, POLICY.len() * Role::ALL.len() * 9);
}

#[test]
fn a_refusal_says_what_it_takes() {
    let respond = rule("rapporteur.recommendations.v1.AddresseeService/RespondAddressee");
    let answer = respond.unwrap().check(
        &Rights::None,
        false,
        "dialogues/rabat/recommendations/x/addressees/gm",
        &["parties/gm"],
    );
    assert_eq!(
        answer,
        Err(Refusal::Unknown(
            "AddresseeService/RespondAddressee takes the role focal-point or officer in dialogues/rabat \
             (the record belongs to parties/gm); this call was made without a key"
                .into()
        ))
    );
    assert_eq!(rule("rapporteur.events.v1.EventService/BurnEvent"), None);
}

#[test]
fn what_belongs_to_no_party_is_no_business_of_a_focal_point() {
    let respond = rule("rapporteur.recommendations.v1.AddresseeService/RespondAddressee").unwrap();
    let rights = Rights::of([Grant::everywhere(Role::FocalPoint)]);
    let name = "dialogues/rabat/recommendations/x/addressees/all-partners";
    assert!(respond.check(&rights, true, name, &[]).is_err());
    assert!(respond.check(&rights, true, name, &["parties/gm"]).is_ok());
}
