//! `dev-certs`: certificates for a trial on a laptop, or for an office that has no CA of its own.
//!
//! The CA's own key is never written: what these certificates vouch for cannot be widened afterwards. When
//! something has to change, new ones are made in a new folder.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};

use crate::context::Context;
use crate::error::{Failure, Result};

/// Each of them both receives connections and makes them.
const SERVICES: [&str; 3] = ["events", "recommendations", "gateway"];
/// For people and their tools.
const CLIENT: &str = "client";
/// Names under which a service is reached on its own machine.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Days that the certificates are good for, unless another number is given.
const DAYS: u16 = 365;
const KEY_MODE: u32 = 0o600;
const CERTIFICATE_MODE: u32 = 0o644;

/// Where to, and for whom.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Folder for the certificates; files that are there are never written over
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Another name or IP address under which the services are reached; may be repeated
    #[arg(long = "name", value_name = "HOST", value_delimiter = ',')]
    names: Vec<String>,
    /// Days that the certificates are good for
    #[arg(long, value_name = "DAYS", default_value_t = DAYS, value_parser = clap::value_parser!(u16).range(1..=3_650))]
    days: u16,
}

/// A file that is to be written.
struct Pem {
    name: String,
    text: String,
    mode: u32,
}

pub(crate) fn run(ctx: &mut Context<'_>, ask: &Ask) -> Result<()> {
    let files = made(ask, TimeZone::UTC.to_datetime(Timestamp::now()).date()).map_err(failed)?;
    std::fs::create_dir_all(&ask.folder).map_err(|e| unwritten(&ask.folder, e))?;
    let there = files.iter().map(|file| ask.folder.join(&file.name));
    if let Some(file) = there.into_iter().find(|file| file.exists()) {
        let text = format!("{} exists; choose another folder", file.display());
        return Err(Failure::other("EXISTS", text));
    }
    for file in &files {
        write(&ask.folder.join(&file.name), file)?;
    }
    let folder = std::path::absolute(&ask.folder).map_err(|e| unwritten(&ask.folder, e))?;
    ctx.print(flags(&folder.display().to_string()))
}

