//! The engine's client against Debian's `upsd` 2.8.

use std::time::Duration;

use argos_nut::{Client, ClientError, Command, ErrorToken, Target};
use argos_peers::nut_server::NUT_USER;
use argos_peers::{NutDevice, NutServer};

const VARIABLES: &str = "ups.status: OL CHRG\nups.load: 23.4\nups.realpower.nominal: 980\nups.delay.shutdown: 20\nups.mfr: ACME\n\
                         battery.charge: 97\nbattery.charge.low: 10\nbattery.runtime: 3690\n";

fn server() -> NutServer {
    let rack = NutDevice { name: "rack1", description: "Rack 1 \"main\" UPS", variables: VARIABLES };
    let bare = NutDevice { name: "bare", description: "", variables: "ups.status: OL\n" };
    NutServer::start(&[rack, bare]).unwrap()
}

fn target(server: &NutServer, user: Option<(&str, &str)>) -> Target {
    Target {
        host: "127.0.0.1".to_owned(),
        port: server.address().port(),
        username: user.map(|(name, _)| name.to_owned()),
        password: user.map(|(_, password)| password.to_owned()),
        ..Target::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_server_answers_every_read() {
    let server = server();
    let mut client = Client::connect(&target(&server, None)).await.unwrap();
    assert!(client.version().await.unwrap().contains("Network UPS Tools"));
    let mut all = client.list_ups().await.unwrap();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(all[1].name, "rack1");
    assert_eq!(all[1].description.as_deref(), Some("Rack 1 \"main\" UPS"), "quotes come through unescaped");
    let variables = client.list_vars("rack1").await.unwrap();
    assert!(variables.contains(&("ups.status".to_owned(), "OL CHRG".to_owned())), "{variables:?}");
    assert_eq!(client.get_vars("rack1", &["ups.load", "no.such"]).await.unwrap(), [Some("23.4".to_owned()), None]);
    let unknown = client.list_vars("nobody").await.unwrap_err();
    assert_eq!(unknown.token(), Some(ErrorToken::UnknownUps), "{unknown}");
    assert_eq!(client.number_of_logins("rack1").await.unwrap(), 0, "a refusal leaves the connection usable");
    for command in [
        Command::ListRw("rack1".to_owned()),
        Command::ListCmd("rack1".to_owned()),
        Command::ListClient("rack1".to_owned()),
        Command::GetType("rack1".to_owned(), "ups.load".to_owned()),
        Command::GetDesc("rack1".to_owned(), "ups.load".to_owned()),
        Command::GetUpsDesc("rack1".to_owned()),
        Command::NetVer,
        Command::Help,
    ] {
        client.request(&command).await.unwrap_or_else(|e| panic!("{command:?}: {e}"));
    }
    client.logout().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_decide_who_logs_in_and_sets() {
    let server = server();
    let mut nobody = Client::connect(&target(&server, None)).await.unwrap();
    assert_eq!(nobody.login("rack1").await.unwrap_err().token(), Some(ErrorToken::UsernameRequired));
    let mut wrong = Client::connect(&target(&server, Some((NUT_USER.0, "wrong")))).await.unwrap();
    assert_eq!(wrong.login("rack1").await.unwrap_err().token(), Some(ErrorToken::AccessDenied));
    let mut admin = Client::connect(&target(&server, Some(NUT_USER))).await.unwrap();
    let told = admin.set_var("rack1", "battery.charge.low", "15", Duration::from_secs(10)).await;
    match told {
        Ok(word) => assert_eq!(word.as_deref(), Some("SUCCESS")),
        // Which variables a dummy lets be set depends on its build; a refusal must be a named one.
        Err(error) => assert!(matches!(error, ClientError::Refused(_)), "{error}"),
    }
    let mut primary = Client::connect(&target(&server, Some(NUT_USER))).await.unwrap();
    primary.login("rack1").await.unwrap();
    assert_eq!(nobody.number_of_logins("rack1").await.unwrap(), 1);
    primary.primary("rack1").await.unwrap();
    primary.force_shutdown("rack1").await.unwrap();
    let status = nobody.get_vars("rack1", &["ups.status"]).await.unwrap();
    assert_eq!(status, [Some("FSD OL CHRG".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_driver_makes_its_own_ups_stale_only() {
    let server = server();
    let mut client = Client::connect(&target(&server, None)).await.unwrap();
    server.freeze("rack1", true);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        match client.list_vars("rack1").await {
            Err(e) if e.token() == Some(ErrorToken::DataStale) => break,
            other => assert!(tokio::time::Instant::now() < deadline, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(client.list_vars("bare").await.is_ok());
    server.freeze("rack1", false);
}
