//! Organizations and projects in the configuration document.

use argos_audit::{Audit, Category, Entry, PortableSection, SectionPlan};
use argos_kernel::Actor;
use argos_store::testing::each_engine;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

async fn import(w: &World, wanted: &Value, replace: bool) -> SectionPlan {
    let rng = std::sync::Arc::new(argos_kernel::SystemRng::default());
    let audit = Audit::new(w.store.store.state.clone(), std::sync::Arc::new(w.clock.clone()), rng);
    let actor = Actor::cli();
    let mut change = audit.begin(&actor).await.unwrap();
    let plan = w.identity.import(&mut change, wanted, replace).await.unwrap();
    // What has faults is never written.
    if plan.faults.is_empty() {
        change.commit(Entry::new("config.import", Category::Config)).await.unwrap();
    }
    plan
}

/// The project `Shop` as the document has it.
fn shop(document: &mut Value) -> &mut Value {
    let acme = document["organizations"].as_array_mut().unwrap().iter_mut().find(|o| o["slug"] == "acme").unwrap();
    acme["projects"].as_array_mut().unwrap().iter_mut().find(|p| p["name"] == "Shop").unwrap()
}

#[tokio::test]
async fn organizations_and_projects_move_with_their_people_and_secrets() {
    for store in each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let made = owner.post("/api/v1/organizations", json!({ "name": "Acme", "slug": "acme" })).await.json();
        let org = made["id"].as_str().unwrap();
        let settings = json!({ "retries": 2, "team": "web", "secrets": { "TOKEN": "hunter2hunter2" } });
        let body = json!({ "name": "Shop", "app_url": "https://shop.example", "settings": settings });
        let project = owner.post(&format!("/api/v1/organizations/{org}/projects"), body).await;
        assert_eq!(project.status, 201, "{}", project.text());

        let mut document = w.identity.export().await.unwrap();
        assert!(!document.to_string().contains("hunter2") && shop(&mut document)["secrets"].as_str().unwrap().starts_with("ENC:"));
        let again = import(&w, &document, true).await;
        assert!(again.is_empty() && again.faults.is_empty() && again.warnings.is_empty(), "{again:?}");
        assert_eq!(again.unchanged, 3, "default, acme and its project");

        // A difference is told and written; what the document does not name stays unless it is replaced.
        let before = document.clone();
        shop(&mut document)["app_url"] = json!("https://new.example");
        shop(&mut document)["settings"]["retries"] = json!(4);
        let more = json!({ "slug": "beta", "name": "Beta", "members": [{ "user": "admin", "role": "owner" }, { "user": "ghost", "role": "viewer" }],
            "projects": [{ "name": "Blog", "members": [{ "user": "admin", "role": "developer" }] }] });
        document["organizations"].as_array_mut().unwrap().push(more);
        let plan = import(&w, &document, false).await;
        assert_eq!(plan.creates, ["organization Beta", "project Blog of Beta"]);
        let updates = ["project Shop of Acme", "admin is owner in organization Beta", "admin is developer in project Blog of Beta"];
        assert_eq!(plan.updates, updates, "who got which role is told");
        assert_eq!(plan.warnings, ["organization Beta: ghost has no account here"]);
        let mut now = w.identity.export().await.unwrap();
        let shop = shop(&mut now).clone();
        assert_eq!((&shop["app_url"], &shop["settings"]["retries"]), (&json!("https://new.example"), &json!(4)));
        assert!(shop["secrets"].is_string(), "a secret that is there stays");

        let plan = import(&w, &before, true).await;
        assert_eq!((plan.removes, plan.updates), (vec!["organization Beta".to_owned()], vec!["project Shop of Acme".to_owned()]));
        let slugs: Vec<_> =
            w.identity.export().await.unwrap()["organizations"].as_array().unwrap().iter().map(|o| o["slug"].clone()).collect();
        assert_eq!(slugs, ["acme", "default"]);
    }
}

#[tokio::test]
async fn deleted_organization_comes_back_with_its_projects_until_its_slug_is_taken() {
    for store in each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let make = async || {
            let made = owner.post("/api/v1/organizations", json!({ "name": "Acme", "slug": "acme" })).await;
            made.json()["id"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned()
        };
        let org = make().await;
        let project = owner.post(&format!("/api/v1/organizations/{org}/projects"), json!({ "name": "Shop" })).await;
        assert_eq!(project.status, 201, "{}", project.text());
        let document = w.identity.export().await.unwrap();

        let gone = owner.delete(&format!("/api/v1/organizations/{org}")).await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        let without = w.identity.export().await.unwrap();
        assert!(!without.to_string().contains("acme"), "{without}");
        assert!(import(&w, &without, true).await.is_empty());
        let plan = import(&w, &document, true).await;
        assert_eq!(plan.creates, ["organization Acme, which was deleted, with everything in it"], "{plan:?}");
        assert_eq!((plan.updates.len(), plan.removes.len(), plan.faults.len()), (0, 0, 0));
        assert_eq!(w.identity.export().await.unwrap(), document);
        assert_eq!(owner.get(&format!("/api/v1/organizations/{org}")).await.status, 200, "it is the same one");

        assert_eq!(owner.delete(&format!("/api/v1/organizations/{org}")).await.status, 200);
        make().await;
        let plan = import(&w, &document, true).await;
        assert!(plan.faults.len() == 1 && plan.faults[0].contains("was deleted and is not purged yet"), "{plan:?}");
    }
}

