//! A service and the gateway before it as they stand on a network that nobody trusts: TLS 1.3 at both, each shows
//! the other its certificate, the service believes only what the gateway signed, and every caller shows a key of
//! its own and holds a grant.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rapporteur_proto::gateway::v1::access_service_client::AccessServiceClient;
use rapporteur_proto::gateway::v1::{
    CreateGrantRequest, CreateKeyRequest, GetCallerRequest, Grant, Key, Role,
};
use rapporteur_server::tls::{Outgoing, PeerArgs};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::caller::{Caller, callers, connect, connect_privately};
use crate::plan::CONNECTIONS;
use crate::process::Process;
use crate::record::DIALOGUE;
use crate::serve::NOWHERE;

/// Where they listen.
const HERE: &str = "127.0.0.1";
/// The name by which the service knows the gateway.
const GATEWAY: &str = "gateway";

/// Both of them, and who may call.
#[derive(Debug)]
pub struct Guarded {
    /// The service.
    pub events: Process,
    /// The gateway.
    pub gateway: Process,
    /// Each with a key of its own.
    pub callers: Vec<Caller>,
}

impl Guarded {
    /// A service on the filled store at `data` and a gateway in `folder`, and so many who may call.
    pub async fn start(folder: &Path, data: &Path, count: usize) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let certificates = Certificates::make(folder)?;
        let home = folder.join("gateway");
        let keys = founded(&home, count).await?;
        let events = events(&certificates, data, &home)?;
        let gateway = gateway(
            &certificates,
            &home,
            &format!("https://{}", events.address()),
        )?;
        let tls = Outgoing::new(&PeerArgs {
            peer_ca: Some(certificates.ca.clone()),
            ..PeerArgs::default()
        })?;
        let channels = connect_privately(gateway.address(), &tls, CONNECTIONS)?;
        let callers = callers(&channels, count).into_iter().zip(&keys);
        let callers = callers.map(|(one, key)| one.saying("authorization", &bearer(key)));
        Ok(Self {
            callers: callers.collect::<Result<_>>()?,
            events,
            gateway,
        })
    }

    /// Lets both finish.
    pub fn stop(self) -> Result<()> {
        drop(self.callers);
        self.gateway.stop()?;
        self.events.stop()
    }
}

/// The service wants the keys with which the gateway signs, the gateway the address of the service. So a gateway
/// runs once before, for its keys and those of the callers, which are given back.
async fn founded(home: &Path, count: usize) -> Result<Vec<String>> {
    let first = start("gateway", &[home.into(), NOWHERE.into()], Vec::new())?;
    let mut access = AccessServiceClient::new(connect(first.address(), 1).await?.remove(0));
    // Whatever the answer is: when it comes, the gateway is there, and so is its key.
    access.get_caller(GetCallerRequest {}).await.ok();
    let admin = std::fs::read_to_string(home.join("admin.key")).context("the admin key")?;
    let admin: MetadataValue<Ascii> = bearer(admin.trim()).parse()?;
    let mut keys = Vec::with_capacity(count);
    for place in 0..count {
        keys.push(known(&mut access, &admin, format!("caller-{place}")).await?);
    }
    first.stop()?;
    Ok(keys)
}

/// Gives a caller a key and a grant.
async fn known(
    access: &mut AccessServiceClient<Channel>,
    admin: &MetadataValue<Ascii>,
    caller: String,
) -> Result<String> {
    let grant = Grant {
        caller: caller.clone(),
        role: Role::Reader.into(),
        dialogue: format!("dialogues/{DIALOGUE}"),
        ..Grant::default()
    };
    let key = Key {
        caller,
        ..Key::default()
    };
    let granting = CreateGrantRequest {
        grant: Some(grant),
        ..CreateGrantRequest::default()
    };
    access.create_grant(by(admin, granting)).await?;
    let making = CreateKeyRequest {
        key: Some(key),
        ..CreateKeyRequest::default()
    };
    let made = access.create_key(by(admin, making)).await?;
    Ok(made.into_inner().secret)
}

fn by<M>(admin: &MetadataValue<Ascii>, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert("authorization", admin.clone());
    request
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

fn events(certificates: &Certificates, data: &Path, home: &Path) -> Result<Process> {
    let mut flags: Vec<OsString> = vec![
        "--caller-keys".into(),
        home.join("caller-keys.json").into(),
        "--tls-client-ca".into(),
        certificates.ca.clone().into(),
        "--tls-client-name".into(),
        GATEWAY.into(),
    ];
    flags.extend(certificates.flags("tls", "events"));
    start("events", &[data.into()], flags)
}

fn gateway(certificates: &Certificates, home: &Path, events: &str) -> Result<Process> {
    let mut flags: Vec<OsString> = vec!["--peer-ca".into(), certificates.ca.clone().into()];
    flags.extend(certificates.flags("tls", GATEWAY));
    flags.extend(certificates.flags("peer", GATEWAY));
    start("gateway", &[home.into(), events.into()], flags)
}

fn start(name: &'static str, settings: &[OsString], flags: Vec<OsString>) -> Result<Process> {
    let words = settings.iter().cloned().chain(["--".into()]).chain(flags);
    let words: Vec<OsString> = words.collect();
    let words: Vec<_> = words.iter().map(OsString::as_os_str).collect();
    Process::start(name, &words)
}

/// Where the certificates are.
struct Certificates {
    folder: PathBuf,
    ca: PathBuf,
}

impl Certificates {
    /// A CA, and what it signs for both.
    fn make(folder: &Path) -> Result<Self> {
        let mut authority = CertificateParams::new([])?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let made = Self {
            folder: folder.to_owned(),
            ca: folder.join("ca.crt"),
        };
        std::fs::write(&made.ca, authority.pem())?;
        for name in ["events", GATEWAY] {
            let key = KeyPair::generate()?;
            let own = CertificateParams::new([name.to_owned(), HERE.to_owned()])?;
            let certificate = own.signed_by(&key, &authority)?;
            std::fs::write(made.file(name, "crt"), certificate.pem())?;
            std::fs::write(made.file(name, "key"), key.serialize_pem())?;
        }
        Ok(made)
    }

    fn file(&self, name: &str, end: &str) -> PathBuf {
        self.folder.join(format!("{name}.{end}"))
    }

    /// The flags that give `name` its certificate.
    fn flags(&self, what: &str, name: &str) -> [OsString; 4] {
        [
            format!("--{what}-cert").into(),
            self.file(name, "crt").into(),
            format!("--{what}-key").into(),
            self.file(name, "key").into(),
        ]
    }
}
