//! `store` and `doctor` on stores that no service has open, as an operator calls them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use rapporteur_cli::{Surroundings, run_in};

/// Runs one command line; its exit code and all that it said.
async fn said(arguments: &[&str]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let argv = ["rapporteur"].iter().chain(arguments);
    let code = run_in(&Surroundings::default(), argv, &mut out, &mut err).await;
    (code, String::from_utf8([out, err].concat()).unwrap())
}

#[tokio::test]
async fn a_password_in_a_wrong_address_is_not_repeated() {
    let odd = "postgres://u:secret@127.0.0.1:1/d?colour=red";
    for arguments in [
        &["store", "info", odd][..],
        &["store", "info", "sled:x", odd],
        &["store", "info", "u:secret@127.0.0.1/d"],
        &["store", "copy", "sled:x", "--to", odd],
        &["store", "import", "file", "--to", odd],
        &[
            "store",
            "move",
            "--service",
            "http://127.0.0.1:1",
            "--to",
            odd,
        ],
        &["doctor", "check", odd],
        &["doctor", "reindex", odd, "--reason", "a row was lost"],
        &["doctor", "compact", odd],
    ] {
        let (code, said) = said(arguments).await;
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(!said.contains("secret"), "{arguments:?}: {said}");
    }
}
