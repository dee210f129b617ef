//! Power scenario H19: stock NUT clients against the NUT server inside Argos, which reads a real `upsd` itself.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use argos_peers::nut_server::{NUT_USER, tool, upsmon};
use argos_peers::{ArgosConfig, NutDevice, NutServer, free_port, wait_for, wait_until};
use serde_json::json;

use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(20);
const USERS: &str =
    "[main]\n password = \"two words\"\n upsmon primary\n actions = SET\n instcmds = ALL\n[nas]\n password = secret\n upsmon secondary\n";

struct House {
    stage: Stage,
    nut: NutServer,
    port: u16,
}

fn house() -> House {
    let variables = "ups.status: OL CHRG\nups.load: 23.4\nups.delay.shutdown: 20\nbattery.charge: 100\nbattery.runtime: 3690\n";
    let nut = NutServer::start(&[NutDevice { name: "rack1", description: "Rack 1", variables }]).unwrap();
    let port = free_port();
    let config = ArgosConfig::new();
    let users = config.scratch().join("nut.users");
    std::fs::write(&users, USERS).unwrap();
    let config = config
        .env("NUT_HOST", "127.0.0.1")
        .env("NUT_PORT", &nut.address().port().to_string())
        .env("NUT_USERNAME", NUT_USER.0)
        .env("NUT_PASSWORD", NUT_USER.1)
        .env("STATUS_POLL_SECONDS", "2")
        .env("NUT_SERVER_ENABLED", "true")
        .env("NUT_SERVER_LISTEN", &format!("127.0.0.1:{port}"))
        .env("NUT_SERVER_USERS", users.to_str().unwrap());
    let house = House { stage: Stage::on(config), nut, port };
    wait_until("the UPS on our own server", SOON, || house.upsc("ups.status").is_ok_and(|status| status == "OL CHRG"));
    house
}

impl House {
    fn address(&self) -> String {
        format!("rack-1@127.0.0.1:{}", self.port)
    }
    fn upsc(&self, variable: &str) -> Result<String, String> {
        tool("upsc", &[&self.address(), variable])
    }
    /// Says lines to our server and returns its answers.
    fn say(&self, lines: &[&str]) -> Vec<String> {
        let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port))).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        let said = lines.iter().map(|line| {
            writeln!(stream, "{line}").unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            answer.trim_end().to_owned()
        });
        said.collect()
    }
}

#[test]
fn stock_tools_read_and_command_through_us() {
    let house = house();
    let list = tool("upsc", &["-L", &format!("127.0.0.1:{}", house.port)]).unwrap();
    assert_eq!(list, "rack-1: Rack 1");
    assert_eq!(house.upsc("battery.runtime").unwrap(), "3690");
    assert!(tool("upsc", &[&house.address()]).unwrap().contains("ups.load: 23.4"));
    let nobody = format!("nobody@127.0.0.1:{}", house.port);
    assert!(tool("upsc", &[&nobody]).is_err_and(|why| why.contains("Unknown UPS")));
    assert_eq!(house.say(&["LOGIN rack-1"]), ["ERR USERNAME-REQUIRED"]);
    assert_eq!(house.say(&["USERNAME nas", "PASSWORD secret", "FSD rack-1"])[2], "ERR ACCESS-DENIED");
    assert!(tool("upscmd", &["-l", &house.address()]).unwrap().contains("load.off"));
    let as_main = ["-u", "main", "-p", "two words"];
    // The dummy driver lists this command and then refuses it; what the driver says is what we say.
    let refused = tool("upscmd", &[as_main.as_slice(), &[&house.address(), "load.off"]].concat());
    assert!(refused.is_err_and(|why| why.contains("INSTCMD-FAILED")));
    // With -w the tool asks for the outcome by the id it was given.
    tool("upsrw", &[["-w", "-s", "battery.charge=55"].as_slice(), &as_main, &[&house.address()]].concat()).unwrap();
    wait_until("the value that was set", SOON, || house.upsc("battery.charge").is_ok_and(|value| value == "55"));
    let told = house.stage.anonymous().get("/api/events?event_type=command_run").json();
    assert_eq!(told["items"][0]["metadata"], json!({"command": "set battery.charge", "value": "55", "actor": "nut:main"}), "{told}");
    assert_eq!(told["total"], 1, "a refused command is no event: {told}");
    let as_nas = tool("upscmd", &["-u", "nas", "-p", "secret", &house.address(), "load.off"]);
    assert!(as_nas.is_err_and(|why| why.contains("ACCESS-DENIED") || why.contains("Access denied")));
    house.nut.freeze("rack1", true);
    wait_until("stale data to be told", Duration::from_secs(60), || house.upsc("ups.status").is_err_and(|why| why.contains("Data stale")));
    house.nut.freeze("rack1", false);
    wait_until("fresh data", SOON, || house.upsc("ups.status").is_ok());
}

