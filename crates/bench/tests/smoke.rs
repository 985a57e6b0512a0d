//! The quick mode from beginning to end, with tiny counts: everything runs, and counts are right (the bench
//! itself fails when an acknowledged event is not listed). No figure is asserted.

use std::process::Command;

#[test]
fn a_quick_run_measures_everything() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("figures.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur-bench"));
    command
        .args(["--quick", "--events", "150", "--rounds", "1", "--folder"])
        .arg(folder.path());
    let output = command.arg("--json").arg(&json).output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");

    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().filter(|row| !row["target"].is_null()).count(),
        25,
        "{stdout}"
    );
    for row in rows {
        let what = row["what"].as_str().unwrap();
        assert!(
            row["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0),
            "{row}"
        );
        assert!(
            stdout.contains(what),
            "{what} is not in the table:\n{stdout}"
        );
    }
    for figure in report["figures"].as_array().unwrap() {
        assert!(
            figure["rate"].as_f64().is_some_and(|rate| rate > 0.0),
            "{figure}"
        );
    }
    let against_etcd = rows.iter().any(|row| {
        let reference = row["against"].as_str().unwrap();
        reference.contains("etcd")
    });
    assert_ne!(
        against_etcd,
        stderr.contains("skipped: no etcd found"),
        "{stdout}\n{stderr}"
    );
    // Nothing is left behind but the file that was asked for.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_short_soak_prints_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapporteur-bench"));
    command.arg("--folder").arg(folder.path());
    command.args(["soak", "--lines", "2", "--every", "1", "--rate", "100"]);
    let output = command.output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let calls = stdout.lines().skip(1).take(2).map(|line| {
        let mut cells = line.split_whitespace();
        cells.nth(1).unwrap().parse::<u32>().unwrap()
    });
    assert_eq!(calls.collect::<Vec<_>>(), [100, 100], "{stdout}");
    assert!(
        stdout.contains("all 1040 events are listed once"),
        "{stdout}"
    );
}
