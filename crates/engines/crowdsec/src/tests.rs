use std::collections::VecDeque;
use std::sync::Mutex;

use proptest::prelude::*;

use crate::{Bouncer, BoxFuture, GoDuration, HttpRequest, HttpResponse, LapiError, Machine, Token, Transport};

/// Answers in turn with what Debian's CrowdSec 1.4.6 said, and notes what it was asked.
struct Recorded {
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    asked: Mutex<Vec<HttpRequest>>,
}

impl Recorded {
    fn of(answers: impl IntoIterator<Item = (u16, &'static str)>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() }
    }

    fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|r| format!("{} {}", r.method, r.url)).collect()
    }
}

impl Transport for Recorded {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        self.asked.lock().unwrap().push(request);
        let next = self.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            let (status, body) = next.ok_or("connection refused")?;
            Ok(HttpResponse { status, body: body.as_bytes().to_vec() })
        })
    }
}

const LOGIN: &str = r#"{"code":200,"expire":"2026-11-21T15:46:39Z","token":"aaa.bbb.ccc"}"#;
const DENIED: &str = r#"{"code":401,"message":"token contains an invalid number of segments"}"#;

#[tokio::test]
async fn changes_are_read_with_null_for_an_empty_list() {
    let body = r#"{"deleted":null,"new":[{"duration":"3h59m59.315112361s","id":1,"origin":"cscli","scenario":"manual 'ban' from 'cli'","scope":"Ip","type":"ban","value":"203.0.113.9"}]}"#;
    let lapi = Recorded::of([(200, body), (200, "null"), (403, r#"{"message":"access forbidden"}"#), (200, "<html>")]);
    let bouncer = Bouncer::new(&lapi, "http://lapi:8080/", "key");
    let changes = bouncer.changes().await.unwrap();
    assert_eq!((changes.new[0].value.as_str(), changes.deleted.len()), ("203.0.113.9", 0));
    assert_eq!(changes.new[0].left(), Some(GoDuration { micros: 14_399_315_112 }));
    assert!(bouncer.list().await.unwrap().is_empty());
    assert_eq!(bouncer.list().await, Err(LapiError::Refused));
    assert!(matches!(bouncer.list().await, Err(LapiError::Malformed(_))));
    assert_eq!(bouncer.list().await, Err(LapiError::Unreachable("connection refused".to_owned())));
    assert_eq!(lapi.paths()[..2], ["GET http://lapi:8080/v1/decisions/stream", "GET http://lapi:8080/v1/decisions"]);
}

#[tokio::test]
async fn refused_token_leads_to_one_new_login() {
    let gone = r#"{"message":"decision with id '999' doesn't exist: unable to delete"}"#;
    let done = r#"{"nbDeleted":"1"}"#;
    let lapi = Recorded::of([(200, LOGIN), (200, done), (401, DENIED), (200, LOGIN), (500, gone), (401, DENIED), (401, DENIED)]);
    let token = Token::default();
    let machine = Machine::new(&lapi, "http://lapi:8080", ("argos", "secret"), &token);
    assert!(machine.remove(3).await.unwrap());
    assert!(!machine.remove(999).await.unwrap(), "a number it does not know was taken back before");
    assert_eq!(machine.remove(4).await, Err(LapiError::Refused), "the new login is refused too");
    let asked = lapi.paths();
    assert_eq!(asked.iter().filter(|p| p.ends_with("/login")).count(), 3, "{asked:?}");
}

#[tokio::test]
async fn login_that_is_forbidden_says_nothing_about_the_account() {
    let lapi = Recorded::of([(403, r#"{"message":"access forbidden"}"#), (401, DENIED)]);
    let token = Token::default();
    let machine = Machine::new(&lapi, "http://l", ("a", "one"), &token);
    assert_eq!(machine.login().await, Err(LapiError::Status(403, "access forbidden".to_owned())), "somebody on the way said it");
    assert_eq!(machine.login().await, Err(LapiError::Refused));
}

#[tokio::test]
async fn another_password_is_not_served_by_the_token_of_the_first() {
    let lapi = Recorded::of([(200, LOGIN), (200, r#"{"nbDeleted":"2"}"#), (401, DENIED)]);
    let token = Token::default();
    assert_eq!(Machine::new(&lapi, "http://l", ("a", "one"), &token).remove_origin("argos-country-BR").await, Ok(2));
    assert_eq!(Machine::new(&lapi, "http://l", ("a", "two"), &token).remove_origin("x y").await, Err(LapiError::Refused));
}

#[test]
fn durations_are_read_and_written_as_go_does() {
    for (text, micros) in [
        ("4h", 14_400_000_000),
        ("1h30m", 5_400_000_000),
        ("-3.129458548s", -3_129_458),
        ("500ms", 500_000),
        ("1.5µs", 1),
        ("0", 0),
        ("10m7.153980603s", 607_153_980),
    ] {
        assert_eq!(text.parse(), Ok(GoDuration { micros }), "{text}");
    }
    for bad in ["", "-", "4", "h", "4 h", "4d", "1h-3m", ".s", "99999999999999999999h", "999999999999999999h"] {
        assert!(bad.parse::<GoDuration>().is_err(), "{bad}");
    }
    assert_eq!(GoDuration::from_secs(14_398).to_string(), "3h59m58s");
    assert_eq!(GoDuration { micros: 500_000 }.to_string(), "0.5s");
}

proptest! {
    #[test]
    fn any_duration_survives_its_text(micros in any::<i64>().prop_map(|n| n / 4)) {
        prop_assert_eq!(GoDuration { micros }.to_string().parse(), Ok(GoDuration { micros }));
    }

    #[test]
    fn any_text_is_a_duration_or_refused(text in "[-+0-9.hmsnuµ ]{0,24}") {
        if let Ok(found) = text.parse::<GoDuration>() {
            prop_assert_eq!(found.to_string().parse(), Ok(found));
        }
    }
}

#[tokio::test]
async fn firewall_is_told_the_request_and_only_a_clear_word_lets_it_pass() {
    use crate::{AppSec, Inspected, Word};
    let wait = std::time::Duration::from_secs(1);
    let told = || Inspected {
        client: "198.51.100.7".to_owned(),
        host: "app.test".to_owned(),
        method: "POST".to_owned(),
        uri: "/login?a=b".to_owned(),
        version: "20",
        headers: [("User-Agent", "x"), ("Cookie", "a"), ("Cookie", "b"), ("Content-Length", "9"), ("X-Crowdsec-Appsec-Ip", "127.0.0.1")]
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .to_vec(),
        body: bytes::Bytes::from_static(b"user=root"),
    };
    for (status, body, wanted) in [
        (200, r#"{"action":"allow","http_status":200}"#, Ok(Word::Pass)),
        (403, r#"{"action":"ban","http_status":403}"#, Ok(Word::Refuse(403))),
        (403, r#"{"action":"captcha","http_status":0}"#, Ok(Word::Refuse(403))),
        (200, r#"{"action":"ban","http_status":418}"#, Ok(Word::Refuse(418))),
        (403, r#"{"action":"allow","http_status":200}"#, Err(LapiError::Malformed("its action is not known".to_owned()))),
        (200, r#"{"action":"ponder"}"#, Err(LapiError::Malformed("its action is not known".to_owned()))),
        (401, "null", Err(LapiError::Refused)),
        (500, "", Err(LapiError::Status(500, String::new()))),
        (302, "", Err(LapiError::Status(302, String::new()))),
    ] {
        let firewall = Recorded::of([(status, body)]);
        assert_eq!(AppSec::new(&firewall, "http://f:7422/", "key").judge(told(), wait).await, wanted, "{status} {body}");
        let asked = firewall.asked.lock().unwrap().remove(0);
        assert_eq!((asked.method, asked.url.as_str()), ("POST", "http://f:7422/"));
        let of = |name: &str| -> Vec<_> {
            let same = asked.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
            same.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
        };
        assert_eq!(
            (of("x-crowdsec-appsec-ip"), of("x-crowdsec-appsec-uri")),
            (vec!["198.51.100.7".to_owned()], vec!["/login?a=b".to_owned()])
        );
        assert_eq!((of("cookie").len(), of("content-length").len(), of("x-crowdsec-appsec-user-agent")), (2, 0, vec!["x".to_owned()]));
    }
    let nobody = Recorded::of([]);
    assert!(matches!(AppSec::new(&nobody, "http://f", "key").judge(told(), wait).await, Err(LapiError::Unreachable(_))));
    let looks = Recorded::of([(200, "{}"), (403, "{}"), (401, ""), (404, ""), (500, ""), (502, "")]);
    let firewall = AppSec::new(&looks, "http://f", "key");
    let mut found = Vec::new();
    for _ in 0..7 {
        found.push(firewall.probe(wait).await.err());
    }
    assert_eq!((&found[0], &found[1], &found[2]), (&None, &None, &Some(LapiError::Refused)), "a key that it does not know is a fault");
    assert!(found[3..].iter().all(Option::is_some), "{found:?}");
}

#[tokio::test]
async fn alerts_of_a_night_are_asked_for_with_room_for_them() {
    let lapi = Recorded::of([(200, LOGIN), (200, "null")]);
    let token = Token::default();
    assert_eq!(Machine::new(&lapi, "http://l", ("a", "one"), &token).alerts(60).await.unwrap().len(), 0);
    let asked = lapi.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.url, format!("http://l/v1/alerts?since=60m&scope=Ip&limit={}", crate::ALERTS_MAX));
    // An alert of the firewall with what it says of the request is some eight kilobytes.
    assert!(asked.bytes_max >= crate::ALERTS_MAX * 8_192);
}

proptest! {
    #[test]
    fn any_answer_of_a_firewall_is_a_word_or_refused(status in 100u16..600, body in "[ -~]{0,60}|\\{\"action\":\"[a-z]{0,7}\"\\}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let firewall = Recorded { answers: Mutex::new([(status, &*body.clone().leak())].into_iter().collect()), asked: Mutex::default() };
        let firewall_at = crate::AppSec::new(&firewall, "http://f", "key");
        let word = runtime.block_on(firewall_at.judge(crate::Inspected::default(), std::time::Duration::from_secs(1)));
        if let Ok(crate::Word::Pass) = word {
            prop_assert!((200..300).contains(&status) && body.contains("\"allow\""));
        }
    }
}
