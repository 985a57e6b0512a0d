//! Records over the real embedded store, with a noun made for the test.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use prost::Message;
use rapporteur_proto::changes::v1::Service;
use rapporteur_proto::events::v1::Party;
use rapporteur_proto::{FieldMask, Timestamp};
use rapporteur_records::edit::Begun;
use rapporteur_records::feed::FeedFilter;
use rapporteur_records::{
    AnyNoun, Call, Error, Feed, Listing, Noun, Page, PageRequest, Pattern, Range, Records, Stored,
    layout, time,
};
use rapporteur_store::sled::{Options, SledStore};
use tempfile::TempDir;

/// Parties by acronym, which a party may lack.
static PARTY: Noun<Party> = Noun {
    kind: 1,
    pattern: Pattern("parties/*"),
    field: "party",
    output_only: &["aliases"],
    under: None,
    index: |party| match party.acronym.as_str() {
        "" => Vec::new(),
        acronym => vec![
            layout::index(1, 1)
                .str(acronym)
                .str(&party.name)
                .into_bytes(),
        ],
    },
    guards: |_| Vec::new(),
    complete: |party| party.description = party.description.trim().to_owned(),
    check: |party, violations| {
        violations.require(party.acronym.len() < 9, "party.acronym", "is too long")
    },
};

struct Fixture {
    records: Records,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), Options::default()).unwrap();
    let clock = Arc::new(AtomicI64::new(1_000_000_000));
    let ticking = clock.clone();
    let records = Records::with_clock(
        store,
        Arc::new(move || ticking.fetch_add(1_000_000, Ordering::SeqCst)),
    );
    Fixture {
        records,
        clock,
        _folder: folder,
    }
}

fn call(request_id: &str, body: &str) -> Call {
    let body = Party {
        name: body.into(),
        ..Party::default()
    };
    Call {
        request_id: request_id.into(),
        ..Call::new("tester", "Test/Call", &body)
    }
}

fn party(acronym: &str) -> Party {
    Party {
        acronym: acronym.into(),
        ..Party::default()
    }
}

async fn create(records: &Records, call: Call, id: &str, acronym: &str) -> Result<Stored, Error> {
    match records
        .create(&PARTY, call, "", id, Some(party(acronym)))
        .await?
    {
        Begun::Replayed(stored) => Ok(stored),
        Begun::Draft(draft) => draft.commit().await,
    }
}

async fn update(records: &Records, party: Party, paths: &[&str]) -> Result<Stored, Error> {
    let mask = FieldMask {
        paths: paths.iter().map(|p| (*p).to_owned()).collect(),
    };
    match records
        .update(&PARTY, call("", "u"), Some(party), Some(&mask))
        .await?
    {
        Begun::Replayed(stored) => Ok(stored),
        Begun::Draft(draft) => draft.commit().await,
    }
}

async fn all(
    records: &Records,
    listing: &Listing<Party>,
    size: usize,
    as_of: Option<Timestamp>,
) -> Vec<String> {
    let mut names = Vec::new();
    let mut request = PageRequest {
        size,
        after: Vec::new(),
        as_of,
    };
    loop {
        let Page {
            records: page,
            next,
        } = records.list(&PARTY, listing, &request).await.unwrap();
        assert!(page.len() <= size);
        names.extend(page.iter().map(|r| r.decode::<Party>().unwrap().name));
        match next {
            Some(next) => request.after = next,
            None => return names,
        }
    }
}

