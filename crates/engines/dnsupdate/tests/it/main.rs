//! Updates against BIND.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::time::{SystemTime, UNIX_EPOCH};

use argos_dnsupdate::{Algorithm, Change, Key, Name, UpdateError, update, zone_of};
use argos_peers::Bind9;
use argos_peers::bind9::{KEY_NAME, KEY_SECRET};
use tokio::net::TcpStream;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn key() -> Key {
    let secret = data_encoding::BASE64.decode(KEY_SECRET.as_bytes()).unwrap();
    Key { name: name(KEY_NAME), algorithm: Algorithm::Sha256, secret }
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is the machine's")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn text_comes_and_goes_and_leaves_others_alone() {
    let bind = Bind9::start("example.test");
    let mut stream = TcpStream::connect(bind.address()).await.unwrap();
    let record = name("_acme-challenge.app.example.test");
    let zone = zone_of(&mut stream, &record, 1).await.unwrap();
    assert_eq!(zone, name("example.test"));
    let add = |text: &str| Change::Add { name: record.clone(), ttl_s: 60, text: text.to_owned() };
    update(&mut stream, &zone, &[add("one"), add("two")], &key(), 2, now()).await.unwrap();
    let mut texts = bind.texts("_acme-challenge.app.example.test");
    texts.sort();
    assert_eq!(texts, ["one", "two"]);
    let remove = Change::Remove { name: record.clone(), text: "one".to_owned() };
    update(&mut stream, &zone, &[remove], &key(), 3, now()).await.unwrap();
    assert_eq!(bind.texts("_acme-challenge.app.example.test"), ["two"]);
}

#[tokio::test]
async fn refusals_name_their_cause() {
    let bind = Bind9::start("example.test");
    let add = [Change::Add { name: name("_acme-challenge.example.test"), ttl_s: 60, text: "x".to_owned() }];
    for (key, time, cause) in [
        (Key { secret: b"another secret".to_vec(), ..key() }, now(), "BADSIG"),
        (Key { name: name("another-key"), ..key() }, now(), "BADKEY"),
        (key(), now() - 4000, "BADTIME"),
    ] {
        let mut stream = TcpStream::connect(bind.address()).await.unwrap();
        let refused = update(&mut stream, &name("example.test"), &add, &key, 9, time).await.unwrap_err();
        assert!(matches!(&refused, UpdateError::Refused(code) if code.contains(cause)), "{refused}, wanted {cause}; {}", bind.log());
    }
    let mut stream = TcpStream::connect(bind.address()).await.unwrap();
    let elsewhere = zone_of(&mut stream, &name("a.other.test"), 4).await.unwrap_err();
    assert!(matches!(elsewhere, UpdateError::Refused(_)), "{elsewhere}");
    assert!(bind.texts("_acme-challenge.example.test").is_empty());
}
