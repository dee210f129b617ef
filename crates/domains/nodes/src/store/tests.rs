//! The stories of the tables, on every engine.

use argos_kernel::Timestamp;
use argos_store::testing::each_engine;
use serde_json::json;

use super::{nodes, parts, tunnels, views};
use crate::model::node::Node;
use crate::model::tunnel::{Leg, Legs, Tunnel};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn node(id: &str) -> Node {
    let body = json!({ "name": format!("node {id}"), "metadata": { "site": "studio" } });
    Node::create(id.to_owned(), format!("hash-{id}"), body.as_object().unwrap(), at(10)).unwrap()
}

#[tokio::test]
async fn token_is_used_up_once_and_a_new_one_forgets_the_secret() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        nodes::insert(&mut tx, &node("a")).await.unwrap();
        assert!(nodes::consume(&mut tx, "a", "hash-a", at(20), "sealed").await.unwrap());
        assert!(!nodes::consume(&mut tx, "a", "hash-a", at(21), "other").await.unwrap(), "the second one is too late");
        tx.commit().await.unwrap();
        assert!(nodes::find_by_token(db, "hash-a").await.unwrap().is_none());
        let used = nodes::find_by_consumed(db, "hash-a").await.unwrap().unwrap();
        assert_eq!((used.status.as_str(), used.secret_enc.as_deref(), used.registered_at), ("online", Some("sealed"), Some(at(20))));
        let mut tx = db.begin().await.unwrap();
        let mut relay = node("r");
        relay.device_type = "relay".to_owned();
        nodes::insert(&mut tx, &relay).await.unwrap();
        assert!(nodes::consume(&mut tx, "r", "hash-r", at(20), "sealed").await.unwrap());
        nodes::proven(&mut tx, "r").await.unwrap();
        nodes::proven(&mut tx, "a").await.unwrap();
        nodes::set_pending(&mut tx, "a", Some("next")).await.unwrap();
        nodes::promote(&mut tx, "a", "next", at(30)).await.unwrap();
        tx.commit().await.unwrap();
        let now = nodes::find(db, "a").await.unwrap().unwrap();
        assert_eq!(
            (now.secret_proven, now.secret_enc.as_deref(), now.pending_secret_enc, now.consumed_token_hash),
            (true, Some("next"), None, None)
        );
        let relay = nodes::find_by_consumed(db, "hash-r").await.unwrap().unwrap();
        assert!(relay.secret_proven, "a relay may need its used token again");
        let mut tx = db.begin().await.unwrap();
        nodes::renew_token(&mut tx, "a", "hash-b", at(40)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!nodes::offline(db, "a", at(50), at(50)).await.unwrap());
        let now = nodes::find_by_token(db, "hash-b").await.unwrap().unwrap();
        assert_eq!((now.status.as_str(), now.secret_enc, now.secret_proven), ("pending", None, false), "a pending node stays pending");
    }
}

#[tokio::test]
async fn what_a_node_told_is_kept_and_what_it_did_not_tell_stays() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        nodes::insert(&mut tx, &node("a")).await.unwrap();
        assert!(nodes::online(&mut tx, &arrival(20)).await.unwrap());
        tx.commit().await.unwrap();
        let health = json!({ "status": "ok" });
        let can = ["replay".to_owned()];
        let told = nodes::Seen {
            id: "a",
            status: "degraded",
            at: at(30),
            health: Some(&health),
            version: None,
            capabilities: Some(&can),
            process_started_at: Some(at(5)),
        };
        let quiet = nodes::Seen { status: "online", at: at(40), health: None, capabilities: None, process_started_at: None, ..told };
        db.batch(vec![nodes::seen(&told), nodes::seen(&quiet)]).await.unwrap();
        let now = nodes::find(db, "a").await.unwrap().unwrap();
        assert_eq!((now.status.as_str(), now.last_seen_at, now.last_health), ("online", Some(at(40)), Some(health)));
        assert_eq!((now.software_version.as_deref(), now.protocol_version, now.process_started_at), (Some("1.0"), Some(4), Some(at(5))));
        assert_eq!((now.capabilities, now.metadata), (can.to_vec(), json!({ "site": "studio" })));
        assert_eq!(nodes::all_offline(db).await.unwrap(), 1);
    }
}

/// The node `a` as it was let in with the token it was made with.
fn arrival(secs: i64) -> nodes::Arrival<'static> {
    nodes::Arrival { id: "a", at: at(secs), enrolled_at: Some(at(10)), version: Some("1.0"), protocol: Some(4) }
}

#[tokio::test]
async fn a_node_that_is_revoked_while_it_is_let_in_does_not_come_online() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        nodes::insert(&mut tx, &node("a")).await.unwrap();
        nodes::renew_token(&mut tx, "a", "hash-b", at(15)).await.unwrap();
        assert!(!nodes::online(&mut tx, &arrival(20)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(nodes::find(db, "a").await.unwrap().unwrap().status, "pending");
        let mut tx = db.begin().await.unwrap();
        assert!(nodes::online(&mut tx, &nodes::Arrival { enrolled_at: Some(at(15)), ..arrival(20) }).await.unwrap());
        nodes::delete(&mut tx, "a").await.unwrap();
        assert!(!nodes::online(&mut tx, &nodes::Arrival { enrolled_at: Some(at(15)), ..arrival(21) }).await.unwrap());
    }
}

