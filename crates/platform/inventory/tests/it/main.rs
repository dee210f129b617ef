//! The inventory through the whole web kit, on every engine.

#![expect(clippy::unwrap_used, reason = "test code")]

mod stage;

use argos_events::{NewEvent, Source};
use argos_inventory::{Fact, Feed, LinkType, NewLink, NewThing, Status};
use argos_web::testing::Frames;
use serde_json::json;
use stage::Stage;

fn thing(reference: &str, name: &str, status: Status) -> NewThing {
    NewThing::new(reference, name, status, status.as_str())
}

fn rack() -> Feed {
    let things = vec![
        thing("machine:web-1", "web-1.example.com", Status::Critical).keyword(Some("10.0.0.7")).page("/machines/web-1"),
        thing("machine:db", "Datenbank Über", Status::Ok).fact(Some(Fact::text("model", "PowerEdge R640"))),
        thing("ups:rack1", "rack1", Status::Warning).subject("power_device", "rack1").tags(vec!["prod".to_owned()]),
        thing("secret:vault", "rack safe", Status::Ok),
    ];
    let links = vec![
        NewLink::new("machine:web-1", LinkType::FedBy, "ups:rack1", "rack1 lists it among its feeds"),
        NewLink::new("machine:db", LinkType::FedBy, "ups:rack1", "same rack").guessed(),
        NewLink::new("machine:db", LinkType::DependsOn, "machine:gone-long-ago", "old habit"),
    ];
    Feed { source: "test", things, links }
}

#[tokio::test]
async fn list_filters_sorts_pages_and_counts_what_the_caller_may_see() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let all = c.get("/api/ui/inventory").await.json();
        let names = |v: &serde_json::Value| {
            v["items"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&all), ["web-1.example.com", "rack1", "Datenbank Über"], "worst first, no secret kind");
        assert_eq!((all["total"].as_i64(), &all["facets"]["kinds"][0]), (Some(3), &json!({"kind": "machine", "count": 2})));
        assert_eq!(all["facets"]["statuses"][0], json!({"status": "critical", "count": 1}));
        let first = c.get("/api/ui/inventory?limit=2&sort=name").await.json();
        assert_eq!(names(&first), ["Datenbank Über", "rack1"]);
        let second = c.get(&format!("/api/ui/inventory?limit=2&sort=name&cursor={}", first["next"])).await.json();
        assert_eq!((names(&second), &second["next"]), (vec!["web-1.example.com".to_owned()], &json!(null)));
        for (query, want) in [
            ("status:-ok kind:machine", vec!["web-1.example.com"]),
            ("tag:prod", vec!["rack1"]),
            ("poweredge", vec!["Datenbank Über"]),
            ("kind:secret", vec![]),
        ] {
            let got = c.get(&format!("/api/ui/inventory?q={}", query.replace(' ', "%20"))).await.json();
            assert_eq!(
                (names(&got), got["total"].as_u64()),
                (want.iter().map(|w| (*w).to_owned()).collect(), Some(want.len() as u64)),
                "{query}"
            );
        }
        let bad = c.get("/api/ui/inventory?q=status:blue").await;
        assert_eq!((bad.status, bad.json()["field"].as_str()), (400, Some("q")));
        assert_eq!(c.get("/api/ui/inventory?sort=size").await.status, 400);
        assert_eq!(s.client("nobody").get("/api/ui/inventory").await.status, 403);
    }
}

