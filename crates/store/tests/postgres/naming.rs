//! Which of the stores in a database is meant: nothing is guessed, and nothing is made that nobody asked for.

use rapporteur_store::engine::{self, Address, Settings};
use rapporteur_store::{Error, Result};

use crate::server::{Server, shared};

const DATABASE: &str = "naming";

fn place(server: &Server, schema: &str) -> Address {
    let port = server.port;
    let query = if schema.is_empty() { "" } else { "?schema=" };
    let url = format!("postgres://postgres@127.0.0.1:{port}/{DATABASE}{query}{schema}");
    url.parse().unwrap()
}

async fn make(server: &Server, schema: &str) {
    let opened = engine::open(&place(server, schema), &Settings::default()).await;
    opened.unwrap().store.close().await.unwrap();
}

fn why<T>(outcome: Result<T>) -> String {
    match outcome {
        Err(Error::Schema(why) | Error::Absent(why)) => why,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it was permitted"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_a_schema_is_not_guessed_at() {
    let Some(server) = shared() else { return };
    server.database(DATABASE, None).await;
    let (settings, bare) = (Settings::default(), place(server, ""));
    let given = async |schema: &str| engine::in_schema(bare.clone(), schema, &settings).await;

    let said = why(engine::open(&bare, &settings).await);
    assert!(
        said.contains("holds no store") && said.contains("?schema="),
        "{said}"
    );
    // Two services that are given one database keep apart.
    for schema in ["rapporteur_events", "rapporteur_gateway"] {
        assert_eq!(given(schema).await.unwrap(), place(server, schema));
        make(server, schema).await;
    }
    for said in [
        why(engine::open(&bare, &settings).await),
        why(engine::open_existing(&bare, &settings).await),
        why(engine::begin_copy(&bare, uuid::Uuid::new_v4(), &settings).await),
        why(engine::open_existing(&place(server, "events"), &settings).await),
    ] {
        assert!(
            said.contains("rapporteur_events, rapporteur_gateway"),
            "{said}"
        );
    }
    // Somebody chose a name: a service that is given none could mean that one.
    make(server, "recommendations").await;
    let said = why(given("rapporteur_recommendations").await);
    assert!(
        said.contains("recommendations") && said.contains("?schema=rapporteur_recommendations"),
        "{said}"
    );
    assert_eq!(
        given("rapporteur_events").await.unwrap(),
        place(server, "rapporteur_events")
    );
    // Whoever names it gets it.
    let named = engine::in_schema(place(server, "mine"), "rapporteur_events", &settings);
    assert_eq!(named.await.unwrap(), place(server, "mine"));

    let admin = server.admin(DATABASE).await;
    let schemas =
        "select count(*) from pg_namespace where nspname !~ '^(pg_|information_schema|public)'";
    let made: i64 = admin.query_one(schemas, &[]).await.unwrap().get(0);
    assert_eq!(made, 3, "what was refused left something behind");
}