#[test]
fn forced_shutdown_reaches_a_real_upsmon_and_stays_over_a_restart() {
    let house = house();
    let dir = house.stage.argos.config().scratch().join("upsmon");
    std::fs::create_dir_all(&dir).unwrap();
    let flag = dir.join("went-down");
    let _monitor = upsmon(&dir, &house.address(), ("nas", "secret"), &format!("touch {}", flag.display())).unwrap();
    wait_until("upsmon to log in", SOON, || house.say(&["GET NUMLOGINS rack-1"]) == ["NUMLOGINS rack-1 1"]);

    let said = house.say(&["USERNAME main", "PASSWORD \"two words\"", "PRIMARY rack-1", "FSD rack-1"]);
    assert_eq!(said, ["OK", "OK", "OK PRIMARY-GRANTED", "OK FSD-SET"]);
    wait_until("upsmon to run its shutdown command", SOON, || flag.exists());
    assert_eq!(house.upsc("ups.status").unwrap(), "FSD OL CHRG");
    let events = house.stage.anonymous().get("/api/events").expect_status(200).json();
    let kinds: Vec<&str> = events["items"].as_array().unwrap().iter().map(|e| e["event_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["shutdown_initiated", "fsd"]);

    let House { stage, nut, port } = house;
    let house = House { stage: Stage::of(stage.argos.kill9().restart()), nut, port };
    let status = wait_for("the UPS after the restart", SOON, || house.upsc("ups.status").ok().filter(|s| s.contains("OL")));
    assert_eq!(status, "FSD OL CHRG", "a latch survives a crash");
    let device = "/api/devices/nut%3Arack1%40127.0.0.1";
    assert_eq!(house.stage.owner.get(device).json()["forced_shutdown"], json!(true));
    house.stage.owner.delete(&format!("{device}/fsd")).expect_status(204);
    assert_eq!(house.upsc("ups.status").unwrap(), "OL CHRG");
}

#[test]
fn nas_box_finds_its_usual_ups_only_when_one_is_chosen() {
    let house = house();
    let usual = format!("ups@127.0.0.1:{}", house.port);
    let login = ["USERNAME monuser", "PASSWORD secret", "LOGIN ups"];
    assert!(tool("upsc", &[&usual]).is_err_and(|why| why.contains("Unknown UPS")));
    assert!(house.say(&login)[2].starts_with("ERR "), "off by default");
    let chosen = json!({"value": "nut:rack1@127.0.0.1"});
    house.stage.owner.put("/api/settings/nut_server.nas_device", chosen).expect_status(200);
    assert_eq!(tool("upsc", &[&usual, "ups.status"]).unwrap(), "OL CHRG");
    assert_eq!(house.upsc("ups.status").unwrap(), "OL CHRG", "its own name stays");
    let dir = house.stage.argos.config().scratch().join("nas");
    std::fs::create_dir_all(&dir).unwrap();
    let flag = dir.join("went-down");
    let _nas = upsmon(&dir, &usual, ("monuser", "secret"), &format!("touch {}", flag.display())).unwrap();
    wait_until("the NAS to log in", SOON, || house.say(&["GET NUMLOGINS ups"]) == ["NUMLOGINS ups 1"]);

    // Everybody knows this password: it lets nobody else in and orders nothing.
    let said = house.say(&["USERNAME monuser", "PASSWORD secret", "FSD ups", "LOGIN rack-1", "INSTCMD ups load.off", "PRIMARY ups"]);
    assert!(said[2..].iter().all(|line| line == "ERR ACCESS-DENIED"), "{said:?}");
    let said = house.say(&["USERNAME main", "PASSWORD \"two words\"", "PRIMARY rack-1", "FSD rack-1"]);
    assert_eq!(said[3], "OK FSD-SET");
    wait_until("the NAS to shut down", SOON, || flag.exists());
    let metrics = house.stage.anonymous().get("/ups_metrics").expect_status(200).text();
    assert!(metrics.contains("ups=\"rack-1\"") && !metrics.contains("ups=\"ups\""), "counted once: {metrics}");
}

#[test]
fn client_that_demands_encryption_gets_it_with_our_certificate() {
    let house = house();
    let place = house.stage.argos.data_dir().join("tls");
    let certificate =
        std::fs::read_to_string(place.join("nut-server.crt")).or_else(|_| std::fs::read_to_string(place.join("self-signed.crt")));
    let through = |extra: serde_json::Value| {
        let mut connection = json!({"ups_name": "rack-1", "username": "nas", "password": "secret", "tls": "require"});
        connection.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let device = json!({"id": "own", "name": "Own", "type": "ups", "poller": "nut", "host": "127.0.0.1", "port": house.port,
            "connection_config": connection});
        house.stage.owner.post("/api/devices/test", device).expect_status(200).json()
    };
    let good = through(json!({"tls_ca": certificate.unwrap()}));
    assert_eq!((&good["ok"], &good["snapshot"]["ups_status"]), (&json!(true), &json!("OL CHRG")), "{good}");
    let doubted = through(json!({}));
    assert_eq!(doubted["ok"], false, "nobody vouches for it: {doubted}");
    assert!(doubted["error"].as_str().unwrap().contains("TLS"), "{doubted}");
    // Something said in the clear behind the request must not pass for encrypted.
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], house.port))).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(b"STARTTLS\nUSERNAME mallory\n").unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut rest).unwrap();
    assert!(rest.is_empty(), "{rest:?}");
}