#[tokio::test]
async fn a_request_is_done_once_and_its_id_is_good_for_nothing_else() {
    let Fixture { records, .. } = fixture();
    let first = create(&records, call("r1", "a"), "pt", "PT").await.unwrap();
    assert_eq!(
        create(&records, call("r1", "a"), "pt", "PT").await.unwrap(),
        first
    );
    let reused = create(&records, call("r1", "b"), "eg", "EG")
        .await
        .unwrap_err();
    assert!(
        matches!(&reused, Error::Invalid { violations } if violations[0].field == "request_id"),
        "{reused}"
    );
    // Without the id the name is simply taken.
    let again = create(&records, call("", "a"), "pt", "PT")
        .await
        .unwrap_err();
    assert_eq!(
        again,
        Error::AlreadyExists {
            name: "parties/pt".into()
        }
    );
    // The answer to a repeated request is what it wrote, not what stands now.
    update(
        &records,
        Party {
            name: "parties/pt".into(),
            ..party("PRT")
        },
        &["acronym"],
    )
    .await
    .unwrap();
    assert_eq!(
        create(&records, call("r1", "a"), "pt", "PT").await.unwrap(),
        first
    );
}

#[tokio::test]
async fn a_mask_takes_over_just_what_it_names() {
    let Fixture { records, .. } = fixture();
    create(&records, call("", ""), "pt", "PT").await.unwrap();
    let new = Party {
        name: "parties/pt".into(),
        description: " x ".into(),
        aliases: vec!["y".into()],
        ..party("Z")
    };
    let changed = update(&records, new.clone(), &["description"])
        .await
        .unwrap()
        .decode::<Party>()
        .unwrap();
    assert_eq!(
        (changed.acronym.as_str(), changed.description.as_str()),
        ("PT", "x")
    );
    let changed = update(&records, new.clone(), &["*"])
        .await
        .unwrap()
        .decode::<Party>()
        .unwrap();
    assert_eq!(
        (changed.acronym.as_str(), changed.aliases.len()),
        ("Z", 0),
        "output fields stay as they are"
    );
    let unknown = update(&records, new.clone(), &["acronim"])
        .await
        .unwrap_err();
    assert!(
        matches!(&unknown, Error::Invalid { violations } if violations[0].field == "update_mask"),
        "{unknown}"
    );
    let wrong = update(
        &records,
        Party {
            acronym: "FARTOOLONG".into(),
            ..new.clone()
        },
        &["acronym"],
    )
    .await
    .unwrap_err();
    assert!(
        matches!(&wrong, Error::Invalid { violations } if violations[0].field == "party.acronym"),
        "{wrong}"
    );
    let stale = update(
        &records,
        Party {
            etag: "1".into(),
            ..new
        },
        &["acronym"],
    )
    .await
    .unwrap_err();
    assert_eq!(
        stale,
        Error::Stale {
            name: "parties/pt".into(),
            current: "3".into()
        }
    );
}

#[tokio::test]
async fn validate_only_writes_nothing() {
    let Fixture { records, .. } = fixture();
    let dry = Call {
        validate_only: true,
        ..call("r", "")
    };
    let would_be = create(&records, dry, "pt", "PT").await.unwrap();
    assert_eq!(would_be.decode::<Party>().unwrap().acronym, "PT");
    assert!(records.find(&PARTY, "parties/pt").await.unwrap().is_none());
    assert_eq!(records.store().head().await.unwrap().position, 0);
}

