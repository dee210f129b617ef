//! Who moves which sections of the configuration document.

use std::sync::Arc;

use argos_audit::Audit;
use argos_backup::{Portable, portable_routes};
use argos_identity::{BootOptions, Identity, IdentityDeps, Policy};
use argos_kernel::{Clock, Rng, Secret, SeededRng};
use argos_web::Web;
use argos_web::testing::TestClient;
use serde_json::{Value, json};

use crate::{House, KEY, house, migrations};

const PASSWORD: &str = "Correct-Horse-1";

/// The routes of the document and of identity; its owner, signed in just now.
async fn owner(h: &House) -> TestClient {
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(h.clock.clone()), Arc::new(SeededRng::new(7)));
    let db = h.store.state.clone();
    let audit = Audit::new(db.clone(), clock.clone(), rng.clone());
    let identity = Identity::new(IdentityDeps {
        db,
        clock: clock.clone(),
        rng: rng.clone(),
        vault: h.vault.clone(),
        audit: audit.clone(),
        events: h.events.clone(),
        policy: Arc::new(Policy::default),
        boot: BootOptions {
            data_dir: h.dir.clone(),
            initial_admin_password: Some(Secret::new(PASSWORD.to_owned())),
            ..BootOptions::default()
        },
    });
    identity.ensure_first_user().await.unwrap();
    let portable = Portable::new(h.settings.clone(), identity.clone(), audit, h.events.clone(), "2.10.0");
    portable.add(Arc::new(identity.clone()));
    let web = Web::builder()
        .mount(identity.routes())
        .mount(portable_routes(portable))
        .authenticator(Arc::new(identity.clone()))
        .replays(Arc::new(identity))
        .build(clock, rng, h.tasks.clone());
    let anyone = TestClient::new(Arc::new(web.unwrap()));
    let reply = anyone.post("/api/login", json!({ "username": "admin", "password": PASSWORD })).await;
    anyone.bearer(reply.json()["token"].as_str().unwrap())
}

#[tokio::test]
async fn what_belongs_to_organizations_is_moved_after_a_step_up_only() {
    let t = argos_store::testing::sqlite(&migrations()).await;
    let dir = tempfile::tempdir().unwrap();
    let h = house(&t.store, dir.path().to_owned(), KEY, 5).await;
    let owner = owner(&h).await;
    let all = owner.get("/api/config/document?format=json").await;
    assert_eq!(all.status, 200, "{}", all.text());
    let document = all.text();
    assert!(all.json()["sections"]["organizations"].is_object(), "{document}");
    let send = async |what: &str, sections: &str| {
        owner.post(&format!("/api/config/document/{what}"), json!({ "document": document, "sections": sections })).await
    };
    assert_eq!(send("plan", "").await.status, 200);

    h.clock.advance_secs(601);
    let stale = (403, json!("step_up_required"));
    let said = |reply: argos_web::testing::TestReply| (reply.status, reply.json()["code"].clone());
    for path in ["/api/config/document", "/api/config/document?sections=organizations"] {
        assert_eq!(said(owner.get(path).await), stale, "{path}");
    }
    for what in ["plan", "apply"] {
        assert_eq!(said(send(what, "").await), stale, "{what}");
    }
    // The rest is moved without.
    assert_eq!(owner.get("/api/config/document?sections=settings").await.status, 200);
    assert_eq!(send("plan", "settings").await.status, 200);
    let settings = json!({ "version": "1", "sections": { "settings": Value::Object(serde_json::Map::new()) } });
    assert_eq!(owner.post("/api/config/document/plan", json!({ "document": settings.to_string() })).await.status, 200);
}
