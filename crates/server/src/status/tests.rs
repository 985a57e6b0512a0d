//! Every arm, seen through the decoded details.

use rapporteur_records::Violation;

use super::*;

fn seen(error: Error) -> (Code, String, ErrorDetails, Status) {
    let status = status(error);
    let details = status.get_error_details();
    let info = details.error_info().expect("every status has an ErrorInfo");
    assert_eq!(info.domain, DOMAIN);
    assert!(!info.reason.is_empty() && info.reason.len() <= 63);
    assert!(
        info.reason
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    );
    (status.code(), info.reason.clone(), details, status)
}

fn metadata(details: &ErrorDetails, key: &str) -> String {
    details.error_info().unwrap().metadata[key].clone()
}

#[test]
fn every_wrong_field_is_named() {
    let violations = ["event.title", "event.start"]
        .map(|field| Violation {
            field: field.into(),
            description: "is missing".into(),
        })
        .to_vec();
    let (code, reason, details, status) = seen(Error::Invalid { violations });
    assert_eq!(
        (code, reason.as_str()),
        (Code::InvalidArgument, "INVALID_FIELDS")
    );
    let fields = &details.bad_request().unwrap().field_violations;
    assert_eq!(
        fields.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(),
        ["event.title", "event.start"]
    );
    assert_eq!(
        status.message(),
        "event.title: is missing; event.start: is missing"
    );
    assert_eq!(
        seen(Error::Invalid { violations: vec![] }).0,
        Code::InvalidArgument
    );
}

#[test]
fn a_status_fits_into_headers_whatever_was_wrong() {
    let long = "\u{645}".repeat(40_000);
    let violation = Violation {
        field: long.clone(),
        description: long.clone(),
    };
    let (_, _, details, status) = seen(Error::Invalid {
        violations: vec![violation; 1_000],
    });
    assert_eq!(metadata(&details, "violations"), "1000");
    assert!(!details.bad_request().unwrap().field_violations.is_empty());
    let response: http::Response<()> = status.into_http();
    let bytes: usize = response
        .headers()
        .iter()
        .map(|(k, v)| k.as_str().len() + v.len() + 32)
        .sum();
    assert!(bytes < 8 << 10, "{bytes}");
    let (name, current) = (long.clone(), long.clone());
    let response: http::Response<()> = seen(Error::Stale { name, current }).3.into_http();
    let bytes: usize = response
        .headers()
        .iter()
        .map(|(k, v)| k.as_str().len() + v.len() + 32)
        .sum();
    assert!(bytes < 8 << 10, "{bytes}");
}

#[test]
fn a_resource_is_named_with_its_kind() {
    let name = "dialogues/un-sc/events/7".to_owned();
    let (code, _, details, _) = seen(Error::NotFound { name: name.clone() });
    assert_eq!(code, Code::NotFound);
    let resource = details.resource_info().unwrap();
    assert_eq!(
        (
            resource.resource_type.as_str(),
            resource.resource_name.as_str()
        ),
        ("events", name.as_str())
    );
    let (code, _, details, _) = seen(Error::AlreadyExists { name: name.clone() });
    assert_eq!(code, Code::AlreadyExists);
    assert_eq!(details.resource_info().unwrap().resource_name, name);
    assert_eq!(collection("odd"), "");
}

#[test]
fn a_stale_etag_comes_with_the_present_one() {
    let (code, reason, details, _) = seen(Error::Stale {
        name: "plans/1".into(),
        current: "\"17\"".into(),
    });
    assert_eq!((code, reason.as_str()), (Code::Aborted, "STALE_ETAG"));
    assert_eq!(metadata(&details, "current_etag"), "\"17\"");
}

