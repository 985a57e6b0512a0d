//! Keys and grants: their life, as callers feel it.

use rapporteur_access::{Grant as Granted, Rights, Role as Known};
use rapporteur_proto::Timestamp;
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::gateway::v1::*;

use super::*;
use crate::callers::{READ, behind, heard};

pub(crate) fn access(gateway: &Gateway) -> AccessServiceClient<Channel> {
    AccessServiceClient::new(gateway.channel.clone())
}

/// A message with this key on it.
pub(crate) fn with_key<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let credential = format!("Bearer {key}").parse().unwrap();
    request.metadata_mut().insert("authorization", credential);
    request
}

fn key_of(caller: &str) -> CreateKeyRequest {
    CreateKeyRequest {
        key: Some(Key {
            caller: caller.to_owned(),
            note: "for a test".to_owned(),
            ..Key::default()
        }),
        ..CreateKeyRequest::default()
    }
}

/// The name of a new key, and the whole key.
pub(crate) async fn made(gateway: &Gateway, caller: &str) -> (String, String) {
    let made = access(gateway)
        .create_key(gateway.keyed(key_of(caller)))
        .await
        .unwrap()
        .into_inner();
    (made.key.unwrap().name, made.secret)
}

fn grant(caller: &str, role: Role, dialogue: &str) -> CreateGrantRequest {
    CreateGrantRequest {
        grant: Some(Grant {
            caller: caller.to_owned(),
            role: role.into(),
            dialogue: dialogue.to_owned(),
            ..Grant::default()
        }),
        ..CreateGrantRequest::default()
    }
}

pub(crate) async fn granted(gateway: &Gateway, caller: &str, role: Role, dialogue: &str) -> Grant {
    let request = gateway.keyed(grant(caller, role, dialogue));
    access(gateway)
        .create_grant(request)
        .await
        .unwrap()
        .into_inner()
}

/// What becomes of a read with this key.
pub(crate) async fn read(gateway: &Gateway, key: &str) -> Result<(String, Rights), Code> {
    let heard = heard(gateway, READ, with_key(key, String::new())).await;
    heard.map_err(|status| status.code())
}

pub(crate) fn in_seconds(seconds: i64) -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    Timestamp {
        seconds: now + seconds,
        nanos: 0,
    }
}

#[tokio::test]
async fn a_key_is_made_used_rotated_and_revoked() {
    let (_upstream, gateway) = behind().await;
    let mut access = access(&gateway);
    let (name, first) = made(&gateway, "ana@mfa.example").await;
    let ana = Ok(("ana@mfa.example".to_owned(), Rights::None));
    assert_eq!(read(&gateway, &first).await, ana);

    // She may rotate it herself; the old secret is good for the time that she says.
    let rotate = |overlap_seconds| RotateKeyRequest {
        name: name.clone(),
        overlap_seconds,
        ..RotateKeyRequest::default()
    };
    let rotated = access.rotate_key(with_key(&first, rotate(60))).await;
    let rotated = rotated.unwrap().into_inner();
    let second = rotated.secret;
    let until = rotated.key.unwrap().previous_until.unwrap();
    assert!((in_seconds(50).seconds..=in_seconds(60).seconds).contains(&until.seconds));
    assert_ne!(first, second);
    assert_eq!(read(&gateway, &first).await, ana, "both are good");
    assert_eq!(read(&gateway, &second).await, ana, "both are good");
    let rotated = access.rotate_key(with_key(&second, rotate(-1))).await;
    let third = rotated.unwrap().into_inner().secret;
    for old in [&first, &second] {
        assert_eq!(read(&gateway, old).await, Err(Code::Unauthenticated));
    }
    assert_eq!(read(&gateway, &third).await, ana);

    let get = || gateway.keyed(GetKeyRequest { name: name.clone() });
    let known = access.get_key(get()).await.unwrap().into_inner();
    assert!(known.last_use_time.is_some(), "it was used just now");
    assert_eq!(
        (&*known.caller, known.previous_until),
        ("ana@mfa.example", None)
    );

    let stale = RevokeKeyRequest {
        name: name.clone(),
        etag: "1".to_owned(),
        ..RevokeKeyRequest::default()
    };
    let refused = access.revoke_key(gateway.keyed(stale)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted);
    let revoke = RevokeKeyRequest {
        name: name.clone(),
        etag: known.etag,
        reason: "she left".to_owned(),
        ..RevokeKeyRequest::default()
    };
    let revoked = access
        .revoke_key(gateway.keyed(revoke.clone()))
        .await
        .unwrap();
    assert!(revoked.into_inner().revoke_time.is_some());
    assert_eq!(
        read(&gateway, &third).await,
        Err(Code::Unauthenticated),
        "at once"
    );
    for ended in [
        access.rotate_key(gateway.keyed(rotate(0))).await.map(drop),
        access
            .revoke_key(gateway.keyed(RevokeKeyRequest {
                etag: String::new(),
                ..revoke
            }))
            .await
            .map(drop),
    ] {
        assert_eq!(ended.unwrap_err().code(), Code::FailedPrecondition);
    }
}