#[tokio::test]
async fn a_process_that_lost_a_node_does_not_write_over_the_one_that_has_it() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        nodes::insert(&mut tx, &node("a")).await.unwrap();
        assert!(nodes::online(&mut tx, &arrival(20)).await.unwrap(), "here");
        assert!(nodes::online(&mut tx, &arrival(30)).await.unwrap(), "and then there");
        tx.commit().await.unwrap();
        assert!(!nodes::offline(db, "a", at(45), at(25)).await.unwrap(), "the first process last heard it before");
        let late =
            nodes::Seen { id: "a", status: "error", at: at(25), health: None, version: None, capabilities: None, process_started_at: None };
        db.batch(vec![nodes::seen(&late)]).await.unwrap();
        let now = nodes::find(db, "a").await.unwrap().unwrap();
        assert_eq!((now.status.as_str(), now.last_seen_at), ("online", Some(at(30))));
        assert!(nodes::offline(db, "a", at(60), at(30)).await.unwrap());
        let now = nodes::find(db, "a").await.unwrap().unwrap();
        assert_eq!((now.status.as_str(), now.last_seen_at), ("offline", Some(at(60))));
    }
}

fn tunnel(id: &str) -> Tunnel {
    let body = json!({ "name": "t", "protocol": "udp", "mode": "relay", "ingress_node_id": "a", "ingress_listen_port": 9000, "egress_node_id": "b",
        "egress_forward_addr": "127.0.0.1:9100", "relay_addr": "r:4433", "relay_node_id": "r", "associated_flow_ids": ["f"] });
    Tunnel::create(id.to_owned(), "sealed".to_owned(), body.as_object().unwrap(), at(10)).unwrap()
}

