//! How an SNMP agent is asked: version, community or user, patience. Members of the device win over the settings.

use std::time::Duration;

use argos_powermib::Profile;
use argos_snmp::{AuthProtocol, Credentials, PrivacyProtocol, Timing, User, Version};
use serde_json::{Map, Value};

use super::device::Device;

/// The settings `power.snmp.*`.
#[derive(Clone, Default)]
pub struct Defaults {
    pub version: String,
    pub community: Option<String>,
    pub timeout_s: u64,
    pub retries: u32,
    pub v3_username: String,
    pub v3_auth_protocol: String,
    pub v3_auth_key: Option<String>,
    pub v3_priv_protocol: String,
    pub v3_priv_key: Option<String>,
}

/// What a person may write for the protocols.
pub const AUTH_WORDS: [&str; 7] = ["none", "MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"];
pub const PRIV_WORDS: [&str; 5] = ["none", "DES", "AES", "AES192", "AES256"];

fn auth(word: &str) -> Option<AuthProtocol> {
    Some(match word {
        "MD5" => AuthProtocol::Md5,
        "SHA" => AuthProtocol::Sha1,
        "SHA224" => AuthProtocol::Sha224,
        "SHA256" => AuthProtocol::Sha256,
        "SHA384" => AuthProtocol::Sha384,
        "SHA512" => AuthProtocol::Sha512,
        _ => return None,
    })
}

fn privacy(word: &str) -> Option<PrivacyProtocol> {
    Some(match word {
        "DES" => PrivacyProtocol::Des,
        "AES" => PrivacyProtocol::Aes128,
        "AES192" => PrivacyProtocol::Aes192,
        "AES256" => PrivacyProtocol::Aes256,
        _ => return None,
    })
}

/// Who asks. `write`: with the community that may change something.
pub fn credentials(device: &Device, secrets: &Map<String, Value>, defaults: &Defaults, write: bool) -> Result<Credentials, String> {
    let secret = |name: &str| secrets.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    match device.connection_text("version").unwrap_or(&defaults.version) {
        "3" => {}
        version => {
            let read = || secret("community").or_else(|| defaults.community.clone()).unwrap_or_else(|| "public".to_owned());
            let community = if write { secret("write_community").unwrap_or_else(read) } else { read() };
            return Ok(Credentials::Community(if version == "1" { Version::V1 } else { Version::V2c }, community));
        }
    }
    let name = device.connection_text("v3_username").unwrap_or(&defaults.v3_username);
    if name.is_empty() {
        return Err("SNMP v3 needs v3_username".to_owned());
    }
    // A protocol the device names itself needs a key; the protocols of the settings count only where a key is.
    let keyed = |protocol: &str, own: Option<&str>, default: &str, key: Option<String>| match (own, key) {
        (Some("none"), _) => Ok(None),
        (Some(word), Some(key)) => Ok(Some((word.to_owned(), key))),
        (Some(_), None) => Err(format!("SNMP v3 needs {protocol}_key")),
        (None, Some(key)) => Ok(Some((default.to_owned(), key)).filter(|(word, _)| word != "none")),
        (None, None) => Ok(None),
    };
    let auth_key = secret("v3_auth_key").or_else(|| defaults.v3_auth_key.clone());
    let priv_key = secret("v3_priv_key").or_else(|| defaults.v3_priv_key.clone());
    let signed = keyed("v3_auth", device.connection_text("v3_auth_protocol"), &defaults.v3_auth_protocol, auth_key)?;
    let sealed = keyed("v3_priv", device.connection_text("v3_priv_protocol"), &defaults.v3_priv_protocol, priv_key)?;
    Ok(Credentials::User(User {
        name: name.to_owned(),
        auth: signed.and_then(|(word, key)| Some((auth(&word)?, key))),
        privacy: sealed.and_then(|(word, key)| Some((privacy(&word)?, key))),
        context: device.connection_text("v3_context").unwrap_or_default().to_owned(),
    }))
}

