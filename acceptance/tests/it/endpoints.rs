//! The contract: every documented route is served, or stands in `contract/unserved.txt`, which may only shrink.

use std::collections::BTreeSet;
use std::time::Duration;

use argos_peers::raw::{RawConnection, status_of};
use argos_peers::{Argos, Client};

use crate::table;

fn is_served(client: &Client, method: &str, path: &str) -> bool {
    let target = table::concrete(path);
    if method == "WS" {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        return status_of(client.address(), request.as_bytes(), Duration::from_secs(2))
            .unwrap()
            .is_some_and(|status| status != 404 && status != 405);
    }
    let request = client.request(method, &target);
    let request = if matches!(method, "POST" | "PUT" | "PATCH") { request.json(&serde_json::json!({})) } else { request };
    let (head, _) = request.open().unwrap_or_else(|error| panic!("{method} {target}: {error}"));
    match head.status {
        405 | 501 => false,
        404 => {
            let answer = client.request(method, &target).send();
            serde_json::from_slice::<serde_json::Value>(&answer.body)
                .is_ok_and(|body| body["code"].is_string() && body["code"] != "route_not_found")
        }
        _ => true,
    }
}

#[test]
fn every_documented_route_is_served_or_listed_as_unserved() {
    let argos = Argos::start();
    // Public routes answer a caller without a credential; every other one answers 401 or 403, never 404.
    let client = argos.anonymous();
    let routes = table::routes();
    let served = table::probe_all(&routes, |_, (method, path)| is_served(&client, method, path));
    let unserved: BTreeSet<String> =
        routes.iter().zip(served).filter(|(_, served)| !served).map(|((method, path), _)| format!("{method} {path}")).collect();
    let file = table::contract("unserved.txt");
    let listed: BTreeSet<String> =
        std::fs::read_to_string(&file).unwrap_or_default().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if std::env::var_os("ARGOS_BLESS").is_some() {
        let grown: Vec<_> = unserved.difference(&listed).collect();
        assert!(listed.is_empty() || grown.is_empty(), "the list may only shrink; these are new: {grown:?}");
        let text: String = unserved.iter().map(|route| format!("{route}\n")).collect();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let gone: Vec<_> = unserved.difference(&listed).collect();
    assert!(gone.is_empty(), "documented, not served and not listed: {gone:?}");
    let stale: Vec<_> = listed.difference(&unserved).collect();
    assert!(stale.is_empty(), "served now; take them out of contract/unserved.txt (ARGOS_BLESS=1): {stale:?}");
}

#[test]
fn the_two_tables_of_the_contract_name_the_same_routes() {
    let routes: BTreeSet<_> = table::routes().into_iter().collect();
    let access: BTreeSet<_> = table::documented().into_iter().map(|row| (row.method, row.path)).collect();
    assert_eq!(routes, access);
}

#[test]
fn sockets_refuse_a_handshake_without_a_credential() {
    let argos = Argos::start();
    for row in table::all().into_iter().filter(|row| row.method == "WS") {
        let target = table::concrete(&row.path);
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut connection = RawConnection::open(argos.address()).unwrap();
        connection.send(request.as_bytes()).unwrap();
        let (answer, _) = connection.read_to_end(Duration::from_secs(2));
        let text = String::from_utf8_lossy(&answer);
        // Node sockets authenticate with their first frame.
        assert!(!text.starts_with("HTTP/1.1 101") || row.takes("node"), "{target} ({}): {text}", row.system);
    }
}
