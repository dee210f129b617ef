//! One generic test over every route of this crate: without a credential 401, with too little 403.

use argos_web::testing::TestClient;

use crate::world::World;

/// Paths with something in place of their parameters.
fn concrete(path: &str) -> String {
    path.split('/').map(|s| if s.starts_with('{') { "7" } else { s }).collect::<Vec<_>>().join("/")
}

async fn status(client: &TestClient, method: &str, path: &str) -> u16 {
    client.call(method, &concrete(path), Some("{}".into())).await.status
}

#[tokio::test]
async fn every_route_refuses_strangers_and_viewers_as_the_contract_says() {
    let w = World::new().await;
    // One viewer asks everything within a second: what counts here is the refusal, not the pace.
    w.web.configure(argos_web::WebConfig { rate_limiting: false, ..argos_web::WebConfig::default() });
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    let mut probed = 0;
    for (n, route) in w.web.routes().iter().enumerate() {
        if route.rule.is_public() {
            continue;
        }
        let stranger = w.anyone.from_ip(&format!("10.77.{}.{}", n / 250, n % 250 + 1));
        assert_eq!(status(&stranger, route.method.as_str(), route.path).await, 401, "{} {}", route.method, route.path);
        let bad = stranger.bearer(&"0".repeat(64));
        assert_eq!(status(&bad, route.method.as_str(), route.path).await, 401, "{} {}", route.method, route.path);
        let viewer_has = vic.get("/api/me").await.json()["grants"].to_string().contains(&format!("\"{}\"", route.rule.permission()));
        if !viewer_has {
            assert_eq!(status(&vic, route.method.as_str(), route.path).await, 403, "{} {}", route.method, route.path);
            probed += 1;
        }
    }
    assert!(probed >= 20, "{probed}");
}