#[tokio::test]
async fn search_finds_by_any_beginning_of_a_word_and_ranks_the_name_first() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let refs = async |q: &str| {
            let found = c.get(&format!("/api/ui/search?q={q}")).await.json();
            let groups = found["groups"].as_array().unwrap().clone();
            groups
                .iter()
                .flat_map(|g| g["items"].as_array().unwrap().clone())
                .map(|t| t["ref"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(refs("rack").await, ["ups:rack1"], "the safe is out of sight");
        assert_eq!(refs("exam").await, ["machine:web-1"]);
        assert_eq!(refs("10.0.0").await, ["machine:web-1"]);
        assert_eq!(refs("%C3%BCber+daten").await, ["machine:db"], "two words, any order, any case");
        assert_eq!(refs("tenban").await, ["machine:db"], "inside a word when nothing begins so");
        assert_eq!(refs("machine").await, ["machine:web-1", "machine:db"], "trouble first");
        assert!(refs("web+rack").await.is_empty() && refs("%25").await.is_empty() && refs("_").await.is_empty());
    }
}

#[tokio::test]
async fn link_of_another_source_is_left_to_it_and_is_no_change() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let link = |evidence: &str| NewLink::new("machine:web-1", LinkType::FedBy, "ups:rack1", evidence);
        let second = || Feed { source: "other", things: Vec::new(), links: vec![link("seen twice"), link("and again")] };
        let c = s.client("admin");
        let rev = c.get("/api/ui/inventory?limit=0").await.json()["rev"].clone();
        s.inventory.feed(second()).await.unwrap();
        assert_eq!(c.get("/api/ui/inventory?limit=0").await.json()["rev"], rev);
        let evidence = async || c.get("/api/ui/things/machine%3Aweb-1").await.json()["links"][0]["evidence"].clone();
        assert_eq!(evidence().await, "rack1 lists it among its feeds");
        // The first lets go of it: the second's word is heard.
        let mut less = rack();
        less.links.clear();
        s.inventory.feed(less).await.unwrap();
        s.inventory.feed(second()).await.unwrap();
        assert_eq!(evidence().await, "seen twice");
    }
}

#[tokio::test]
async fn feed_writes_differences_remembers_changes_and_lets_go() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let rev = c.get("/api/ui/inventory?limit=0").await.json()["rev"].clone();
        s.inventory.feed(rack()).await.unwrap();
        assert_eq!(c.get("/api/ui/inventory?limit=0").await.json()["rev"], rev, "an equal feed writes nothing");
        s.clock.advance_secs(60);
        let mut next = rack();
        next.things[0] = thing("machine:web-1", "web-1.example.com", Status::Ok);
        next.things.remove(1);
        next.links.truncate(1);
        s.inventory.feed(next).await.unwrap();
        s.events
            .announce(NewEvent::new(Source::Power, "power.on_battery", "mains failed").subject("power_device", "rack1", "rack1"))
            .await
            .unwrap();
        let list = c.get("/api/ui/inventory").await.json();
        assert_eq!(list["total"], 2);
        assert_eq!(c.get("/api/ui/search?q=datenbank").await.json()["total"], 0);
        let gone = c.get("/api/ui/things/machine%3Adb").await.json();
        assert_eq!((gone["gone_at"].is_string(), gone["name"].as_str()), (true, Some("Datenbank Über")));
        let steps = c.get("/api/ui/things/machine%3Aweb-1/timeline").await.json();
        assert_eq!((&steps[0]["what"], &steps[0]["before"], &steps[0]["after"]), (&json!("status"), &json!("critical"), &json!("ok")));
        assert_eq!(steps[1]["what"], "appeared");
        let steps = c.get("/api/ui/things/ups%3Arack1/timeline").await.json();
        assert_eq!((&steps[0]["what"], &steps[0]["event"]["message"]), (&json!("event"), &json!("mains failed")));
        // A new process knows what was fed before it.
        let again = s.again();
        again.feed(rack()).await.unwrap();
        assert_eq!(c.get("/api/ui/inventory").await.json()["total"], 3);
        s.clock.advance_secs(200 * 86_400);
        assert!(s.inventory.prune().await.unwrap() > 0);
    }
}