#[tokio::test]
async fn legs_of_a_node_that_left_are_told_again_and_disabled_tunnels_stay_as_they_are() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let pushed = Leg { status: "pushed".to_owned(), error: None };
        let mut up = tunnel("t1");
        (up.ingress, up.egress, up.relay, up.status) = (pushed.clone(), pushed.clone(), Some(pushed.clone()), "active".to_owned());
        let mut off = tunnel("t2");
        (off.ingress, off.status) = (pushed.clone(), "disabled".to_owned());
        let mut tx = db.begin().await.unwrap();
        tunnels::put(&mut tx, &up).await.unwrap();
        tunnels::put(&mut tx, &off).await.unwrap();
        tx.commit().await.unwrap();
        tunnels::reset_legs(db, "t1", "r").await.unwrap();
        let now = tunnels::find(db, "t1").await.unwrap().unwrap();
        assert_eq!((now.status.as_str(), now.relay, now.ingress), ("pending", Some(Leg::pending()), pushed.clone()));
        assert_eq!(now.associated_flow_ids, Some(vec!["f".to_owned()]));
        tunnels::reset_legs(db, "t2", "a").await.unwrap();
        let (on, off) = (tunnels::find(db, "t1").await.unwrap().unwrap(), tunnels::find(db, "t2").await.unwrap().unwrap());
        assert_eq!((off.status.as_str(), off.ingress), ("disabled", pushed.clone()));
        assert_eq!(on.ingress, pushed, "another tunnel of the node is left alone");
        let mut tx = db.begin().await.unwrap();
        tunnels::keep_legs(&mut tx, "t2", at(10), &Legs { ingress: Some(Leg::pending()), ..Legs::default() }).await.unwrap();
        tunnels::bury(&mut tx, "t2", "b", at(1)).await.unwrap();
        tunnels::bury(&mut tx, "t2", "b", at(2)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(tunnels::find(db, "t2").await.unwrap().unwrap().status, "disabled", "a late answer changes nothing");
        assert_eq!(tunnels::buried(db, "b").await.unwrap(), ["t2"]);
        let mut tx = db.begin().await.unwrap();
        tunnels::unbury(&mut tx, "t2", "b").await.unwrap();
        tx.commit().await.unwrap();
        assert!(tunnels::buried(db, "b").await.unwrap().is_empty());
        assert_eq!(tunnels::of_node(db, "r").await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_process_writes_only_the_legs_it_told_and_all_of_them_make_the_status() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let pushed = || Some(Leg { status: "pushed".to_owned(), error: None });
        let failed = || Some(Leg { status: "failed".to_owned(), error: Some("no".to_owned()) });
        let mut tx = db.begin().await.unwrap();
        tunnels::put(&mut tx, &tunnel("t1")).await.unwrap();
        let steps = [
            (Legs { ingress: pushed(), ..Legs::default() }, "pending"),
            (Legs { egress: failed(), ..Legs::default() }, "error"),
            (Legs { relay: pushed(), ..Legs::default() }, "error"),
            (Legs { egress: pushed(), ..Legs::default() }, "active"),
            (Legs { relay: failed(), ..Legs::default() }, "error"),
        ];
        for (legs, status) in steps {
            tunnels::keep_legs(&mut tx, "t1", at(10), &legs).await.unwrap();
            assert_eq!(tunnels::find_in(&mut tx, "t1").await.unwrap().unwrap().status, status, "{legs:?}");
        }
        let now = tunnels::find_in(&mut tx, "t1").await.unwrap().unwrap();
        assert_eq!((Some(now.ingress.clone()), Some(now.egress.clone()), now.relay.clone()), (pushed(), pushed(), failed()));
        // New keys while it was told of the old ones: the answer to those says nothing.
        let mut rekeyed = now;
        rekeyed.updated_at = at(11);
        rekeyed.reset();
        tunnels::put(&mut tx, &rekeyed).await.unwrap();
        assert!(!tunnels::keep_legs(&mut tx, "t1", at(10), &Legs { ingress: pushed(), ..Legs::default() }).await.unwrap());
        assert_eq!(tunnels::find_in(&mut tx, "t1").await.unwrap().unwrap().ingress, Leg::pending());
        assert!(tunnels::keep_legs(&mut tx, "t1", at(11), &Legs { ingress: failed(), ..Legs::default() }).await.unwrap());
        tx.commit().await.unwrap();
        let ingress = tunnels::find(db, "t1").await.unwrap().unwrap().ingress_node_id;
        tunnels::reset_legs(db, "t1", &ingress).await.unwrap();
        assert_eq!(tunnels::find(db, "t1").await.unwrap().unwrap().ingress, Leg::pending(), "what it said before is no reason any more");
        // An older word that came late: all hear the newer again, and what they are being told does not count.
        let mut tx = db.begin().await.unwrap();
        let all = || Legs { ingress: pushed(), egress: pushed(), relay: pushed() };
        assert!(tunnels::keep_legs(&mut tx, "t1", at(11), &all()).await.unwrap());
        assert_eq!(tunnels::find_in(&mut tx, "t1").await.unwrap().unwrap().status, "active");
        assert!(tunnels::again(&mut tx, "t1", at(13)).await.unwrap());
        assert!(!tunnels::keep_legs(&mut tx, "t1", at(11), &all()).await.unwrap());
        let now = tunnels::find_in(&mut tx, "t1").await.unwrap().unwrap();
        assert_eq!(
            (now.status.as_str(), now.ingress, now.egress, now.relay),
            ("pending", Leg::pending(), Leg::pending(), Some(Leg::pending()))
        );
        assert!(!tunnels::again(&mut tx, "gone", at(13)).await.unwrap());
        tx.commit().await.unwrap();
        // A tunnel that lives is removed nowhere.
        let mut tx = db.begin().await.unwrap();
        tunnels::bury(&mut tx, "t1", "b", at(12)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(tunnels::buried(db, "b").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_departure_with_one_process_is_written_whatever_the_clock_said() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        nodes::insert(&mut tx, &node("a")).await.unwrap();
        assert!(nodes::online(&mut tx, &arrival(500)).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!nodes::offline(db, "a", at(200), at(200)).await.unwrap(), "another process may have heard it");
        assert!(nodes::gone(db, "a", at(200)).await.unwrap());
        assert_eq!(nodes::find(db, "a").await.unwrap().unwrap().status, "offline");
    }
}

#[tokio::test]
async fn only_the_newest_versions_are_kept_and_positions_are_per_person() {
    for test in each_engine(crate::MIGRATIONS).await {
        let db = &test.store.state;
        let mut tx = db.begin().await.unwrap();
        for n in 1..=5 {
            let v = parts::Version {
                id: format!("v{n}"),
                reason: "r".to_owned(),
                actor: "a".to_owned(),
                at: at(n),
                config_enc: "c".to_owned(),
            };
            parts::keep_version(&mut tx, "a", &v, 3).await.unwrap();
        }
        parts::keep(&mut tx, "a", "input", "i").await.unwrap();
        parts::keep(&mut tx, "a", "input", "i").await.unwrap();
        tx.commit().await.unwrap();
        let ids: Vec<_> = parts::versions(db, "a").await.unwrap().into_iter().map(|v| v.id).collect();
        assert_eq!(ids, ["v5", "v4", "v3"]);
        assert_eq!(parts::of_node(db, "a").await.unwrap(), [("input".to_owned(), "i".to_owned())]);
        views::put_positions(db, 1, "graph", &[("a".to_owned(), 1.5, -2.0)]).await.unwrap();
        views::put_positions(db, 1, "graph", &[("a".to_owned(), 3.0, 4.0)]).await.unwrap();
        assert_eq!(views::positions(db, 1, "graph").await.unwrap(), [("a".to_owned(), 3.0, 4.0)]);
        assert!(views::positions(db, 2, "graph").await.unwrap().is_empty() && views::positions(db, 1, "flow").await.unwrap().is_empty());
    }
}
