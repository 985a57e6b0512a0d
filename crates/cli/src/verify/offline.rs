//! Stores that nobody has open.

use std::path::{Path, PathBuf};

use rapporteur_records::Records;
use rapporteur_server::audit;
use rapporteur_store::copy;
use rapporteur_store::engine::{Address, Settings, Text};

use super::{Ask, Found, Since};
use crate::doctor;
use crate::error::{Failure, Result};
use crate::store::{address, closed, failed, open};
use crate::system::SERVICES;

/// What becomes of each store at a place.
pub(super) async fn found(ask: &Ask, place: &str) -> Result<Vec<Found>> {
    let settings = ask.server.settings();
    if ["sled:", "postgres:", "postgresql:"]
        .iter()
        .any(|it| place.starts_with(it))
    {
        let text: Text = place
            .parse()
            .map_err(|e| Failure::usage(format!("--data: {e}")))?;
        let address = address("--data", &text)?;
        return Ok(vec![one(ask, &address, &settings, 1).await]);
    }
    let path = Path::new(place);
    if path.is_file() {
        return Ok(vec![archived(ask, path, &settings).await?]);
    }
    let stores = stores_in(path);
    if stores.is_empty() {
        return Err(Failure::usage(format!(
            "--data: there is no store in {place}; give the folder of `up --data` or of one service, a file that \
             `store export` made, or an address such as sled:DIR"
        )));
    }
    let mut found = Vec::new();
    for store in &stores {
        found.push(one(ask, store, &settings, stores.len()).await);
    }
    // An anchor that no store was asked about would prove nothing.
    let is_asked = |since: &&Since| match since.of {
        Some(of) => found.iter().any(|one| one.name == of.name()),
        None => stores.len() == 1,
    };
    if !ask.since.iter().all(|since| is_asked(&since)) {
        return Err(Failure::usage(format!(
            "--since: say of which service each anchor is, as --since events=POSITION:HASH; {place} has not all of them"
        )));
    }
    Ok(found)
}

/// The stores in a folder: one for each service, or that of one service.
fn stores_in(folder: &Path) -> Vec<Address> {
    let within = |folder: PathBuf| [folder.clone(), folder.join("store")];
    let each = SERVICES.iter().flat_map(|name| within(folder.join(name)));
    let mut stores = Vec::new();
    for place in within(folder.to_owned()).into_iter().chain(each) {
        // What else is in such a folder is no store, and no damage.
        if place.join("store.json").is_file() {
            stores.push(Address::Sled(place));
        }
    }
    stores
}

/// A backup proves itself by being restored, to a place that is thrown away.
async fn archived(ask: &Ask, file: &Path, settings: &Settings) -> Result<Found> {
    let folder = tempfile::tempdir().map_err(Failure::Io)?;
    let address = Address::Sled(folder.path().join("store"));
    let restored = copy::import(file, &address, settings, |_| {}).await;
    Ok(match restored {
        Ok(_) => one(ask, &address, settings, 1).await,
        Err(error) => Found {
            name: file.display().to_string(),
            outcome: Err(failed(error)),
        },
    })
}

async fn one(ask: &Ask, address: &Address, settings: &Settings, all: usize) -> Found {
    let mut name = named(address);
    let outcome = walked(ask, address, settings, all, &mut name).await;
    Found { name, outcome }
}

/// A store in which nobody has written yet does not say whose it is, but its folder does.
fn named(address: &Address) -> String {
    let by_folder = match address {
        Address::Sled(path) => {
            let mut folders = path.iter().rev().take(2).filter_map(|it| it.to_str());
            folders
                .find(|folder| SERVICES.contains(folder))
                .map(str::to_owned)
        }
        _ => None,
    };
    by_folder.unwrap_or_else(|| address.to_string())
}

async fn walked(
    ask: &Ask,
    address: &Address,
    settings: &Settings,
    all: usize,
    name: &mut String,
) -> Result<rapporteur_proto::changes::v1::VerifyAuditTrailResponse> {
    let opened = open(address, settings).await?;
    let records = Records::new(opened.store.clone());
    let walked = async {
        let nouns = doctor::nouns(&records).await?;
        if !nouns.service.is_empty() {
            nouns.service.clone_into(name);
        }
        let since = ask.since.iter().find(|since| match since.of {
            Some(of) => of.name() == name,
            None => all == 1,
        });
        let whole = records
            .whole(nouns.of, since.map(|since| since.anchor))
            .await;
        whole.map(audit::told).map_err(doctor::damaged)
    };
    let walked = walked.await;
    closed(opened, Ok(())).await?;
    walked
}