/// All files, good from the day before `today`: clocks differ.
fn made(ask: &Ask, today: Date) -> std::result::Result<Vec<Pem>, rcgen::Error> {
    // Months and days are small and positive.
    let midnight = |day: Date| {
        let (month, day_of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
        date_time_ymd(day.year().into(), month, day_of_month)
    };
    let from = today.saturating_sub(1.day());
    let to = today.saturating_add(i64::from(ask.days).days());
    let parameters = |name: &str, names: Vec<String>| {
        let mut parameters = CertificateParams::new(names)?;
        let common = format!("rapporteur {name}");
        parameters
            .distinguished_name
            .push(DnType::CommonName, common);
        parameters.not_before = midnight(from);
        parameters.not_after = midnight(to);
        Ok::<_, rcgen::Error>(parameters)
    };
    let mut authority = parameters("development CA", Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let mut files = vec![Pem {
        name: "ca.crt".to_owned(),
        text: authority.pem(),
        mode: CERTIFICATE_MODE,
    }];
    for service in SERVICES {
        let here = HERE.map(str::to_owned).into_iter();
        let names = here.chain([service.to_owned()]);
        let mut own = parameters(service, names.chain(ask.names.iter().cloned()).collect())?;
        own.use_authority_key_identifier_extension = true;
        own.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        issue(&mut files, service, own, &authority)?;
    }
    let mut own = parameters(CLIENT, vec![CLIENT.to_owned()])?;
    own.use_authority_key_identifier_extension = true;
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    issue(&mut files, CLIENT, own, &authority)?;
    Ok(files)
}

fn issue(
    files: &mut Vec<Pem>,
    name: &str,
    parameters: CertificateParams,
    authority: &CertifiedIssuer<'_, KeyPair>,
) -> std::result::Result<(), rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = parameters.signed_by(&key, authority)?;
    files.push(Pem {
        name: format!("{name}.crt"),
        text: certificate.pem(),
        mode: CERTIFICATE_MODE,
    });
    files.push(Pem {
        name: format!("{name}.key"),
        text: key.serialize_pem(),
        mode: KEY_MODE,
    });
    Ok(())
}

/// How to use them.
fn flags(folder: &str) -> String {
    let listen =
        |name: &str| format!("--tls-cert {folder}/{name}.crt --tls-key {folder}/{name}.key");
    let peer = |name: &str| {
        format!(
            "--peer-ca {folder}/ca.crt --peer-cert {folder}/{name}.crt --peer-key {folder}/{name}.key"
        )
    };
    let mutual = format!("--tls-client-ca {folder}/ca.crt --tls-client-name");
    let keys = "--caller-keys data/gateway/caller-keys.json";
    format!(
        "rapporteur-gateway --data data/gateway {} \\\n    {} \\\n    --events https://localhost:7701 --recommendations https://localhost:7702\n\
         rapporteur-events --data data/events {keys} \\\n    {} \\\n    {mutual} gateway,recommendations,client\n\
         rapporteur profile set local --gateway https://localhost:7700 --peer-ca {folder}/ca.crt --token-file data/gateway/admin.key\n\
         rapporteur --profile local key add --caller recommendations --to data/recommendations.key\n\
         rapporteur --profile local grant add --caller recommendations --role reader\n\
         rapporteur-recommendations --data data/recommendations {keys} \\\n    {} \\\n    {mutual} gateway,client \\\n    {} \\\n    \
         --events https://localhost:7701 --gateway https://localhost:7700 --key-file data/recommendations.key\n",
        listen("gateway"),
        peer("gateway"),
        listen("events"),
        listen("recommendations"),
        peer("recommendations"),
    )
}

fn write(file: &Path, pem: &Pem) -> Result<()> {
    let mut new = OpenOptions::new();
    let opened = new.write(true).create_new(true).mode(pem.mode).open(file);
    opened
        .and_then(|mut open| open.write_all(pem.text.as_bytes()))
        .map_err(|e| unwritten(file, e))
}

fn unwritten(file: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::other("CERTIFICATES", format!("{}: {error}", file.display()))
}

fn failed(error: rcgen::Error) -> Failure {
    Failure::usage(format!(
        "no certificate can be made: {error}; --name takes a DNS name or an IP address"
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use rapporteur_server::tls::{Acceptor, ListenArgs, Outgoing, PeerArgs};

    use super::*;
    use crate::surroundings::Surroundings;

    #[test]
    fn what_is_made_can_be_used_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let ask = Ask {
            folder: folder.path().join("certs"),
            names: vec!["10.0.0.5".into(), "events.example".into()],
            days: DAYS,
        };
        let around = Surroundings::default();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        run(&mut Context::of_test(&around, &mut out, &mut err), &ask).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(
            told.contains("rapporteur-gateway --data data/gateway --tls-cert /"),
            "{told}"
        );
        let file = |name: &str| ask.folder.join(name);
        for service in SERVICES {
            let key = file(&format!("{service}.key"));
            let mode = std::fs::metadata(&key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, KEY_MODE);
            let listen = ListenArgs {
                tls_cert: Some(file(&format!("{service}.crt"))),
                tls_key: Some(key),
                tls_client_ca: Some(file("ca.crt")),
                tls_client_name: vec!["gateway".into()],
                plaintext: false,
            };
            assert!(Acceptor::new(&listen, false).unwrap().is_some());
        }
        let peers = PeerArgs {
            peer_ca: Some(file("ca.crt")),
            peer_cert: Some(file("client.crt")),
            peer_key: Some(file("client.key")),
        };
        Outgoing::new(&peers).unwrap();
        let before = std::fs::read(file("events.key")).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let again = run(&mut Context::of_test(&around, &mut out, &mut err), &ask);
        assert!(again.unwrap_err().to_string().contains("exists"));
        assert_eq!(std::fs::read(file("events.key")).unwrap(), before);
    }

    #[test]
    fn a_name_that_no_certificate_can_have_is_refused() {
        let ask = Ask {
            folder: PathBuf::from("unused"),
            names: vec!["no\u{e9}l".into()],
            days: 1,
        };
        let refused = made(&ask, Date::constant(2026, 1, 1)).map_err(failed);
        assert_eq!(refused.err().unwrap().exit_code(), 2);
    }
}
