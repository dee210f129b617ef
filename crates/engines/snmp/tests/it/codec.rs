//! Every message we can write reads back; no bytes at all make the reader panic.

use std::time::Duration;

use argos_snmp::{
    AuthProtocol, Credentials, Oid, Pdu, PduKind, PrivacyProtocol, Session, User, Value, VarBind, Version, decode_community_message,
    encode_community_message,
};
use proptest::prelude::*;

fn oid() -> impl Strategy<Value = Oid> {
    ((0_u32..3), (0_u32..40), prop::collection::vec(any::<u32>(), 0..20))
        .prop_map(|(first, second, rest)| Oid::from([first, second]).child(&rest))
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::OctetString),
        Just(Value::Null),
        oid().prop_map(Value::Oid),
        any::<[u8; 4]>().prop_map(Value::IpAddress),
        any::<u32>().prop_map(Value::Counter32),
        any::<u32>().prop_map(Value::Gauge32),
        any::<u32>().prop_map(Value::TimeTicks),
        any::<u64>().prop_map(Value::Counter64),
        Just(Value::NoSuchObject),
        Just(Value::NoSuchInstance),
        Just(Value::EndOfMibView),
    ]
}

fn pdu() -> impl Strategy<Value = Pdu> {
    let kind = prop_oneof![Just(PduKind::Get), Just(PduKind::GetBulk), Just(PduKind::Response), Just(PduKind::Set), Just(PduKind::Report)];
    let bindings = prop::collection::vec((oid(), value()).prop_map(|(oid, value)| VarBind { oid, value }), 0..8);
    (kind, any::<i32>(), any::<i32>(), any::<i32>(), bindings).prop_map(|(kind, request_id, status, index, bindings)| Pdu {
        kind,
        request_id,
        status,
        index,
        bindings,
    })
}

fn question() -> Pdu {
    Pdu { kind: PduKind::Get, request_id: 5, status: 0, index: 0, bindings: Vec::new() }
}

/// A discovered v3 session and a datagram of its own, as a base for mutilation.
fn secured() -> (Session, Vec<u8>) {
    let user = User {
        name: "reader".to_owned(),
        auth: Some((AuthProtocol::Sha256, "authentication".to_owned())),
        privacy: Some((PrivacyProtocol::Aes128, "encryption".to_owned())),
        context: String::new(),
    };
    let mut session = Session::new(Credentials::User(user), [7; 16]).unwrap();
    let probe = session.outgoing(&question(), Duration::ZERO);
    (session, probe)
}

proptest! {
    #[test]
    fn community_message_written_reads_back_unchanged(pdu in pdu(), community in prop::collection::vec(any::<u8>(), 0..40)) {
        let bytes = encode_community_message(Version::V2c, &community, &pdu);
        prop_assert_eq!(decode_community_message(&bytes), Ok((Version::V2c, community, pdu)));
    }

    #[test]
    fn community_message_of_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _judged = decode_community_message(&bytes);
    }

    #[test]
    fn community_message_with_changed_bytes_never_panics(pdu in pdu(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = encode_community_message(Version::V1, b"public", &pdu);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _judged = decode_community_message(&bytes);
        let _judged = decode_community_message(&bytes[..bytes.len() / 2]);
    }
}

proptest! {
    // Each case stretches a passphrase.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn secured_session_with_any_datagrams_never_panics_or_answers(noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40)) {
        let (mut session, probe) = secured();
        for (at, byte) in changes {
            let mut bytes = probe.clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let judged = session.incoming(&bytes, &question(), Duration::from_secs(1));
            prop_assert!(!matches!(judged, Ok(argos_snmp::Incoming::Answer(_))));
        }
        for bytes in noise {
            prop_assert!(matches!(session.incoming(&bytes, &question(), Duration::ZERO), Ok(argos_snmp::Incoming::Ignored)));
        }
    }
}

#[test]
fn community_session_ignores_an_answer_to_another_question() {
    let mut session = Session::new(Credentials::Community(Version::V2c, "public".to_owned()), [1; 16]).unwrap();
    let mut asked = question();
    session.number(&mut asked);
    let mut answer = Pdu { kind: PduKind::Response, ..asked.clone() };
    answer.request_id += 1;
    let bytes = encode_community_message(Version::V2c, b"public", &answer);
    assert!(matches!(session.incoming(&bytes, &asked, Duration::ZERO), Ok(argos_snmp::Incoming::Ignored)));
    answer.request_id -= 1;
    let bytes = encode_community_message(Version::V1, b"public", &answer);
    assert!(matches!(session.incoming(&bytes, &asked, Duration::ZERO), Ok(argos_snmp::Incoming::Ignored)));
    let bytes = encode_community_message(Version::V2c, b"public", &answer);
    assert!(matches!(session.incoming(&bytes, &asked, Duration::ZERO), Ok(argos_snmp::Incoming::Answer(_))));
}

#[test]
fn credentials_that_no_agent_would_take_are_refused() {
    let user = |auth: Option<&str>, privacy: Option<&str>| User {
        name: "u".to_owned(),
        auth: auth.map(|key| (AuthProtocol::Sha1, key.to_owned())),
        privacy: privacy.map(|key| (PrivacyProtocol::Aes128, key.to_owned())),
        context: String::new(),
    };
    for bad in [user(Some("short"), None), user(None, Some("longenough")), user(Some("longenough"), Some("short")), User::default()] {
        assert!(Session::new(Credentials::User(bad.clone()), [0; 16]).is_err(), "{bad:?}");
    }
    let shown = format!("{:?}", Credentials::User(user(Some("topsecret1"), Some("topsecret2"))));
    assert!(!shown.contains("topsecret"), "{shown}");
    assert!(!format!("{:?}", Credentials::Community(Version::V1, "hidden".to_owned())).contains("hidden"));
}
