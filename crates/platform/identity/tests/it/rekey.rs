//! Everything identity seals survives a change of the data key, on both engines: the factor still signs in, a recovery
//! code works, project secrets and kept replies are read.

use std::time::Duration;

use argos_identity::model::totp;
use argos_kernel::Clock;
use argos_store::testing::each_engine;
use argos_vault::{Resealer, rekey};
use serde_json::json;

use crate::world::{PASSWORD, World, migrations};

#[tokio::test]
async fn sealed_values_of_identity_are_read_after_a_rekey_on_each_engine() {
    for store in each_engine(&migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let setup = owner.post("/api/auth/totp/setup", json!({})).await.json();
        let secret = totp::decode_secret(setup["secret"].as_str().unwrap()).unwrap();
        let code = |w: &World| totp::code(&secret, totp::step_of(w.clock.now()));
        assert_eq!(owner.post("/api/auth/totp/activate", json!({ "code": code(&w) })).await.status, 200);
        w.clock.advance_secs(60);
        let challenge = w.anyone.post("/api/auth/login", json!({ "username": "admin", "password": PASSWORD })).await.json();

        let db = w.store.store.state.clone();
        let owners: Vec<Box<dyn Resealer>> = argos_identity::SEALED.iter().map(|c| c.on(db.clone())).collect();
        let owners: Vec<&dyn Resealer> = owners.iter().map(AsRef::as_ref).collect();
        let report = rekey(&w.vault, &owners, Duration::ZERO).await.unwrap();
        assert_eq!(report.keys_forgotten, 1);
        let counted = |name: &str| report.resealed.iter().find(|(n, _)| *n == name).unwrap().1;
        assert_eq!((counted("users.totp_secret_enc"), counted("users.recovery_enc")), (1, 1));
        assert!(counted("ephemeral.data_enc") >= 1);

        let verify = json!({ "challenge_id": challenge["challenge_id"], "code": code(&w) });
        assert_eq!(w.anyone.post("/api/auth/totp/verify", verify).await.status, 200, "challenge and secret are read");
        let other = w.anyone.post("/api/auth/login", json!({ "username": "admin", "password": PASSWORD })).await.json();
        let recover = json!({ "challenge_id": other["challenge_id"], "recovery_code": setup["recovery_codes"][0] });
        assert_eq!(w.anyone.post("/api/auth/totp/recovery", recover).await.status, 200);
    }
}
