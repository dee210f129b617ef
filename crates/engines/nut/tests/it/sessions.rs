//! The server's side of a connection.

use argos_nut::{Directory, ErrorToken, Right, Served, Session, Step};

struct House;

impl Directory for House {
    fn list(&self) -> Vec<(String, String)> {
        vec![("rack-1".to_owned(), "Rack \"1\"".to_owned()), ("dead".to_owned(), "Dead".to_owned())]
    }
    fn variables(&self, ups: &str) -> Result<Vec<Served>, ErrorToken> {
        let served = |name: &str, value: &str, writable| Served { name: name.to_owned(), value: value.to_owned(), writable };
        match ups {
            "rack-1" => Ok(vec![served("ups.status", "OL CHRG", false), served("ups.delay.shutdown", "20", true)]),
            "dead" => Err(ErrorToken::DataStale),
            _ => Err(ErrorToken::UnknownUps),
        }
    }
    fn commands(&self, ups: &str) -> Result<Vec<(String, String)>, ErrorToken> {
        self.variables(ups).map(|_| vec![("beeper.mute".to_owned(), String::new())])
    }
    fn clients(&self, _: &str) -> Vec<String> {
        vec!["10.0.0.9".to_owned()]
    }
    fn allows(&self, user: &str, password: &str, right: Right<'_>, _: &str) -> bool {
        password == "secret" && (user == "primary" || (user == "nas" && right == Right::Login))
    }
}

fn said(session: &mut Session, line: &str) -> String {
    match session.handle(line, &House) {
        Step::Reply(lines) | Step::Close(lines) => lines.join("\n"),
        Step::Refuse(line) => format!("late {line}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn reads_answer_as_upsd_does() {
    let mut s = Session::new();
    assert_eq!(said(&mut s, "LIST UPS"), "BEGIN LIST UPS\nUPS rack-1 \"Rack \\\"1\\\"\"\nUPS dead \"Dead\"\nEND LIST UPS");
    assert_eq!(said(&mut s, "get var rack-1 ups.status"), "VAR rack-1 ups.status \"OL CHRG\"");
    assert_eq!(said(&mut s, "LIST RW rack-1"), "BEGIN LIST RW rack-1\nRW rack-1 ups.delay.shutdown \"20\"\nEND LIST RW rack-1");
    assert_eq!(said(&mut s, "GET TYPE rack-1 ups.delay.shutdown"), "TYPE rack-1 ups.delay.shutdown RW NUMBER");
    assert_eq!(said(&mut s, "GET NUMLOGINS rack-1"), "NUMLOGINS rack-1 1");
    assert_eq!(said(&mut s, "LIST VAR dead"), "ERR DATA-STALE");
    assert_eq!(said(&mut s, "LIST VAR nobody"), "ERR UNKNOWN-UPS");
    assert_eq!(said(&mut s, "GET VAR rack-1 no.such"), "ERR VAR-NOT-SUPPORTED");
    assert_eq!(said(&mut s, "STARTTLS"), "ERR FEATURE-NOT-CONFIGURED");
    assert_eq!(said(&mut s, "BOGUS"), "ERR UNKNOWN-COMMAND");
    assert_eq!(said(&mut s, "LOGOUT"), "OK Goodbye");
}

#[test]
fn encryption_forgets_what_was_said_before_and_comes_once() {
    let mut s = Session::new().offering_tls(true);
    assert_eq!(said(&mut s, "USERNAME primary"), "OK");
    assert_eq!(s.handle("STARTTLS", &House), Step::StartTls);
    s.encrypted();
    assert_eq!(s.username(), None);
    assert_eq!(said(&mut s, "STARTTLS"), "ERR ALREADY-SSL-MODE");
    assert_eq!(said(&mut s, "USERNAME primary"), "OK");
}

#[test]
fn rights_are_judged_in_the_documented_order() {
    let mut s = Session::new();
    assert_eq!(said(&mut s, "LOGIN rack-1"), "ERR USERNAME-REQUIRED");
    assert_eq!(said(&mut s, "USERNAME nas"), "OK");
    assert_eq!(said(&mut s, "USERNAME nas"), "ERR ALREADY-SET-USERNAME");
    assert_eq!(said(&mut s, "LOGIN rack-1"), "ERR PASSWORD-REQUIRED");
    assert_eq!(said(&mut s, "PASSWORD secret"), "OK");
    assert_eq!(said(&mut s, "LOGIN nobody"), "ERR UNKNOWN-UPS");
    assert_eq!(s.handle("LOGIN rack-1", &House), Step::Login("rack-1".to_owned()));
    assert_eq!(said(&mut s, "LOGIN rack-1"), "ERR ALREADY-LOGGED-IN");
    for line in ["PRIMARY rack-1", "FSD rack-1", "SET VAR rack-1 ups.delay.shutdown \"30\"", "INSTCMD rack-1 beeper.mute"] {
        assert_eq!(said(&mut s, line), "late ERR ACCESS-DENIED", "{line}");
    }
}

#[test]
fn primary_may_order_and_is_told_what_cannot_be() {
    let mut s = Session::new();
    said(&mut s, "USERNAME primary");
    said(&mut s, "PASSWORD secret");
    assert_eq!(said(&mut s, "MASTER rack-1"), "OK MASTER-GRANTED");
    assert_eq!(s.handle("FSD rack-1", &House), Step::Fsd("rack-1".to_owned()));
    assert_eq!(said(&mut s, "SET VAR rack-1 ups.status \"OB\""), "ERR READONLY");
    assert_eq!(said(&mut s, "INSTCMD rack-1 load.off"), "ERR CMD-NOT-SUPPORTED");
    assert!(matches!(s.handle("SET VAR rack-1 ups.delay.shutdown \"30\"", &House), Step::Set(..)));
}

#[test]
fn requests_are_tracked_for_who_asks_for_it() {
    let mut s = Session::new();
    assert_eq!(said(&mut s, "GET TRACKING"), "OFF");
    assert_eq!(s.succeeded("a".to_owned()), "OK");
    assert_eq!(said(&mut s, "GET TRACKING a"), "ERR UNKNOWN", "nobody asked for it");
    assert_eq!((said(&mut s, "SET TRACKING ON"), said(&mut s, "GET TRACKING")), ("OK".to_owned(), "ON".to_owned()));
    assert_eq!(s.succeeded("b".to_owned()), "OK TRACKING b");
    assert_eq!(said(&mut s, "GET TRACKING b"), "SUCCESS");
    for n in 0..100 {
        s.succeeded(n.to_string());
    }
    assert_eq!((said(&mut s, "GET TRACKING b"), said(&mut s, "GET TRACKING 99")), ("ERR UNKNOWN".to_owned(), "SUCCESS".to_owned()));
}

proptest::proptest! {
    #[test]
    fn any_line_gets_an_answer(lines in proptest::collection::vec("\\PC{0,80}", 1..10)) {
        let mut s = Session::new();
        for line in lines {
            let step = s.handle(&line, &House);
            if let Step::Reply(lines) | Step::Close(lines) = step {
                proptest::prop_assert!(!lines.is_empty() && lines.iter().all(|l| !l.contains('\n')));
            }
        }
    }
}
