//! Dialogues, members, posts and chairs.

use rapporteur_proto::events::v1::*;
use rapporteur_proto::r#type::v1::*;
use tonic::{Response, Status};

use super::*;

#[tokio::test]
async fn dialogues_members_posts_and_chairs() {
    let mut house = House::furnished().await;
    let wrong: Wrong<Dialogue> = vec![
        ("dialogue.title", |d| d.title = None),
        ("dialogue.code", |d| d.code = long(501)),
        ("dialogue.bodies[0].id", |d| d.bodies[0].id = "SC".into()),
        ("dialogue.bodies[1].id", |d| {
            d.bodies = vec![d.bodies[0].clone(), d.bodies[0].clone()]
        }),
        ("dialogue.bodies[0].kind", |d| d.bodies[0].kind = 0),
        ("dialogue.bodies[0].established.value", |d| {
            d.bodies[0].established = date("last year")
        }),
        ("dialogue.bodies[0].roles[0].party", |d| {
            d.bodies[0].roles = vec![role("parties/no")]
        }),
        ("dialogue.bodies[0].claims[0].id", |d| {
            d.bodies[0].claims = vec![claim("")]
        }),
        ("dialogue.bodies[0].provenance[0].source", |d| {
            d.bodies[0].provenance = vec![from_source("sources/no")]
        }),
        ("dialogue.languages[1]", |d| {
            d.languages = vec!["en".into(), "english please".into()]
        }),
        ("dialogue.languages[1]", |d| {
            d.languages = vec!["en".into(), "en".into()]
        }),
        ("dialogue.parent_programme", |d| {
            d.parent_programme = "mmd".into()
        }),
        ("dialogue.parent_programme", |d| {
            d.parent_programme = "dialogues/no".into()
        }),
        ("dialogue.secretariat", |d| {
            d.secretariat = "parties/no".into()
        }),
        ("dialogue.numbering_scheme", |d| {
            d.numbering_scheme = "roman".into()
        }),
        ("dialogue.links[0].url", |d| d.links = vec![url("not one")]),
    ];
    let request = CreateDialogueRequest::default();
    each_field!(
        house.dialogues,
        create_dialogue,
        request.clone(),
        dialogue,
        dialogue(),
        wrong
    );
    let wrong: Wrong<Membership> = vec![
        ("membership.party", |m| m.party = String::new()),
        ("membership.party", |m| m.party = "parties/no".into()),
        ("membership.kind", |m| m.kind = 0),
        ("membership.end.value", |m| {
            (m.start, m.end) = (date("2024-10"), date("2024-09-30"))
        }),
        ("membership.group", |m| m.group = long(501)),
        ("membership.provenance[0].source", |m| {
            m.provenance = vec![from_source("sources/no")]
        }),
    ];
    let request = CreateMembershipRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    each_field!(
        house.dialogues,
        create_membership,
        request.clone(),
        membership,
        membership(),
        wrong
    );
    let nowhere = CreateMembershipRequest {
        parent: "dialogues/no".into(),
        ..Default::default()
    };
    let refused = house.dialogues.create_membership(CreateMembershipRequest {
        membership: Some(membership()),
        ..nowhere
    });
    assert_eq!(told(&refused.await.unwrap_err(), "field"), "parent");
    let holder = |holder: &str| PostHolder {
        holder: holder.into(),
        ..PostHolder::default()
    };
    let held = Post {
        holders: vec![holder("Gladys Cisneros"), holder("parties/pt")],
        ..post()
    };
    let wrong: Wrong<Post> = vec![
        ("post.party", |p| p.party = "pt".into()),
        ("post.duty", |p| p.duty = 0),
        ("post.scope", |p| p.scope = long(501)),
        ("post.holders[0].holder", |p| {
            p.holders[0].holder = String::new()
        }),
        ("post.holders[1].holder", |p| {
            p.holders[1].holder = "parties/".into()
        }),
        ("post.holders[1].holder", |p| {
            p.holders[1].holder = "parties/no".into()
        }),
        ("post.holders[0].end.value", |p| {
            (p.holders[0].start, p.holders[0].end) = (date("2024"), date("2023"));
        }),
    ];
    let request = CreatePostRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    each_field!(
        house.dialogues,
        create_post,
        request.clone(),
        post,
        held.clone(),
        wrong
    );
    let wrong: Wrong<Chairmanship> = vec![
        ("chairmanship.party", |c| c.party = "parties/no".into()),
        ("chairmanship.co_chairs[0]", |c| {
            c.co_chairs = vec!["parties/pt".into()]
        }),
        ("chairmanship.co_chairs[0]", |c| {
            c.co_chairs = vec!["parties/no".into()]
        }),
        ("chairmanship.end.value", |c| {
            (c.start, c.end) = (date("2024-02-01"), date("2024-01"))
        }),
        ("chairmanship.state", |c| c.state = 99),
        ("chairmanship.priorities[0]", |c| {
            c.priorities = vec![LocalizedText::default()]
        }),
        ("chairmanship.provisional_calendar[0]", |c| {
            c.provisional_calendar = vec!["lisbon".into()]
        }),
        ("chairmanship.provisional_calendar[0]", |c| {
            c.provisional_calendar = vec![format!("{RABAT}/events/no")]
        }),
        ("chairmanship.claims[0].id", |c| c.claims = vec![claim("")]),
    ];
    let request = CreateChairmanshipRequest {
        parent: RABAT.into(),
        ..Default::default()
    };
    each_field!(
        house.dialogues,
        create_chairmanship,
        request.clone(),
        chairmanship,
        chairmanship(),
        wrong
    );
}
