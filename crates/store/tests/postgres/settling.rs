//! A move away from PostgreSQL that is cut off: no replica writes any more, and the store can be had back.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::switch::{self, Settled, Switch};
use rapporteur_store::{Error, Store as _};
use rustix::fs::OFlags;

use crate::connections::new_schema;
use crate::server::shared;
use crate::support::empty;

const PATIENCE: Duration = Duration::from_secs(60);

/// Where the copy is about to put its finished marker, a pipe: opening it waits for a reader.
fn lay_pipe(copy: &Path) {
    let pipe = copy.join("store.json.new");
    let made = Command::new("mkfifo").arg(pipe).status().unwrap();
    assert!(made.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_from_postgres_that_is_cut_off_is_settled() {
    let Some(server) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let (origin, target) = (
        Address::Postgres(Box::new(server.address("postgres", &new_schema()))),
        Address::Sled(copy.clone()),
    );
    let settings = Settings::default();
    let opened = engine::open(&origin, &settings).await.unwrap();
    let replica = engine::open(&origin, &settings).await.unwrap().store;
    let switch = Switch::new(opened, origin.clone());
    switch.commit(empty()).await.unwrap();
    assert_eq!(
        switch.address().engine(),
        switch.info().await.unwrap().engine
    );
    let moving = {
        let (switch, target, settings) = (switch.clone(), target.clone(), settings.clone());
        let mut pipe = Some(copy.clone());
        tokio::spawn(async move {
            let lay = |_| pipe.take().iter().for_each(|copy| lay_pipe(copy));
            switch.relocate(&target, &settings, lay).await
        })
    };
    let deadline = Instant::now() + PATIENCE;
    while replica.commit(empty()).await.is_ok() {
        assert!(Instant::now() < deadline, "it was never marked");
        assert!(!moving.is_finished(), "it was not stopped");
    }
    moving.abort();
    assert!(moving.await.unwrap_err().is_cancelled());
    // What waits for the pipe is let go, and can do no more with it than fail.
    let pipe = copy.join("store.json.new");
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let mut reading = File::options();
    let reader = reading.read(true).custom_flags(nonblocking).open(&pipe);
    let reader = reader.unwrap();

    let refused = engine::open(&origin, &settings).await.map(drop);
    assert!(matches!(refused, Err(Error::Moved { .. })), "{refused:?}");
    let settled = loop {
        match switch::settle(&origin, None, &settings).await {
            // The copy is still being closed.
            Err(Error::AlreadyOpen(_)) if Instant::now() < deadline => {}
            other => break other.unwrap(),
        }
    };
    assert_eq!(settled, Settled::GivenBack(target.clone()));
    let head = replica.head().await.unwrap().position;
    assert_eq!(replica.commit(empty()).await.unwrap().position, head + 1);

    drop(reader);
    std::fs::remove_file(pipe).unwrap();
    switch.relocate(&target, &settings, |_| {}).await.unwrap();
    assert_eq!(
        switch.address().engine(),
        switch.info().await.unwrap().engine
    );
    assert_eq!(switch.commit(empty()).await.unwrap().position, head + 2);
    replica.close().await.unwrap();
    switch.close().await.unwrap();
    let settled = switch::settle(&origin, None, &settings).await.unwrap();
    assert_eq!(settled, Settled::Moved(target));
}
