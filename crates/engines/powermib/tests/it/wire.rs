//! Every recording through a real agent: detected, and read the same as without the wire.

use std::time::Duration;

use argos_peers::{Snmpd, Snmpsim};
use argos_powermib::{Agent, AgentError, Command, Depth, Profile};
use argos_snmp::{Client, Credentials, Timing, Version};

use crate::recording::{directory, reading};

async fn client(agent: std::net::SocketAddr, version: Version, community: &str) -> Client {
    let timing = Timing { timeout: Duration::from_secs(3), ..Timing::default() };
    Client::connect(agent, Credentials::Community(version, community.to_owned()), timing).await.unwrap()
}

#[tokio::test]
async fn device_of_every_profile_is_detected_and_read() {
    let simulator = Snmpsim::start(&directory(), None).unwrap();
    for profile in Profile::ALL {
        let name = profile.name();
        let mut agent =
            Agent::detect(client(simulator.address(), Version::V2c, name).await).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(agent.profile(), profile);
        assert_eq!(agent.poll(Depth::Full).await.unwrap(), reading(name), "{name}");
        // What is missing is left out of the second poll; the rest stays.
        assert_eq!(agent.poll(Depth::Full).await.unwrap(), reading(name), "{name}");
        let status = agent.poll(Depth::Status).await.unwrap();
        assert_eq!(
            (status.status(), status.power_watts, status.runtime_seconds),
            (reading(name).status(), reading(name).power_watts, reading(name).runtime_seconds)
        );
    }
}

#[tokio::test]
async fn device_behind_v1_is_detected_and_read() {
    let simulator = Snmpsim::start(&directory(), None).unwrap();
    for name in ["apc_rpdu", "rfc1628"] {
        let mut agent = Agent::detect(client(simulator.address(), Version::V1, name).await).await.unwrap();
        assert_eq!(agent.poll(Depth::Full).await.unwrap(), reading(name), "{name}");
        assert!(!agent.is_replaced().await.unwrap());
    }
}

#[tokio::test]
async fn machine_that_is_no_ups_fits_no_profile() {
    let server = Snmpd::start(&[]).unwrap();
    let detected = Agent::detect(client(server.address(), Version::V2c, "public").await).await;
    assert!(matches!(detected, Err(AgentError::NoProfile)));
}

#[tokio::test]
async fn command_that_the_device_does_not_offer_is_refused_before_or_by_the_agent() {
    let server = Snmpd::start(&[]).unwrap();
    let mut agent = Agent::with_profile(client(server.address(), Version::V2c, "private").await, Profile::ApcRpdu2);
    assert!(matches!(agent.command(&Command::BatteryTest).await, Err(AgentError::Unsupported)));
    let switched = agent.command(&Command::Outlet("1".to_owned(), argos_powermib::Switch::On)).await;
    assert!(matches!(switched, Err(AgentError::Snmp(argos_snmp::Error::Status { .. }))), "{switched:?}");
}
