//! A name server of one's own.

use std::time::Duration;

use argos_dnsupdate::{Key, Name, update, zone_of};
use argos_net::Class;

use super::{Change, Reach, TTL_S};
use crate::model::dns_provider::Credentials;

const LIMIT: Duration = Duration::from_secs(20);

pub(super) async fn change(reach: &Reach, credentials: &Credentials, change: Change, record: &str, text: &str) -> Result<(), String> {
    let of = |key: &str| credentials.get(key).map_or("", String::as_str);
    let (host, port) = place(of("server"))?;
    let algorithm = Some(of("key_algorithm")).filter(|a| !a.is_empty()).unwrap_or("hmac-sha256");
    let key = Key {
        name: name(of("key_name"))?,
        algorithm: algorithm.parse()?,
        secret: data_encoding::BASE64.decode(of("key_secret").as_bytes()).map_err(|_| "the key secret is not base64".to_owned())?,
    };
    let record = name(record)?;
    let work = async {
        let mut stream = reach.net.connect(Class::Integration, &host, port).await.map_err(|e| e.to_string())?;
        let id = || u16::from_be_bytes(reach.rng.bytes());
        let zone = match of("zone") {
            "" => zone_of(&mut stream, &record, id()).await.map_err(|e| e.to_string())?,
            given => name(given)?,
        };
        let text = text.to_owned();
        let change = match change {
            Change::Add => argos_dnsupdate::Change::Add { name: record.clone(), ttl_s: TTL_S, text },
            Change::Remove => argos_dnsupdate::Change::Remove { name: record.clone(), text },
        };
        let now = u64::try_from(reach.clock.now().secs()).unwrap_or(0);
        update(&mut stream, &zone, &[change], &key, id(), now).await.map_err(|e| e.to_string())
    };
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| Err("the name server did not answer in time".to_owned()))
}

fn name(text: &str) -> Result<Name, String> {
    text.parse().map_err(|e: argos_dnsupdate::NameError| e.to_string())
}

/// `host`, `host:port` or `[address]:port`; 53 when no port is given.
fn place(text: &str) -> Result<(String, u16), String> {
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Ok((address.ip().to_string(), address.port()));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            Ok((host.to_owned(), port.parse().map_err(|_| format!("{text} is no host:port of a name server"))?))
        }
        _ => Ok((text.to_owned(), 53)),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn server_may_have_a_port() {
        assert_eq!(place("ns1.example.org"), Ok(("ns1.example.org".to_owned(), 53)));
        assert_eq!(place("[2001:db8::1]:5353"), Ok(("2001:db8::1".to_owned(), 5353)));
        assert_eq!(place("2001:db8::1"), Ok(("2001:db8::1".to_owned(), 53)));
        assert_eq!(place("ns:54"), Ok(("ns".to_owned(), 54)));
        assert!(place("ns:x").is_err());
    }
}