#[tokio::test]
async fn thing_shows_links_with_evidence_and_what_its_trouble_follows_from() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let web = c.get("/api/ui/things/machine%3Aweb-1").await.json();
        assert_eq!((&web["links"][0]["link"], &web["links"][0]["other"]["ref"]), (&json!("fed_by"), &json!("ups:rack1")));
        assert_eq!(
            (&web["links"][0]["evidence"], &web["causes"][0]["ref"]),
            (&json!("rack1 lists it among its feeds"), &json!("ups:rack1"))
        );
        let ups = c.get("/api/ui/things/ups%3Arack1").await.json();
        assert_eq!((ups["dependents"].as_i64(), ups["links"].as_array().unwrap().len()), (Some(2), 2));
        let db = c.get("/api/ui/things/machine%3Adb").await.json();
        let unknown = db["links"].as_array().unwrap().iter().find(|l| l["link"] == "depends_on").unwrap().clone();
        assert_eq!((&unknown["other"], &unknown["to"]), (&json!(null), &json!("machine:gone-long-ago")));
        let graph = c.get("/api/ui/graph?ref=machine%3Aweb-1").await.json();
        assert_eq!((graph["things"].as_array().unwrap().len(), graph["links"].as_array().unwrap().len()), (3, 2));
        let troubles = s.inventory.troubles(&argos_inventory::Scope { kinds: vec!["machine", "ups"], nodes: None }).await.unwrap();
        assert_eq!(
            (troubles.len(), troubles[0].thing.reference.as_str(), troubles[0].children[0].reference.as_str()),
            (1, "ups:rack1", "machine:web-1")
        );
        assert_eq!(c.get("/api/ui/things/secret%3Avault").await.status, 404);
        assert_eq!(c.get("/api/ui/graph?ref=secret%3Avault").await.status, 404);
    }
}

#[tokio::test]
async fn corrections_outlive_the_next_feed_and_can_be_taken_back_once() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let web = c.get("/api/ui/things/machine%3Aweb-1").await.json();
        let id = web["links"][0]["id"].as_i64().unwrap();
        let hidden = c.call("PATCH", &format!("/api/ui/links/{id}"), Some(json!({"hidden": true}).to_string().into())).await;
        assert_eq!(hidden.status, 200, "{}", hidden.text());
        let mut moved = rack();
        moved.links[0].evidence = "measured anew".to_owned();
        s.inventory.feed(moved).await.unwrap();
        let web = c.get("/api/ui/things/machine%3Aweb-1").await.json();
        assert_eq!((&web["links"][0]["hidden_by"], web["causes"].as_array().unwrap().len()), (&json!("ada"), 0));
        let token = hidden.json()["undo"].as_str().unwrap().to_owned();
        assert_eq!(s.client("viewer").post(&format!("/api/ui/undo/{token}"), json!({})).await.status, 404, "somebody else's");
        assert_eq!(c.post(&format!("/api/ui/undo/{token}"), json!({})).await.status, 200);
        assert_eq!(c.post(&format!("/api/ui/undo/{token}"), json!({})).await.status, 404, "once");
        assert_eq!(c.get("/api/ui/things/machine%3Aweb-1").await.json()["links"][0]["hidden_by"], json!(null));

        let made = c.post("/api/ui/links", json!({"from": "machine:db", "link": "depends_on", "to": "machine:web-1"})).await;
        assert_eq!((made.status, made.json()["link"]["evidence"].as_str()), (201, Some("set by ada")));
        s.inventory.feed(rack()).await.unwrap();
        assert_eq!(c.get("/api/ui/things/machine%3Adb").await.json()["causes"][0]["ref"], "ups:rack1", "nearest first");
        let own = made.json()["link"]["id"].as_i64().unwrap();
        let removed = c.call("PATCH", &format!("/api/ui/links/{own}"), Some(json!({"hidden": true}).to_string().into())).await.json();
        assert_eq!(c.call("PATCH", &format!("/api/ui/links/{own}"), Some(json!({"hidden": true}).to_string().into())).await.status, 404);
        assert_eq!(c.post(&format!("/api/ui/undo/{}", removed["undo"].as_str().unwrap()), json!({})).await.status, 200);
        let links = c.get("/api/ui/things/machine%3Adb").await.json()["links"].clone();
        assert!(links.as_array().unwrap().iter().any(|l| l["to"] == "machine:web-1"));
        for (body, field) in [
            (json!({"from": "machine:nope", "link": "serves", "to": "ups:rack1"}), "from"),
            (json!({"from": "ups:rack1", "link": "serves", "to": "ups:rack1"}), "to"),
        ] {
            let bad = c.post("/api/ui/links", body).await;
            assert_eq!((bad.status, bad.json()["field"].as_str()), (400, Some(field)));
        }
        assert_eq!(s.client("viewer").post("/api/ui/links", json!({})).await.status, 403);
    }
}

