//! Keys and grants, from the command line. Ids and secrets differ from run to run, so there is no transcript.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_its_caller_is_granted() {
    let up = Up::start(&[]);
    // Exit code, stdout and stderr of a command with this key in place of the profile's.
    let run = async |key: Option<&str>, line: &str| {
        let mut around = up.surroundings("");
        around
            .env
            .extend(key.map(|key| ("RAPPORTEUR_TOKEN".to_owned(), key.to_owned())));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let line = format!("rapporteur {line}");
        let code = run_in(&around, split(&line), &mut out, &mut err).await;
        let [out, err] = [out, err].map(|text| String::from_utf8(text).unwrap());
        (code, out, err)
    };
    let (code, key, said) = run(None, "key add --caller ana@mfa.example --note laptop").await;
    assert_eq!((code, key.lines().count()), (0, 1), "{said}");
    let key = key.trim_end();
    assert!(key.starts_with("rpk_") && !said.contains(key), "{said}");
    let name = said.split(' ').next().unwrap().to_owned();

    let party = "party add --id pt --kind state --country PT";
    // Keeping keys and grants takes an operator, and refusals have an exit code of their own.
    for line in ["key list", "grant list", "key add --caller x"] {
        let (code, _, said) = run(Some(key), line).await;
        assert_eq!(code, 4, "{line}: {said}");
    }
    assert_eq!(run(Some("rpk_000000000000_0"), "party list").await.0, 4);
    assert_eq!(run(None, party).await.0, 0);
    let grant = "grant add --caller ana@mfa.example --role focal-point -d rabat --party pt";
    let (code, _, said) = run(None, grant).await;
    assert_eq!(code, 0, "{said}");
    let (_, who, _) = run(Some(key), "whoami").await;
    for words in [
        "ana@mfa.example",
        "key",
        "focal-point in dialogues/rabat for parties/pt",
    ] {
        assert!(who.contains(words), "{who}");
    }
    let (_, who, _) = run(None, "whoami").await;
    assert!(who.contains("everything"), "{who}");

    let file = up.home.path().join("ana.key");
    let rotate = format!("key rotate {name} --overlap 0 --to {}", file.display());
    let (code, out, said) = run(Some(key), &rotate).await;
    assert_eq!((code, &*out), (0, ""), "{said}");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        run(Some(key), "whoami").await.0,
        4,
        "the old one is worthless"
    );
    let fresh = std::fs::read_to_string(&file).unwrap();
    let fresh = fresh.trim_end();
    assert_eq!(run(Some(fresh), "whoami").await.0, 0);
    assert_eq!(
        run(Some(fresh), &rotate).await.0,
        2,
        "no file is written over"
    );

    let (_, all, _) = run(None, "key list").await;
    assert!(all.contains("laptop") && !all.contains(fresh), "{all}");
    assert_eq!(
        run(None, &format!("key revoke {name} --reason lost"))
            .await
            .0,
        0
    );
    assert_eq!(run(Some(fresh), "whoami").await.0, 4);
    let (_, shown, _) = run(None, &format!("key show {name}")).await;
    assert!(shown.contains("revoke_time"), "{shown}");
    assert_eq!(run(None, "key show 000000000000").await.0, 3);
    assert_eq!(up.stop(), 0);
}
