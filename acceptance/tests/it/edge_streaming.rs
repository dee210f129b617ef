//! What is more than request and answer: WebSockets over HTTP/1.1 and HTTP/2, gRPC with its trailers, through real clients.

use argos_peers::streaming::{grpc_calls, websocket_over_http2};
use argos_peers::{EchoServer, wait_until};
use serde_json::json;

use crate::edge_sites::Edge;

#[test]
fn grpc_streams_both_ways_and_keeps_its_trailers() {
    let (edge, echo) = (Edge::start(), EchoServer::start());
    let pool = json!({"name": "rpc", "http2": true, "targets": [{"host": "127.0.0.1", "port": echo.grpc()}]});
    let body = json!({"domain": "rpc.test", "tls_mode": "none", "target_group": pool});
    let site = edge.stage.owner.post("/api/hosts", body).expect_status(201).json();
    let pool = edge.stage.owner.get(&format!("/api/target-groups/{}", site["target_group_id"])).expect_status(200).json();
    assert_eq!((&pool["protocol"], &pool["http2"]), (&json!("http"), &json!(true)));
    let said = grpc_calls(edge.http, "rpc.test").unwrap();
    let expected =
        "say hello OK 5\ncount 0 1 2 OK counted\ntalk you said one, you said two\nlarge True\nrefuse PERMISSION_DENIED not for you\n";
    assert_eq!(said, expected);
}

#[test]
fn websocket_over_http2_reaches_a_backend_that_knows_only_http1() {
    let (edge, echo) = (Edge::start(), EchoServer::start());
    edge.publish("ws.test", &[echo.websocket()]);
    let said = websocket_over_http2(edge.http, "ws.test", "/", "over two").unwrap();
    assert_eq!(said, "status 200 chat\necho over two\n");
    // The tunnel is gone with its client.
    wait_until("no connection is left", std::time::Duration::from_secs(20), || {
        edge.stage.owner.get("/api/caddy/status").json()["connections"] == 0
    });
}