#[tokio::test]
async fn tags_and_note_of_people_stay_are_found_and_can_be_taken_back() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let patch = async |body: serde_json::Value| c.call("PATCH", "/api/ui/things/ups%3Arack1", Some(body.to_string().into())).await;
        let done = patch(json!({"tags": ["cellar", "cellar"], "note": "left shelf"})).await;
        assert_eq!(
            (done.status, &done.json()["own_tags"], &done.json()["thing"]["tags"]),
            (200, &json!(["cellar"]), &json!(["prod", "cellar"]))
        );
        let mut moved = rack();
        moved.things[2].word = "on battery".to_owned();
        s.inventory.feed(moved).await.unwrap();
        let now = c.get("/api/ui/things/ups%3Arack1").await.json();
        assert_eq!((&now["note"], &now["word"], &now["tags"]), (&json!("left shelf"), &json!("on battery"), &json!(["prod", "cellar"])));
        assert_eq!(c.get("/api/ui/inventory?q=tag:cellar").await.json()["total"], 1);
        assert_eq!(c.get("/api/ui/search?q=cell").await.json()["total"], 1);
        let token = done.json()["undo"].as_str().unwrap().to_owned();
        assert_eq!(c.post(&format!("/api/ui/undo/{token}"), json!({})).await.status, 200);
        assert_eq!(c.get("/api/ui/things/ups%3Arack1").await.json()["note"], json!(null));
        s.inventory.feed(rack()).await.unwrap();
        assert_eq!(c.get("/api/ui/search?q=cell").await.json()["total"], 0);
        for bad in [json!({"tags": ["two words"]}), json!({"tags": [""]}), json!({"note": "x".repeat(4001)}), json!({"colour": 1})] {
            assert_eq!(patch(bad.clone()).await.status, 400, "{bad}");
        }
        let late = patch(json!({"note": "again"})).await.json()["undo"].as_str().unwrap().to_owned();
        s.clock.advance_secs(61);
        assert_eq!(c.post(&format!("/api/ui/undo/{late}"), json!({})).await.json()["code"], "undo_expired");
    }
}

#[tokio::test]
async fn older_way_back_stands_only_after_the_newer_change_of_the_same_thing_was_taken_back() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin");
        let note = async |thing: &str, note: &str| {
            let done = c.call("PATCH", &format!("/api/ui/things/{thing}"), Some(json!({"note": note}).to_string().into())).await;
            s.clock.advance_secs(1);
            done.json()["undo"].as_str().unwrap().to_owned()
        };
        let first = note("ups%3Arack1", "left shelf").await;
        let second = note("ups%3Arack1", "right shelf").await;
        let elsewhere = note("machine%3Aweb-1", "blue").await;
        let shown = async || c.get("/api/ui/things/ups%3Arack1").await.json()["note"].clone();
        let undo = async |token: &str| c.post(&format!("/api/ui/undo/{token}"), json!({})).await;
        assert_eq!(undo(&first).await.json()["code"], "undo_expired");
        assert_eq!(shown().await, "right shelf", "nothing was written over");
        assert_eq!((undo(&second).await.status, shown().await), (200, json!("left shelf")));
        assert_eq!((undo(&first).await.status, shown().await), (200, json!(null)));
        assert_eq!(undo(&elsewhere).await.status, 200);
    }
}

