//! The server is killed and restarted under load: nothing acknowledged is lost, nothing is applied twice.

use std::time::{Duration, Instant};

use crate::load::{Figures, Load, Replica};
use crate::server::{Server, kill_9};
use crate::support::times;

/// How often each; `STORE_TEST_PG_KILLS` asks for more.
const KILLS: usize = 5;
/// Between two, and before the first.
const ACKS: u64 = 300;

#[derive(Clone, Copy, Debug)]
enum Event {
    BackendKilled,
    PostmasterKilled,
    Restarted,
}

impl Event {
    async fn happen(self, server: &Server) {
        match self {
            Self::BackendKilled => {
                // One that is in the middle of a transaction, if there is one just now. The server then
                // ends all others and recovers.
                let text = "select pid from pg_stat_activity where application_name = 'rapporteur' \
                    order by xact_start nulls last, state limit 1";
                let found = server.admin("postgres").await.query_one(text, &[]).await;
                let pid: i32 = found.unwrap().get(0);
                kill_9(u32::try_from(pid).unwrap());
            }
            Self::PostmasterKilled => {
                server.kill();
                server.run();
            }
            Self::Restarted => {
                server.stop("INT");
                server.run();
            }
        }
    }
}

/// 32 writers over 2 replicas and a tailer, while the same thing happens again and again.
async fn survive(event: Event) {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut replicas: Vec<Replica> = Vec::new();
    for _ in 0..2 {
        replicas.push(server.open("killed").await.unwrap());
    }
    let load = Load::start(&replicas, 32, 1, u64::MAX / 2).await;
    let (kills, mut longest) = (times("STORE_TEST_PG_KILLS", KILLS), Duration::ZERO);
    for _ in 0..kills {
        load.more(ACKS).await;
        let began = Instant::now();
        event.happen(&server).await;
        // What was acknowledged before it happened may be counted after it; not so many.
        load.more(ACKS).await;
        longest = longest.max(began.elapsed());
    }
    load.enough();
    let figures: Figures = load.check().await;
    println!("{event:?} {kills} times: {figures}; back after {longest:?} at most");
    assert!(
        figures.unavailable + figures.ambiguous > 0,
        "nobody noticed anything"
    );
    assert_eq!(figures.bad(), [0; 5]);
    for replica in replicas {
        replica.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backend_is_killed() {
    survive(Event::BackendKilled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_postmaster_is_killed() {
    survive(Event::PostmasterKilled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_is_restarted() {
    survive(Event::Restarted).await;
}
