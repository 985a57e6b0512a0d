//! TLS with certificates on both sides; whatever is not right is refused.

use std::fs;
use std::path::{Path, PathBuf};

use rapporteur_store::engine::Remote;
use rapporteur_store::postgres::PostgresStore;
use rapporteur_store::{Batch, Error, Result, Store as _, Write};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::server::Server;
use crate::support::empty;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Writes the certificate and the key of somebody and answers where they are.
fn issue(folder: &Path, name: &str, common: &str, authority: &Authority) -> (PathBuf, PathBuf) {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters
        .distinguished_name
        .push(DnType::CommonName, common);
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.signed_by(&key, authority).unwrap();
    let files = (
        folder.join(format!("{name}.crt")),
        folder.join(format!("{name}.key")),
    );
    fs::write(&files.0, certificate.pem()).unwrap();
    fs::write(&files.1, key.serialize_pem()).unwrap();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_who_shows_the_right_certificate_comes_in() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let (ca, other_ca) = (
        file("ca.crt", &ours.pem()),
        file("other.crt", &theirs.pem()),
    );
    let (cert, key) = issue(folder.path(), "client", "rapporteur", &ours);
    let (stranger, stranger_key) = issue(folder.path(), "stranger", "rapporteur", &theirs);

    server.stop("INT");
    let (_, server_key) = issue(server.data(), "server", "localhost", &ours);
    fs::set_permissions(&server_key, fs::Permissions::from_mode(0o600)).unwrap();
    server.own(&server_key);
    fs::write(server.data().join("root.crt"), ours.pem()).unwrap();
    let rules = "hostssl all rapporteur all cert\nhostssl all clerk all scram-sha-256\n\
        host postgres postgres all trust\n";
    fs::write(server.data().join("pg_hba.conf"), rules).unwrap();
    let tls = ["ssl = on", "ssl_ca_file = 'root.crt'"];
    server.configure(tls.iter());
    server.run();
    let admin = server.admin("postgres").await;
    let roles = "create role rapporteur login; create role clerk login password 'over the counter'; \
        create database kept owner rapporteur; grant create on database kept to clerk";
    for role in roles.split(';') {
        admin.batch_execute(role).await.unwrap();
    }

    let port = server.port;
    let open = async |user: &str, host: &str, remote: Remote| -> Result<()> {
        let url = format!("postgres://{user}@{host}:{port}/kept?schema={user}");
        let store = PostgresStore::open(&url.parse()?, &remote, None).await?;
        let writes = vec![Write::record("k", "v")];
        store.commit(Batch { writes, ..empty() }).await?;
        store.close().await
    };
    let remote = |ca: &Path, pair: Option<(&PathBuf, &PathBuf)>| Remote {
        ca: Some(ca.to_owned()),
        cert: pair.map(|(cert, _)| cert.clone()),
        key: pair.map(|(_, key)| key.clone()),
        ..Remote::default()
    };
    let right = || remote(&ca, Some((&cert, &key)));
    open("rapporteur", "localhost", right()).await.unwrap();

    let refused = async |what: &str, host: &str, remote: Remote| {
        let error = open("rapporteur", host, remote).await.unwrap_err();
        println!("{what}: {error}");
        assert!(matches!(error, Error::Unavailable(_)), "{what}: {error:?}");
    };
    refused(
        "another authority",
        "localhost",
        remote(&other_ca, Some((&cert, &key))),
    )
    .await;
    refused("another name", "127.0.0.1", right()).await;
    refused("no client certificate", "localhost", remote(&ca, None)).await;
    let strange = Some((&stranger, &stranger_key));
    refused(
        "a stranger's certificate",
        "localhost",
        remote(&ca, strange),
    )
    .await;
    refused("plain text", "localhost", Remote::default()).await;

    let password = |text: &str| Remote {
        password_file: Some(file("password", text)),
        ..remote(&ca, None)
    };
    open("clerk", "localhost", password("over the counter\n"))
        .await
        .unwrap();
    let error = open("clerk", "localhost", password("wrong"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("password") && !error.to_string().contains("wrong"),
        "{error}"
    );
}

#[tokio::test]
async fn files_that_are_missing_or_empty_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.crt");
    fs::write(&empty, "").unwrap();
    let address = || "postgres://localhost:1/d?sslmode=require".parse().unwrap();
    let refused = async |remote: Remote| match PostgresStore::open(&address(), &remote, None).await
    {
        Err(Error::Schema(why)) => why,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it was opened"),
    };
    let none = Remote::default;
    let ca = Some(empty.clone());
    assert!(refused(Remote { ca, ..none() }).await.contains("empty.crt"));
    assert!(refused(none()).await.contains("store-ca"));
    let cert = Some(empty.clone());
    assert!(
        refused(Remote { cert, ..none() })
            .await
            .contains("store-ca")
    );
    let password_file = Some(folder.path().join("nowhere"));
    let remote = Remote {
        password_file,
        ..none()
    };
    assert!(refused(remote).await.contains("nowhere"));
}