#[tokio::test]
async fn way_back_that_was_refused_works_once_nothing_stands_in_its_way() {
    for s in Stage::each().await {
        let c = s.client("admin");
        let add = async || c.post("/api/ui/views", json!({"page": "/inventory", "name": "mine", "query": "q=a"})).await.json();
        let delete = async |id: &serde_json::Value| {
            let gone = c.call("DELETE", &format!("/api/ui/views/{}", id.as_str().unwrap()), None).await;
            gone.header("x-argos-undo").unwrap().to_owned()
        };
        let view = add().await;
        let token = delete(&view["id"]).await;
        let other = add().await;
        let refused = c.post(&format!("/api/ui/undo/{token}"), json!({})).await;
        assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("view_exists")));
        delete(&other["id"]).await;
        assert_eq!(c.post(&format!("/api/ui/undo/{token}"), json!({})).await.status, 200);
        assert_eq!(c.post(&format!("/api/ui/undo/{token}"), json!({})).await.status, 404, "once");
    }
}

#[tokio::test]
async fn undeclared_kind_is_refused_as_a_defect() {
    let s = Stage::each().await.remove(0);
    let feed = Feed { source: "test", things: vec![thing("dragon:1", "Smaug", Status::Ok)], links: Vec::new() };
    assert!(s.inventory.feed(feed).await.is_err());
}

#[tokio::test]
async fn views_are_kept_shared_and_changed_by_their_owner_only() {
    for s in Stage::each().await {
        let (admin, viewer) = (s.client("admin"), s.client("viewer"));
        let view = |name: &str, shared: bool| json!({"page": "/inventory", "name": name, "query": "q=status:-ok", "shared": shared});
        let made = admin.post("/api/ui/views", view("Trouble", true)).await;
        assert_eq!((made.status, &made.json()["own"]), (201, &json!(true)), "{}", made.text());
        admin.post("/api/ui/views", view("Mine", false)).await;
        let twice = admin.post("/api/ui/views", view("Mine", false)).await;
        assert_eq!((twice.status, twice.json()["field"].as_str()), (409, Some("name")));
        for (body, field) in [(view("", false), "name"), (json!({"page": "inventory", "name": "x"}), "page")] {
            let refused = admin.post("/api/ui/views", body).await;
            assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some(field)));
        }
        let names = async |c: &argos_web::testing::TestClient| {
            let all = c.get("/api/ui/views?page=/inventory").await.json();
            all.as_array().unwrap().iter().map(|v| (v["name"].as_str().unwrap().to_owned(), v["own"] == true)).collect::<Vec<_>>()
        };
        assert_eq!(names(&admin).await, [("Mine".to_owned(), true), ("Trouble".to_owned(), true)]);
        assert_eq!(names(&viewer).await, [("Trouble".to_owned(), false)]);
        let path = format!("/api/ui/views/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(viewer.post("/api/ui/views", view("Theirs", true)).await.status, 403, "sharing takes dashboards:write");
        assert_eq!(viewer.patch(&path, json!({"name": "Taken"})).await.status, 403);
        let changed = admin.patch(&path, json!({"name": "Problems", "shared": false})).await.json();
        assert_eq!((&changed["name"], &changed["query"], &changed["shared"]), (&json!("Problems"), &json!("q=status:-ok"), &json!(false)));
        assert_eq!((names(&viewer).await.len(), viewer.delete(&path).await.status, admin.delete(&path).await.status), (0, 404, 204));
    }
}