#[tokio::test]
async fn lists_page_without_loss_now_and_as_of_any_moment() {
    let Fixture { records, clock, .. } = fixture();
    // The state after each step, to compare with what as-of says of that step later.
    let mut model: BTreeMap<String, String> = BTreeMap::new();
    let mut steps = Vec::new();
    for step in 0..120_u32 {
        let id = format!("p{:02}", step * 7 % 40);
        let name = format!("parties/{id}");
        let acronym = if step % 5 == 0 {
            String::new()
        } else {
            format!("A{}", step % 11)
        };
        if model.contains_key(&name) {
            update(
                &records,
                Party {
                    name: name.clone(),
                    ..party(&acronym)
                },
                &["acronym"],
            )
            .await
            .unwrap();
        } else {
            create(&records, call("", ""), &id, &acronym).await.unwrap();
        }
        model.insert(name, acronym);
        steps.push((clock.load(Ordering::SeqCst) - 1, model.clone()));
    }
    let by_name = Listing::names(&PARTY, "");
    let by_acronym = Range::prefix(layout::index(1, 1).into_bytes());
    let forward = Listing {
        ranges: vec![by_acronym.clone()],
        filter: None,
    };
    let backward = Listing {
        ranges: vec![by_acronym.backward()],
        filter: None,
    };
    let even =
        Listing::names(&PARTY, "").only(|p: &Party| p.name.ends_with(['0', '2', '4', '6', '8']));
    for (moment, state) in steps.iter().step_by(9).chain(steps.last()) {
        let now = *moment == steps.last().unwrap().0;
        let moments = if now {
            vec![None, Some(time::from_us(*moment))]
        } else {
            vec![Some(time::from_us(*moment))]
        };
        let mut sorted: Vec<(&String, &String)> = state
            .iter()
            .filter(|(_, a)| !a.is_empty())
            .map(|(n, a)| (a, n))
            .collect();
        sorted.sort();
        let sorted: Vec<String> = sorted.into_iter().map(|(_, name)| name.clone()).collect();
        for as_of in moments {
            for size in [1, 3, 1_000] {
                assert_eq!(
                    all(&records, &by_name, size, as_of).await,
                    state.keys().cloned().collect::<Vec<_>>()
                );
                assert_eq!(all(&records, &forward, size, as_of).await, sorted);
                assert_eq!(
                    all(&records, &backward, size, as_of).await,
                    sorted.iter().rev().cloned().collect::<Vec<_>>()
                );
                let wanted: Vec<String> = state
                    .keys()
                    .filter(|n| n.ends_with(['0', '2', '4', '6', '8']))
                    .cloned()
                    .collect();
                assert_eq!(all(&records, &even, size, as_of).await, wanted);
            }
        }
        for (name, acronym) in state {
            let then = records
                .get(&PARTY, name, Some(time::from_us(*moment)))
                .await
                .unwrap();
            assert_eq!(&then.decode::<Party>().unwrap().acronym, acronym);
        }
    }
    let nouns: [&dyn AnyNoun; 1] = [&PARTY];
    assert_eq!(
        records.verify(&nouns).await.unwrap().records,
        model.len() as u64
    );
}

#[tokio::test]
async fn the_feed_replayed_from_the_beginning_gives_the_same_state() {
    let Fixture { records, .. } = fixture();
    for step in 0..50_u32 {
        let id = format!("p{}", step % 9);
        if step < 9 {
            create(&records, call("", ""), &id, "A").await.unwrap();
        } else {
            update(
                &records,
                Party {
                    name: format!("parties/{id}"),
                    ..party(&format!("A{step}"))
                },
                &["acronym"],
            )
            .await
            .unwrap();
        }
    }
    let feed = Feed::new(records.store().clone(), Service::Events, &[&PARTY]);
    let mut after = feed.resume("").await.unwrap();
    let mut state = BTreeMap::new();
    loop {
        let page = feed.list(after, 7, &FeedFilter::default()).await.unwrap();
        for change in page.changes {
            assert_eq!(change.caller, "tester");
            for resource in change.resources {
                state.insert(
                    resource.name,
                    Party::decode(resource.value.unwrap().value.as_slice()).unwrap(),
                );
            }
        }
        after = page.next.to_string().parse().unwrap();
        if page.at_head {
            break;
        }
    }
    let mut stands = BTreeMap::new();
    for name in all(&records, &Listing::names(&PARTY, ""), 100, None).await {
        stands.insert(
            name.clone(),
            records
                .get(&PARTY, &name, None)
                .await
                .unwrap()
                .decode::<Party>()
                .unwrap(),
        );
    }
    assert_eq!(state, stands);

    let (revisions, next) = feed.revisions("parties/p0", u64::MAX, 3).await.unwrap();
    assert_eq!(revisions.len(), 3);
    assert!(revisions[0].position > revisions[1].position);
    let (older, end) = feed
        .revisions("parties/p0", next.unwrap(), 100)
        .await
        .unwrap();
    assert_eq!((older.len(), end), (3, None));
    assert!("x.1.y".parse::<rapporteur_records::FeedToken>().is_err());
}