/// How patient the questions are.
pub fn timing(device: &Device, defaults: &Defaults) -> Timing {
    let number = |name: &str| device.connection_config.get(name).and_then(Value::as_u64);
    let timeout = number("timeout").unwrap_or(defaults.timeout_s).clamp(1, 60);
    let retries = number("retries").and_then(|n| u32::try_from(n).ok()).unwrap_or(defaults.retries).min(10);
    let repetitions = number("max_repetitions").and_then(|n| u16::try_from(n).ok()).unwrap_or(20).clamp(1, 200);
    Timing { timeout: Duration::from_secs(timeout), retries, max_repetitions: repetitions, ..Timing::default() }
}

/// The profile a person chose; `None` is found out.
pub fn profile(device: &Device) -> Option<Profile> {
    device.connection_text("profile").and_then(Profile::from_name)
}

/// The device has a table of variables of its own.
pub fn is_custom(device: &Device) -> bool {
    device.connection_text("profile") == Some("custom")
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::model::input::merge;

    fn device(config: &Value) -> Device {
        let body = json!({"id": "a", "name": "A", "type": "ups", "poller": "snmp", "host": "h", "connection_config": config});
        merge(None, body.as_object().unwrap(), None, Timestamp::from_secs(0), "manual").unwrap().device
    }

    fn defaults() -> Defaults {
        Defaults {
            version: "2c".to_owned(),
            community: Some("site".to_owned()),
            timeout_s: 5,
            retries: 2,
            v3_auth_protocol: "MD5".to_owned(),
            v3_priv_protocol: "DES".to_owned(),
            ..Defaults::default()
        }
    }

    fn secrets(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn communities_fall_back_to_the_settings_and_writing_has_its_own() {
        let d = device(&json!({}));
        let none = Map::new();
        assert!(matches!(credentials(&d, &none, &defaults(), false), Ok(Credentials::Community(Version::V2c, c)) if c == "site"));
        let own = secrets(&json!({"community": "reads", "write_community": "writes"}));
        assert!(matches!(credentials(&d, &own, &defaults(), false), Ok(Credentials::Community(_, c)) if c == "reads"));
        assert!(matches!(credentials(&d, &own, &defaults(), true), Ok(Credentials::Community(_, c)) if c == "writes"));
        let d = device(&json!({"version": "1"}));
        assert!(matches!(credentials(&d, &own, &defaults(), false), Ok(Credentials::Community(Version::V1, _))));
    }

    #[test]
    fn users_have_the_level_their_keys_allow() {
        let d = device(&json!({"version": "3", "v3_username": "u"}));
        let Ok(Credentials::User(user)) = credentials(&d, &Map::new(), &defaults(), false) else { panic!("a user") };
        assert!(user.auth.is_none() && user.privacy.is_none());
        let keys = secrets(&json!({"v3_auth_key": "authentication", "v3_priv_key": "encryption"}));
        let Ok(Credentials::User(user)) = credentials(&d, &keys, &defaults(), false) else { panic!("a user") };
        assert_eq!((user.auth.unwrap().0, user.privacy.unwrap().0), (AuthProtocol::Md5, PrivacyProtocol::Des));
        let d = device(&json!({"version": "3", "v3_username": "u", "v3_auth_protocol": "SHA256", "v3_priv_protocol": "none"}));
        let Ok(Credentials::User(user)) = credentials(&d, &keys, &defaults(), false) else { panic!("a user") };
        assert_eq!((user.auth.unwrap().0, user.privacy), (AuthProtocol::Sha256, None));
        assert_eq!(credentials(&d, &Map::new(), &defaults(), false).unwrap_err(), "SNMP v3 needs v3_auth_key");
        assert!(credentials(&device(&json!({"version": "3"})), &keys, &defaults(), false).is_err());
    }
}