#[tokio::test]
async fn what_a_document_does_not_say_of_an_organization_stays_in_a_replace_too() {
    let w = World::new().await;
    let owner = w.owner().await;
    w.user(&owner, "vera", "viewer").await;
    let made = owner.post("/api/v1/organizations", json!({ "name": "Acme", "slug": "acme" })).await.json();
    let org = made["id"].as_str().unwrap();
    assert_eq!(owner.post(&format!("/api/v1/organizations/{org}/projects"), json!({ "name": "Shop" })).await.status, 201);
    let mut document = w.identity.export().await.unwrap();
    let acme = document["organizations"].as_array_mut().unwrap().iter_mut().find(|o| o["slug"] == "acme").unwrap();
    acme["members"].as_array_mut().unwrap().push(json!({ "user": "vera", "role": "developer" }));
    acme["sso_enabled"] = json!(true);
    acme["domain"] = json!("acme.example");
    acme["settings"] = json!({ "colour": "red" });
    let plan = import(&w, &document, false).await;
    assert_eq!(plan.updates, ["vera is developer in organization Acme", "organization Acme"], "{plan:?}");

    let acme = async || {
        let all = w.identity.export().await.unwrap();
        all["organizations"].as_array().unwrap().iter().find(|o| o["slug"] == "acme").unwrap().clone()
    };
    let mut wanted = acme().await;
    wanted["name"] = json!("Acme Two");
    let plan = import(&w, &json!({ "organizations": [{ "slug": "acme", "name": "Acme Two" }] }), true).await;
    assert_eq!((plan.updates.as_slice(), plan.removes.len()), (["organization Acme Two".to_owned()].as_slice(), 0), "{plan:?}");
    assert_eq!(acme().await, wanted);
    assert!(import(&w, &json!({}), true).await.is_empty(), "a section that names no list takes nothing away");

    // What is said is done, and the one who goes is named.
    let said =
        json!({ "slug": "acme", "name": "Acme Two", "domain": null, "projects": [], "members": [{ "user": "admin", "role": "owner" }] });
    let plan = import(&w, &json!({ "organizations": [said] }), true).await;
    assert_eq!(plan.removes, ["vera from organization Acme Two", "project Shop of Acme Two, with everything in it"], "{plan:?}");
    assert_eq!((&acme().await["domain"], &acme().await["sso_enabled"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn document_with_faults_names_each_of_them() {
    let w = World::new().await;
    let people = json!([{ "user": "admin", "role": "king" }]);
    for (organization, part) in [
        (json!({ "slug": "no slug", "name": "Acme", "members": [{ "user": "admin", "role": "owner" }] }), "no slug: slug must be"),
        (json!({ "slug": "acme", "name": "Acme", "members": people }), "unknown role king"),
        (json!({ "slug": "acme", "name": "Acme" }), "names no owner"),
        (json!({ "slug": "default", "name": "Default", "colour": "red" }), "unknown field `colour`"),
        (json!({ "slug": "default", "name": "Default", "projects": [{ "name": "x" }] }), "name must be 2-100"),
        (json!({ "slug": "default", "name": "Default", "projects": [{ "name": "Shop", "settings": { "retries": 99 } }] }), "retries"),
        (
            json!({ "slug": "default", "name": "Default", "projects": [{ "name": "Shop", "settings": { "secrets": { "a": "b" } } }] }),
            "in clear",
        ),
    ] {
        let plan = import(&w, &json!({ "organizations": [organization] }), false).await;
        assert!(plan.faults.len() == 1 && plan.faults[0].contains(part), "{part}: {:?}", plan.faults);
    }
    // Nobody can make a secret out of another installation's.
    let brought = json!({ "organizations": [{ "slug": "default", "name": "Default", "projects": [
        { "uid": "019a0000-0000-7000-8000-000000000001", "name": "Shop", "secrets": "ENC:v1:none:AAAA" }] }] });
    let plan = import(&w, &brought, false).await;
    assert_eq!((plan.creates.len(), plan.warnings.len()), (1, 1), "{plan:?}");
}