#[tokio::test]
async fn a_key_ends_by_itself() {
    let (_upstream, gateway) = behind().await;
    let mut request = key_of("ana");
    let key = request.key.as_mut().unwrap();
    key.expire_time = Some(in_seconds(2));
    let made = access(&gateway).create_key(gateway.keyed(request)).await;
    let secret = made.unwrap().into_inner().secret;
    assert!(read(&gateway, &secret).await.is_ok());
    let ends = async { while read(&gateway, &secret).await.is_ok() {} };
    soon("the key to expire", ends).await;
    assert_eq!(read(&gateway, &secret).await, Err(Code::Unauthenticated));
}

#[tokio::test]
async fn a_repeated_request_makes_one_key_and_shows_it_once() {
    let (_upstream, gateway) = behind().await;
    let mut request = key_of("ana");
    request.validate_only = true;
    let tried = access(&gateway).create_key(gateway.keyed(request)).await;
    assert_eq!(tried.unwrap().into_inner().secret, "", "nothing was made");

    let mut request = key_of("ana");
    request.request_id = "9d1f".to_owned();
    let calls = (0..8).map(|_| {
        let (mut access, request) = (access(&gateway), gateway.keyed(request.clone()));
        async move { access.create_key(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(calls).await;
    let names: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|it| it.key.clone().unwrap().name)
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let shown: Vec<_> = answers.iter().filter(|it| !it.secret.is_empty()).collect();
    assert_eq!(shown.len(), 1);
    assert!(read(&gateway, &shown[0].secret).await.is_ok());
    request.key.as_mut().unwrap().note = "another".to_owned();
    let other = access(&gateway).create_key(gateway.keyed(request)).await;
    assert_eq!(other.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_granted_goes_on_with_the_call_until_it_is_taken_back() {
    let (_upstream, gateway) = behind().await;
    let (_, secret) = made(&gateway, "ana").await;
    let rabat = "dialogues/rabat";
    let given = granted(&gateway, "ana", Role::Officer, rabat).await;
    let officer = Granted {
        role: Known::Officer,
        dialogue: Some(rabat.to_owned()),
        party: None,
    };
    let (_, rights) = read(&gateway, &secret).await.unwrap();
    assert_eq!(rights, Rights::of([officer.clone()]));
    let mut short = grant("ana", Role::FocalPoint, "");
    let record = short.grant.as_mut().unwrap();
    record.party = "parties/pt".to_owned();
    record.expire_time = Some(in_seconds(2));
    let mut access = access(&gateway);
    access.create_grant(gateway.keyed(short)).await.unwrap();
    let (_, rights) = read(&gateway, &secret).await.unwrap();
    assert_eq!(rights.grants().len(), 2);

    let who = access
        .get_caller(with_key(&secret, GetCallerRequest {}))
        .await;
    let who = who.unwrap().into_inner();
    assert_eq!(
        (&*who.caller, &*who.by, who.everything),
        ("ana", "key", false)
    );
    assert_eq!(who.grants.len(), 2);
    let ends = async { while read(&gateway, &secret).await.unwrap().1 == rights {} };
    soon("the short grant to end", ends).await;
    let (_, rights) = read(&gateway, &secret).await.unwrap();
    assert_eq!(rights, Rights::of([officer]));

    let back = RevokeGrantRequest {
        name: given.name.clone(),
        etag: given.etag,
        ..RevokeGrantRequest::default()
    };
    access.revoke_grant(gateway.keyed(back)).await.unwrap();
    assert_eq!(
        read(&gateway, &secret).await,
        Ok(("ana".to_owned(), Rights::None))
    );

    let list = |show_ended| ListGrantsRequest {
        caller: "ana".to_owned(),
        show_ended,
        page_size: 1,
        ..ListGrantsRequest::default()
    };
    let live = access
        .list_grants(gateway.keyed(list(false)))
        .await
        .unwrap();
    assert_eq!(live.into_inner().grants, []);
    let first = access.list_grants(gateway.keyed(list(true))).await.unwrap();
    let first = first.into_inner();
    let mut next = list(true);
    next.page_token = first.next_page_token;
    let next = access
        .list_grants(gateway.keyed(next))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.grants.len(), next.grants.len()), (1, 1));
    assert_ne!(first.grants, next.grants);
    assert_eq!(next.next_page_token, "");
}

#[tokio::test]
async fn only_operators_keep_keys_and_grants() {
    let (_upstream, gateway) = behind().await;
    let (name, ana) = made(&gateway, "ana").await;
    let (other_name, other) = made(&gateway, "bo").await;
    granted(&gateway, "bo", Role::Officer, "").await;
    let mut access = access(&gateway);
    for (key, code) in [
        (None, Code::Unauthenticated),
        (Some(&ana), Code::PermissionDenied),
        (Some(&other), Code::PermissionDenied),
    ] {
        macro_rules! refused {
            ($call:ident, $message:expr) => {
                let request = match key {
                    Some(key) => with_key(key, $message),
                    None => Request::new($message),
                };
                let answer = access.$call(request).await.map(drop);
                assert_eq!(
                    answer.unwrap_err().code(),
                    code,
                    "{} {key:?}",
                    stringify!($call)
                );
            };
        }
        refused!(create_key, key_of("ana"));
        refused!(get_key, GetKeyRequest { name: name.clone() });
        refused!(list_keys, ListKeysRequest::default());
        refused!(
            revoke_key,
            RevokeKeyRequest {
                name: name.clone(),
                ..Default::default()
            }
        );
        refused!(create_grant, grant("ana", Role::Operator, ""));
        refused!(get_grant, GetGrantRequest::default());
        refused!(list_grants, ListGrantsRequest::default());
        refused!(revoke_grant, RevokeGrantRequest::default());
        // Her own key, she rotates; those of others and those that are not there look alike.
        for (whose, name) in [
            ("bo", &name),
            ("ana", &other_name),
            ("", &"keys/none".to_owned()),
        ] {
            if key.is_some_and(|key| (key == &ana) == (whose == "bo")) {
                continue;
            }
            refused!(
                rotate_key,
                RotateKeyRequest {
                    name: name.clone(),
                    ..Default::default()
                }
            );
        }
    }
    granted(&gateway, "bo", Role::Operator, "").await;
    let made = access.create_key(with_key(&other, key_of("cy"))).await;
    assert!(
        read(&gateway, &made.unwrap().into_inner().secret)
            .await
            .is_ok()
    );
    let all = access
        .list_keys(with_key(&other, ListKeysRequest::default()))
        .await;
    let callers: Vec<_> = all
        .unwrap()
        .into_inner()
        .keys
        .into_iter()
        .map(|it| it.caller)
        .collect();
    assert_eq!(callers.len(), 3, "{callers:?}");
}

#[tokio::test]
async fn bad_keys_and_grants_are_told_what_is_wrong() {
    let (_upstream, gateway) = behind().await;
    let mut access = access(&gateway);
    let mut past = key_of("ana");
    past.key.as_mut().unwrap().expire_time = Some(in_seconds(-1));
    for (request, field) in [
        (key_of("admin"), "key.caller"),
        (key_of("admin:ana"), "key.caller"),
        (key_of(""), "key.caller"),
        (past, "key.expire_time"),
        (CreateKeyRequest::default(), "key"),
    ] {
        let refused = access.create_key(gateway.keyed(request)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(field), "{refused:?}");
    }
    let mut party = grant("ana", Role::Officer, "");
    party.grant.as_mut().unwrap().party = "parties/pt".to_owned();
    for (request, field) in [
        (grant("anonymous", Role::Reader, ""), "grant.caller"),
        (grant("ana", Role::Unspecified, ""), "grant.role"),
        (grant("ana", Role::Reader, "rabat"), "grant.dialogue"),
        (
            grant("ana", Role::Operator, "dialogues/rabat"),
            "grant.dialogue",
        ),
        (party, "grant.party"),
    ] {
        let refused = access
            .create_grant(gateway.keyed(request))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(field), "{refused:?}");
    }
    // As many as a token carries, and not one more.
    let grants = (0..400).map(|n| grant("ana", Role::Reader, &format!("dialogues/d{n}")));
    let mut refused = None;
    for request in grants {
        refused = access.create_grant(gateway.keyed(request)).await.err();
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    let (_, secret) = made(&gateway, "ana").await;
    assert!(
        read(&gateway, &secret).await.is_ok(),
        "what was granted holds"
    );
}