#[test]
fn a_precondition_lists_the_legal_moves() {
    let (code, reason, details, status) = seen(Error::Precondition {
        reason: "ILLEGAL_MOVE",
        subject: "events/7".into(),
        description: "a closed event stays closed".into(),
        legal: vec!["reopen".into(), "archive".into()],
    });
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "ILLEGAL_MOVE")
    );
    assert_eq!(metadata(&details, "legal_moves"), "reopen, archive");
    let violation = &details.precondition_failure().unwrap().violations[0];
    assert_eq!(
        (violation.r#type.as_str(), violation.subject.as_str()),
        ("ILLEGAL_MOVE", "events/7")
    );
    assert_eq!(status.message(), "a closed event stays closed");

    let (code, reason, details, _) = seen(Error::UnknownReference {
        field: "plan.dialogue".into(),
        name: "dialogues/x".into(),
    });
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "UNKNOWN_REFERENCE")
    );
    assert_eq!(metadata(&details, "field"), "plan.dialogue");
    assert_eq!(metadata(&details, "name"), "dialogues/x");
    assert_eq!(
        details.precondition_failure().unwrap().violations[0].subject,
        "dialogues/x"
    );
}

#[test]
fn callers_limits_and_other_services() {
    assert_eq!(
        seen(Error::Unauthenticated("who?".into())).0,
        Code::Unauthenticated
    );
    assert_eq!(
        seen(Error::PermissionDenied("no".into())).0,
        Code::PermissionDenied
    );
    let (code, _, details, _) = seen(Error::Exhausted("too many".into()));
    assert_eq!(code, Code::ResourceExhausted);
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    let (code, reason, ..) = seen(Error::OutOfRange {
        reason: "LOG_TRUNCATED",
        description: "gone".into(),
    });
    assert_eq!((code, reason.as_str()), (Code::OutOfRange, "LOG_TRUNCATED"));
    let (code, _, details, _) = seen(Error::Upstream {
        service: "events".into(),
        description: "refused".into(),
    });
    assert_eq!(code, Code::Unavailable);
    assert_eq!(metadata(&details, "service"), "events");
    assert!(details.retry_info().is_some());
    assert_eq!(seen(Error::DeadlineExceeded).0, Code::DeadlineExceeded);
}

#[test]
fn storage_follows_its_table() {
    use store::Error as Stored;
    let key = bytes::Bytes::from_static(b"secret-key");
    let table = [
        (
            Stored::Conflict {
                key,
                expected: 1,
                current: 2,
            },
            Code::Aborted,
            "CONFLICT",
            false,
        ),
        (
            Stored::Unavailable("secret".into()),
            Code::Unavailable,
            "STORAGE_UNAVAILABLE",
            true,
        ),
        (
            Stored::Ambiguous("secret".into()),
            Code::Unavailable,
            "OUTCOME_UNKNOWN",
            true,
        ),
        (
            Stored::Truncated { oldest: 9 },
            Code::OutOfRange,
            "LOG_TRUNCATED",
            false,
        ),
        (
            Stored::Diverged("secret".into()),
            Code::OutOfRange,
            "HISTORY_DIVERGED",
            false,
        ),
        (
            Stored::TooLarge {
                what: "value",
                limit: 1,
                actual: 2,
            },
            Code::InvalidArgument,
            "TOO_LARGE",
            false,
        ),
        (
            Stored::Invalid("two writes".into()),
            Code::InvalidArgument,
            "INVALID_BATCH",
            false,
        ),
        (
            Stored::Full("secret".into()),
            Code::ResourceExhausted,
            "STORAGE_FULL",
            false,
        ),
        (
            Stored::AlreadyOpen("secret".into()),
            Code::Internal,
            "STORAGE_UNUSABLE",
            false,
        ),
        (
            Stored::Schema("secret".into()),
            Code::Internal,
            "STORAGE_UNUSABLE",
            false,
        ),
        (
            Stored::Corrupt("secret".into()),
            Code::Internal,
            "STORAGE_DAMAGED",
            false,
        ),
    ];
    for (error, code, reason, retried) in table {
        let (seen_code, seen_reason, details, status) = seen(error.into());
        assert_eq!((seen_code, seen_reason.as_str()), (code, reason));
        assert_eq!(details.retry_info().is_some(), retried, "{reason}");
        assert!(!status.message().contains("secret"), "{reason} leaks");
        assert!(
            !String::from_utf8_lossy(status.details()).contains("secret"),
            "{reason} leaks"
        );
    }
}

#[test]
fn our_fault_is_not_explained_to_the_caller() {
    let (code, _, _, status) = seen(Error::Internal("secret".into()));
    assert_eq!(code, Code::Internal);
    assert!(!status.message().contains("secret"));
}
