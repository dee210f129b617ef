//! Two processes on one PostgreSQL serve the same sites: what people see is the sum of both, and a burst that is spread over
//! both is one.

use std::time::Duration;

use argos_peers::postgres::PostgresDatabase;
use argos_peers::{ArgosConfig, Client, Database, wait_until};
use serde_json::{Value, json};

use crate::edge_protection::protect;
use crate::edge_sites::{Edge, address, backend};
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(60);

fn config(database: Database) -> ArgosConfig {
    ArgosConfig::with_database(database).env("ARGOS_EDGE_HTTP", "127.0.0.1:0").env("NUT_AUTO_DISCOVER", "false")
}

fn overview(owner: &Client) -> Value {
    owner.get("/api/dashboard/overview").expect_status(200).json()
}

#[test]
fn traffic_and_bursts_are_those_of_all_processes_and_outlive_one_that_dies() {
    let database = PostgresDatabase::on_shared_server().unwrap_or_else(|error| panic!("{error}"));
    let url = database.url();
    let first = Edge::on(config(Database::Postgres(database)));
    let second = Stage::on(config(Database::Sqlite).arg("--database-url").arg(url));
    let second = Edge { http: address(&second, "edge_http"), stage: second };
    let nginx = backend("one");
    let site = first.publish("app.test", &[nginx.port()]);
    protect(&first, &site, json!({"rate_limit_enabled": true, "rate_limit_requests": 1, "rate_limit_window_seconds": 3600}));
    let (mut asked, mut of_site) = (0, 0);
    let mut ask = |edge: &Edge| {
        let status = ask_once(edge);
        asked += 1;
        // The other process hears of the site a moment later.
        of_site += i32::from(status != 404);
        status
    };
    wait_until("both turn requests away", SOON, || ask(&first) == 429 && ask(&second) == 429);
    for _ in 0..4 {
        assert_eq!([ask(&first), ask(&second)], [429, 429]);
    }
    wait_until("the burst is told", SOON, || !second.events("edge.rate_limit_triggered").is_empty());
    for owner in [&first.stage.owner, &second.stage.owner] {
        wait_until("the requests of both are counted", SOON, || overview(owner)["total_requests_24h"] == asked);
        let live = owner.get("/api/security/overview").expect_status(200).json()["hosts"][0].clone();
        assert!(live["requests_per_second"].as_f64().unwrap() > 0.0 && live["refused_15m"].as_i64().unwrap() >= 10, "{live}");
        let traffic = owner.get("/api/dashboard/traffic?range=24h").expect_status(200).json();
        assert_eq!((&traffic["top_hosts"][0]["count"], &traffic["top_paths"][0]["count"]), (&json!(of_site), &json!(of_site)));
    }
    let Edge { stage, .. } = first;
    let _dead = stage.argos.kill9();
    assert_eq!(ask_once(&second), 429);
    wait_until("the part of the dead process stays", SOON, || overview(&second.stage.owner)["total_requests_24h"] == asked + 1);
    assert_eq!(second.events("edge.rate_limit_triggered").len(), 1, "one burst of both is told once");
}

fn ask_once(edge: &Edge) -> u16 {
    edge.get("app.test", "/page").status
}
