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
