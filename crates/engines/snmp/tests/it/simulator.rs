//! Against the simulator: contexts, and both ways of lengthening keys that agents in the field use.

use std::time::Duration;

use argos_peers::{Snmpsim, SnmpsimUser};
use argos_snmp::{AuthProtocol, Client, Credentials, PrivacyProtocol, Timing, User, Value};

const SYS_DESCR: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 1, 0];

async fn description_through(agent_privacy: &'static str, ours: PrivacyProtocol) -> Value {
    let recordings = tempfile::tempdir().unwrap();
    std::fs::write(recordings.path().join("rack.snmprec"), "1.3.6.1.2.1.1.1.0|4|in the rack\n").unwrap();
    let user = SnmpsimUser { name: "reader", auth: ("SHA", "authentication"), privacy: Some((agent_privacy, "encryption")) };
    let agent = Snmpsim::start(recordings.path(), Some(user)).unwrap();
    let credentials = Credentials::User(User {
        name: "reader".to_owned(),
        auth: Some((AuthProtocol::Sha1, "authentication".to_owned())),
        privacy: Some((ours, "encryption".to_owned())),
        context: "rack".to_owned(),
    });
    let timing = Timing { timeout: Duration::from_secs(2), ..Timing::default() };
    let mut client = Client::connect(agent.address(), credentials, timing).await.unwrap();
    let found = client.get(&[SYS_DESCR.into()]).await.unwrap_or_else(|error| panic!("{agent_privacy}: {error}\n{}", agent.log_tail()));
    found[0].value.clone()
}

#[tokio::test]
async fn aes256_over_sha1_with_keys_lengthened_after_blumenthal_reads_the_context() {
    assert_eq!(description_through("AES256BLMT", PrivacyProtocol::Aes256).await.as_text().as_deref(), Some("in the rack"));
}

#[tokio::test]
async fn aes256_over_sha1_with_keys_lengthened_after_reeder_reads_the_context() {
    assert_eq!(description_through("AES256", PrivacyProtocol::Aes256).await.as_text().as_deref(), Some("in the rack"));
}

#[tokio::test]
async fn aes192_over_sha1_with_keys_lengthened_after_reeder_reads_the_context() {
    assert_eq!(description_through("AES192", PrivacyProtocol::Aes192).await.as_text().as_deref(), Some("in the rack"));
}