/// Ops spec C.6.
#[tokio::test]
async fn dashboards_are_seen_by_whom_they_are_shared_with_and_changed_by_their_owner() {
    for s in Stage::each().await {
        let (ada, eve) = (s.client("admin"), s.client("editor"));
        let names = async |c: &argos_web::testing::TestClient| {
            let all = c.get("/api/dashboards").await.json();
            all.as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let made = ada.post("/api/dashboards", json!({"name": "Wall", "config_json": {"widgets": []}, "shared": true})).await;
        assert_eq!((made.status, &made.json()["status"]), (200, &json!("ok")), "{}", made.text());
        let own = ada.post("/api/dashboards", json!({"name": "Desk", "config_json": "[1]"})).await.json();
        for (body, text) in [
            (json!({"config_json": {}}), "Dashboard name is required"),
            (json!({"name": "x"}), "Dashboard config_json is required"),
            (json!({"name": "x", "config_json": "{"}), "config_json must be valid JSON"),
        ] {
            let refused = ada.post("/api/dashboards", body).await;
            assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(text)));
        }
        assert_eq!((names(&ada).await, names(&eve).await), (vec!["Desk".to_owned(), "Wall".to_owned()], vec!["Wall".to_owned()]));
        let (wall, desk) = (format!("/api/dashboards/{}", made.json()["id"]), format!("/api/dashboards/{}", own["id"]));
        assert_eq!((eve.put(&wall, json!({"name": "Taken"})).await.status, eve.delete(&wall).await.status), (403, 403));
        assert_eq!((eve.put(&desk, json!({"name": "Taken"})).await.status, eve.delete(&desk).await.status), (404, 404));
        assert_eq!(ada.put(&desk, json!({"shared": true})).await.json(), json!({"status": "ok"}));
        let seen = eve.get("/api/dashboards").await.json();
        assert_eq!((&seen[0]["config_json"], &seen[0]["owner"]), (&json!("[1]"), &json!("ada")));
        assert_eq!((ada.delete(&desk).await.status, names(&eve).await), (200, vec!["Wall".to_owned()]));
        assert_eq!(s.client("viewer").post("/api/dashboards", json!({"name": "x", "config_json": {}})).await.status, 403);
    }
}

#[tokio::test]
async fn drafts_are_their_writers_alone_and_bounded() {
    for s in Stage::each().await {
        let (admin, viewer) = (s.client("admin"), s.client("viewer"));
        let kept = admin.put("/api/ui/drafts/alert-rule%3Anew", json!({"body": {"condition": "cpu > 9"}})).await;
        assert_eq!((kept.status, &kept.json()["key"]), (200, &json!("alert-rule:new")), "{}", kept.text());
        assert_eq!(admin.get("/api/ui/drafts/alert-rule%3Anew").await.json()["body"]["condition"], "cpu > 9");
        assert_eq!(viewer.get("/api/ui/drafts/alert-rule%3Anew").await.status, 404);
        assert_eq!(admin.put("/api/ui/drafts/big", json!({"body": "x".repeat(70_000)})).await.status, 400);
        for n in 0..49 {
            assert_eq!(admin.put(&format!("/api/ui/drafts/{n}"), json!({"body": n})).await.status, 200);
        }
        assert_eq!(admin.put("/api/ui/drafts/one-more", json!({"body": 1})).await.status, 409);
        assert_eq!(admin.put("/api/ui/drafts/7", json!({"body": 8})).await.status, 200);
        assert_eq!(admin.delete("/api/ui/drafts/7").await.status, 204);
        assert_eq!(admin.get("/api/ui/drafts").await.json().as_array().unwrap().len(), 49);
        s.clock.advance_secs(61 * 86_400);
        s.inventory.prune().await.unwrap();
        assert_eq!(admin.get("/api/ui/drafts").await.json(), json!([]));
    }
}

#[tokio::test]
async fn stream_tells_changes_of_what_is_seen_and_resumes() {
    for s in Stage::each().await {
        s.inventory.feed(rack()).await.unwrap();
        let c = s.client("admin").with_header("last-event-id", "0");
        let (status, _, body) = c.open("GET", "/api/ui/stream?topics=machine,ups", None).await;
        let mut frames = Frames::of(body);
        assert_eq!((status, frames.next().await.contains("event: ready")), (200, true));
        let first: Vec<String> = vec![frames.next().await, frames.next().await, frames.next().await];
        assert!(first.iter().all(|f| f.contains("event: thing")) && first.iter().any(|f| f.contains("\"ref\":\"ups:rack1\"")), "{first:?}");
        let mut better = rack();
        better.things[0] = thing("machine:web-1", "web-1.example.com", Status::Ok);
        s.inventory.feed(better).await.unwrap();
        let told = frames.next().await;
        assert!(told.contains("\"ref\":\"machine:web-1\"") && told.contains("\"status\":\"ok\""), "{told}");
        let old = s.client("admin").with_header("last-event-id", "99999");
        let (_, _, body) = old.open("GET", "/api/ui/stream", None).await;
        assert!(Frames::of(body).next().await.contains("event: reset"));
    }
}
