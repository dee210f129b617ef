//! The guard on the wire: what is blocked, what is pinned, what is capped.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_net::{BlockReason, BoxFuture, Class, Lookup, Net, NetError, NeverReason, Policy, Request, Tls};

use crate::server::{Server, ok, redirect};

/// A resolver that gives the scripted answers in turn, then the last one for ever.
struct Script {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Script {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self { answers: answers.iter().map(|a| a.to_vec()).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Lookup for Script {
    fn lookup<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let ips = self.answers[turn].iter().map(|a| a.parse().expect("an address")).collect();
        Box::pin(async move { Ok(ips) })
    }
}

fn allow(entries: &[&str]) -> Policy {
    Policy { allow: entries.iter().map(|e| e.parse().expect("an entry")).collect(), ..Policy::default() }
}

#[tokio::test]
async fn loopback_target_needs_the_allow_list() {
    let server = Server::start(|_| ok("hello")).await;
    let url = server.url("127.0.0.1", "/x");
    let net = Net::new(Policy::default());
    let blocked = net.send(Request::get(Class::Automation, &url)).await.err();
    assert_eq!(blocked, Some(NetError::Blocked(BlockReason::Loopback)));
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
    net.set_policy(allow(&[&server.addr.to_string()]));
    let reply = net.send(Request::get(Class::Automation, &url)).await.unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
}

#[tokio::test]
async fn literals_in_any_spelling_and_metadata_names_are_judged() {
    let net = Net::new(Policy { allow_private_targets: true, ..Policy::default() });
    let cases = [
        ("http://169.254.169.254/latest/meta-data", BlockReason::Never(NeverReason::LinkLocal)),
        ("http://0xA9FEA9FE/", BlockReason::Never(NeverReason::LinkLocal)),
        ("http://2852039166/", BlockReason::Never(NeverReason::LinkLocal)),
        ("http://[::ffff:127.0.0.1]/", BlockReason::Never(NeverReason::Embedded)),
        ("http://[fd00:ec2::254]/", BlockReason::Never(NeverReason::Metadata)),
        ("http://metadata.google.internal./", BlockReason::MetadataName),
        ("http://0/", BlockReason::Never(NeverReason::Unusable)),
        ("ftp://example.com/", BlockReason::Scheme),
        ("file:///etc/passwd", BlockReason::Scheme),
    ];
    for (url, reason) in cases {
        assert_eq!(net.send(Request::get(Class::Admin, url)).await.err(), Some(NetError::Blocked(reason)), "{url}");
        assert_eq!(net.check_url(Class::Admin, url, &[]).await.err(), Some(NetError::Blocked(reason)), "{url}");
    }
    for url in ["", "nonsense", "http://"] {
        assert_eq!(net.send(Request::get(Class::Admin, url)).await.err(), Some(NetError::InvalidUrl), "{url:?}");
    }
}

#[tokio::test]
async fn one_bad_address_among_several_blocks_the_name() {
    let net = Net::with_lookup(Policy::default(), Script::new(&[&["93.184.216.34", "127.0.0.1"]]));
    let got = net.send(Request::get(Class::Notify, "http://mixed.test/")).await.err();
    assert_eq!(got, Some(NetError::Blocked(BlockReason::Loopback)));
}

#[tokio::test]
async fn rebinding_name_is_connected_only_at_the_judged_address() {
    // First answer: the allowed test server. Then the name turns to an address of the never set.
    let server = Server::start(|_| ok("first")).await;
    let script = Script::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let net = Net::with_lookup(allow(&["127.0.0.1"]), Arc::clone(&script) as Arc<dyn Lookup>);
    let url = server.url("rebind.test", "/");
    assert_eq!(net.send(Request::get(Class::Automation, &url)).await.unwrap().text(), "first");
    // One look-up for the check, none for the connect.
    assert_eq!(script.asked.load(Ordering::SeqCst), 1);
    let second = net.send(Request::get(Class::Automation, &url)).await.err();
    assert_eq!(second, Some(NetError::Blocked(BlockReason::Never(NeverReason::LinkLocal))));
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn connection_is_reused_while_the_addresses_stay_the_same() {
    let server = Server::start(|_| ok("x")).await;
    let net = Net::with_lookup(allow(&["127.0.0.1"]), Script::new(&[&["127.0.0.1"]]));
    for _ in 0..3 {
        net.send(Request::get(Class::Admin, server.url("pool.test", "/"))).await.unwrap();
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn redirects_are_off_by_default_and_judged_anew_when_followed() {
    let server = Server::start(|head| match head.split(' ').nth(1).unwrap_or_default() {
        "/meta" => redirect(302, "http://169.254.169.254/"),
        "/https" => redirect(302, "https://127.0.0.1/"),
        "/loop" => redirect(302, "/loop"),
        "/once" => redirect(303, "/end"),
        _ => ok(head.split(' ').next().unwrap_or_default()),
    })
    .await;
    let net = Net::new(allow(&["127.0.0.1"]));
    let go = |path: &str, hops: u8| {
        net.send(Request::post(Class::Admin, server.url("127.0.0.1", path)).body("text/plain", "b").follow_redirects(hops))
    };
    assert_eq!(go("/once", 0).await.unwrap().status, 303);
    assert_eq!(go("/once", 3).await.unwrap().text(), "GET");
    assert_eq!(go("/meta", 3).await.err(), Some(NetError::Blocked(BlockReason::Never(NeverReason::LinkLocal))));
    assert_eq!(go("/https", 3).await.err(), Some(NetError::Blocked(BlockReason::Redirect)));
    assert_eq!(go("/loop", 9).await.err(), Some(NetError::Blocked(BlockReason::Redirect)));
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_host() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&seen);
    let other = Server::start(move |head| {
        heads.lock().expect("not poisoned").push(head.to_owned());
        ok("done")
    })
    .await;
    let there = other.url("other.test", "/");
    let first = Server::start(move |_| redirect(307, &there)).await;
    let net = Net::with_lookup(allow(&["127.0.0.1"]), Script::new(&[&["127.0.0.1"]]));
    let request =
        Request::post(Class::Admin, first.url("one.test", "/")).bearer("tok").header("x-kept", "1").json(&[1]).follow_redirects(1);
    assert_eq!(net.send(request).await.unwrap().text(), "done");
    let heads = seen.lock().unwrap();
    assert!(heads[0].starts_with("POST / ") && heads[0].contains("x-kept: 1") && heads[0].ends_with("[1]"), "{}", heads[0]);
    assert!(!heads[0].to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn response_size_and_time_are_capped() {
    let server = Server::start(|head| match head.split(' ').nth(1).unwrap_or_default() {
        "/slow" => String::new(),
        "/chunked" => {
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", "400\r\n".to_owned() + &"x".repeat(1024) + "\r\n")
        }
        "/status" => "HTTP/1.1 503 Busy\r\ncontent-length: 6\r\n\r\nsecret".to_owned(),
        _ => ok(&"x".repeat(1025)),
    })
    .await;
    let net = Net::new(allow(&["127.0.0.1"]));
    let get = |path: &str| Request::get(Class::Admin, server.url("127.0.0.1", path));
    assert_eq!(net.send(get("/big").bytes_max(1024)).await.err(), Some(NetError::TooLarge(1024)));
    assert_eq!(net.send(get("/chunked").bytes_max(1023)).await.err(), Some(NetError::TooLarge(1023)));
    assert_eq!(net.send(get("/chunked").bytes_max(1024)).await.unwrap().body.len(), 1024);
    assert_eq!(net.send(get("/slow").timeout(Duration::from_millis(200))).await.err(), Some(NetError::Timeout));
    let refused = net.send(get("/status")).await.unwrap().success().err().unwrap();
    assert_eq!(refused.to_string(), "HTTP 503");
}

#[tokio::test]
async fn failures_are_told_apart_and_never_quote_the_url() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let net = Net::new(allow(&["127.0.0.1"]));
    let error = net.send(Request::get(Class::Admin, format!("http://{closed}/?token=hush"))).await.err().unwrap();
    assert!(matches!(error, NetError::Connect(_)) && !error.to_string().contains("os error"), "{error:?}");
    assert!(!error.to_string().contains("hush"));
    let garbage = Server::start(|_| "SSH-2.0-OpenSSH_9\r\n\r\n".to_owned()).await;
    let error = net.send(Request::get(Class::Admin, garbage.url("127.0.0.1", "/?token=hush"))).await.err().unwrap();
    assert!(matches!(error, NetError::Protocol(_)), "{error:?}");
    assert!(!error.to_string().contains("hush"));
    let error = net.send(Request::get(Class::Admin, "http://127.0.0.1/").header("bad\nname", "x")).await.err().unwrap();
    assert!(matches!(error, NetError::Request(_)));
    let none = Net::with_lookup(Policy::default(), Script::new(&[&[]]));
    assert!(matches!(none.send(Request::get(Class::Admin, "http://nothing.test/")).await, Err(NetError::Dns(_))));
}

#[tokio::test]
async fn https_only_refuses_http_unless_private_targets_are_open() {
    let server = Server::start(|_| ok("x")).await;
    let net = Net::new(allow(&["127.0.0.1"]));
    let get = || Request::get(Class::Notify, server.url("127.0.0.1", "/")).https_only(true);
    assert_eq!(net.send(get()).await.err(), Some(NetError::Blocked(BlockReason::PlainHttp)));
    net.set_policy(Policy { allow_private_targets: true, ..Policy::default() });
    assert_eq!(net.send(get()).await.unwrap().status, 200);
}

#[tokio::test]
async fn certificate_is_verified_unless_an_authority_or_the_operator_says_otherwise() {
    let cert = rcgen::generate_simple_self_signed(vec!["tls.test".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(cert.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.cert.der().clone()], key)
        .unwrap();
    let server = Server::start_tls(Arc::new(config)).await;
    let net = Net::with_lookup(allow(&["127.0.0.1"]), Script::new(&[&["127.0.0.1"]]));
    let url = format!("https://tls.test:{}/", server.addr.port());
    let get = |tls: Tls| net.send(Request::get(Class::Integration, &url).tls(tls));
    let error = get(Tls::Verify).await.err().unwrap();
    assert!(matches!(error, NetError::Tls(_)), "{error:?}");
    assert_eq!(get(Tls::WithAuthority(cert.cert.pem().into())).await.unwrap().text(), "secure");
    assert_eq!(get(Tls::Insecure).await.unwrap().text(), "secure");
    assert!(matches!(get(Tls::WithAuthority("no pem".into())).await, Err(NetError::Request(_))));
}
