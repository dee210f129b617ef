//! Against Debian's snmpd: every version, every protocol it knows, and each way to be turned away.

use std::time::{Duration, Instant};

use argos_peers::{SnmpUser, Snmpd};
use argos_snmp::{AuthProtocol, Client, Credentials, Error, ErrorStatus, Oid, PrivacyProtocol, Timing, User, Value, VarBind, Version};

const SYS_OBJECT_ID: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 2, 0];
const SYS_LOCATION: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 6, 0];
const MISSING: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 99, 0];
const SYSTEM: [u32; 7] = [1, 3, 6, 1, 2, 1, 1];

const AUTH: &str = "authentication";
const PRIVACY: &str = "encryption";

/// Agent name of a protocol pair and ours.
type Pair<T> = (&'static str, T);

type Combination = (&'static str, Pair<AuthProtocol>, Option<Pair<PrivacyProtocol>>);

const COMBINATIONS: [Combination; 8] = [
    ("md5des", ("MD5", AuthProtocol::Md5), Some(("DES", PrivacyProtocol::Des))),
    ("shaaes", ("SHA", AuthProtocol::Sha1), Some(("AES", PrivacyProtocol::Aes128))),
    ("sha224aes", ("SHA-224", AuthProtocol::Sha224), Some(("AES", PrivacyProtocol::Aes128))),
    ("sha256aes256", ("SHA-256", AuthProtocol::Sha256), Some(("AES-256", PrivacyProtocol::Aes256))),
    ("sha384aes192", ("SHA-384", AuthProtocol::Sha384), Some(("AES-192", PrivacyProtocol::Aes192))),
    ("sha512aes", ("SHA-512", AuthProtocol::Sha512), Some(("AES", PrivacyProtocol::Aes128))),
    ("shaaes256", ("SHA", AuthProtocol::Sha1), Some(("AES-256", PrivacyProtocol::Aes256))),
    ("shaonly", ("SHA", AuthProtocol::Sha1), None),
];

fn agent() -> Snmpd {
    let users: Vec<SnmpUser> = COMBINATIONS
        .iter()
        .map(|(name, auth, privacy)| SnmpUser { name, auth: Some((auth.0, AUTH)), privacy: privacy.map(|pair| (pair.0, PRIVACY)) })
        .collect();
    Snmpd::start(&users).unwrap()
}

fn user(name: &str, auth: AuthProtocol, auth_key: &str, privacy: Option<(PrivacyProtocol, &str)>) -> Credentials {
    Credentials::User(User {
        name: name.to_owned(),
        auth: Some((auth, auth_key.to_owned())),
        privacy: privacy.map(|(protocol, key)| (protocol, key.to_owned())),
        context: String::new(),
    })
}

fn community(version: Version, name: &str) -> Credentials {
    Credentials::Community(version, name.to_owned())
}

fn impatient() -> Timing {
    Timing { timeout: Duration::from_millis(1500), retries: 1, ..Timing::default() }
}

async fn connect(agent: &Snmpd, credentials: Credentials) -> Client {
    Client::connect(agent.address(), credentials, impatient()).await.unwrap()
}

#[tokio::test]
async fn v1_and_v2c_get_with_a_missing_variable_answer_the_others() {
    let agent = agent();
    for version in [Version::V1, Version::V2c] {
        let mut client = connect(&agent, community(version, "public")).await;
        let found = client.get(&[SYS_OBJECT_ID.into(), MISSING.into(), [1, 3, 6, 1, 2, 1, 1, 3, 0].into()]).await.unwrap();
        // netSnmpAgentOIDs.10: Linux.
        assert_eq!(found[0].value, Value::Oid("1.3.6.1.4.1.8072.3.2.10".parse().unwrap()), "{version:?}");
        assert!(found[1].value.is_absent(), "{version:?}");
        assert!(matches!(found[2].value, Value::TimeTicks(_)), "{version:?}");
    }
}

#[tokio::test]
async fn walk_under_every_version_finds_the_same_complete_subtree() {
    let agent = agent();
    let mut oids: Vec<Vec<Oid>> = Vec::new();
    let (name, auth, privacy) = COMBINATIONS[1];
    let secured = user(name, auth.1, AUTH, privacy.map(|pair| (pair.1, PRIVACY)));
    for credentials in [community(Version::V1, "public"), community(Version::V2c, "public"), secured] {
        let mut client = connect(&agent, credentials).await;
        let walk = client.walk(&SYSTEM.into()).await.unwrap();
        assert!(walk.complete);
        oids.push(walk.bindings.into_iter().map(|binding| binding.oid).collect());
    }
    assert!(oids[0].len() > 20 && oids[0].contains(&SYS_OBJECT_ID.into()), "{}", oids[0].len());
    assert_eq!(oids[0], oids[1]);
    assert_eq!(oids[0], oids[2]);
}

#[tokio::test]
async fn walk_longer_than_allowed_ends_incomplete() {
    let agent = agent();
    let timing = Timing { max_rows: 7, ..impatient() };
    let mut client = Client::connect(agent.address(), community(Version::V2c, "public"), timing).await.unwrap();
    let walk = client.walk(&SYSTEM.into()).await.unwrap();
    assert_eq!((walk.bindings.len(), walk.complete), (7, false));
}

#[tokio::test]
async fn v3_user_of_every_protocol_reads_walks_and_writes() {
    let agent = agent();
    for (name, auth, privacy) in COMBINATIONS {
        let mut client = connect(&agent, user(name, auth.1, AUTH, privacy.map(|pair| (pair.1, PRIVACY)))).await;
        let walk = client.walk(&SYSTEM.into()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(walk.complete && walk.bindings.len() > 20, "{name}");
        let place = Value::OctetString(format!("rack of {name}").into_bytes());
        client
            .set(vec![VarBind { oid: SYS_LOCATION.into(), value: place.clone() }])
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(client.get(&[SYS_LOCATION.into()]).await.unwrap()[0].value, place, "{name}");
    }
}

#[tokio::test]
async fn v3_with_wrong_user_or_key_says_so_quickly() {
    let agent = agent();
    let aes = Some((PrivacyProtocol::Aes128, PRIVACY));
    let refusal = async |credentials: Credentials| {
        let mut client = Client::connect(agent.address(), credentials, Timing::default()).await.unwrap();
        let started = Instant::now();
        let error = client.get(&[SYS_OBJECT_ID.into()]).await.unwrap_err();
        assert!(error.is_authentication(), "{error}");
        (error, started.elapsed())
    };
    let (error, took) = refusal(user("nobody", AuthProtocol::Sha1, AUTH, aes)).await;
    assert!(matches!(error, Error::UnknownUser) && took < Duration::from_secs(1), "{error} {took:?}");
    let (error, took) = refusal(user("shaaes", AuthProtocol::Sha1, "not the key", aes)).await;
    assert!(matches!(error, Error::WrongDigest) && took < Duration::from_secs(1), "{error} {took:?}");
    let (error, took) = refusal(user("shaaes", AuthProtocol::Sha256, AUTH, aes)).await;
    assert!(matches!(error, Error::WrongDigest) && took < Duration::from_secs(1), "{error} {took:?}");
    let (error, took) = refusal(user("shaonly", AuthProtocol::Sha1, AUTH, aes)).await;
    assert!(matches!(error, Error::SecurityLevel) && took < Duration::from_secs(1), "{error} {took:?}");
    let (error, took) = refusal(user("shaaes", AuthProtocol::Sha1, AUTH, Some((PrivacyProtocol::Aes128, "not the key")))).await;
    assert!(matches!(error, Error::DecryptionFailed) && took < Duration::from_secs(6), "{error} {took:?}");
}

#[tokio::test]
async fn v2c_with_wrong_community_times_out() {
    let agent = agent();
    let timing = Timing { timeout: Duration::from_millis(300), retries: 1, ..Timing::default() };
    let mut client = Client::connect(agent.address(), community(Version::V2c, "wrong"), timing).await.unwrap();
    let error = client.get(&[SYS_OBJECT_ID.into()]).await.unwrap_err();
    assert!(matches!(error, Error::Timeout), "{error}");
}

#[tokio::test]
async fn set_without_the_right_to_write_names_the_status() {
    let agent = agent();
    let place = |text: &str| vec![VarBind { oid: SYS_LOCATION.into(), value: Value::OctetString(text.into()) }];
    let mut reader = connect(&agent, community(Version::V2c, "public")).await;
    let error = reader.set(place("x")).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: ErrorStatus::NoAccess, index: 1 }), "{error:?}");
    let mut writer = connect(&agent, community(Version::V2c, "private")).await;
    assert_eq!(writer.set(place("rack 7")).await.unwrap(), place("rack 7"));
    let wrong = vec![VarBind { oid: SYS_LOCATION.into(), value: Value::Integer(7) }];
    let error = writer.set(wrong).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: ErrorStatus::WrongType, .. }), "{error:?}");
}

#[tokio::test]
async fn agent_that_restarted_is_found_again_by_the_same_client() {
    let mut agent = agent();
    let credentials = user("shaaes", AuthProtocol::Sha1, AUTH, Some((PrivacyProtocol::Aes128, PRIVACY)));
    let mut client = connect(&agent, credentials).await;
    client.get(&[SYS_OBJECT_ID.into()]).await.unwrap();
    agent.restart().unwrap();
    // Boot count and clock are other ones now; the engine id stays in the agent's persistent directory.
    let found = client.get(&[SYS_OBJECT_ID.into()]).await.unwrap();
    assert!(matches!(found[0].value, Value::Oid(_)));
}

#[tokio::test]
async fn port_where_nothing_listens_is_refused_not_silent() {
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let timing = Timing { timeout: Duration::from_millis(300), retries: 1, ..Timing::default() };
    let mut client = Client::connect(free, community(Version::V2c, "public"), timing).await.unwrap();
    let error = client.get(&[SYS_OBJECT_ID.into()]).await.unwrap_err();
    assert!(matches!(error, Error::Refused), "{error}");
}
