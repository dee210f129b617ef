//! The setting `backup.target`: where archives are copied to besides this machine. Pure.

use argos_kernel::{AppError, Result, Secret};
use serde_json::{Map, Value};

const PATH_MAX: usize = 500;

/// A place for copies.
#[derive(Clone)]
pub(crate) enum Target {
    S3(S3Target),
    Sftp(SftpTarget),
}

/// An S3 bucket.
#[derive(Clone)]
pub(crate) struct S3Target {
    /// `https://host[:port]`, without a path.
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    /// Empty, or ending with `/`.
    pub(crate) prefix: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret<String>,
    /// `endpoint/bucket/key` rather than `bucket.endpoint/key`.
    pub(crate) path_style: bool,
}

/// A directory on another machine.
#[derive(Clone)]
pub(crate) struct SftpTarget {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    /// Without a slash at its end; relative to the account's home, or absolute.
    pub(crate) path: String,
    pub(crate) login: SftpLogin,
    /// The pinned host key as `SHA256:...`; nothing is sent to a host before it is known.
    pub(crate) fingerprint: Option<String>,
}

/// How to log in there.
#[derive(Clone)]
pub(crate) enum SftpLogin {
    Password(Secret<String>),
    Key { text: Secret<String>, passphrase: Option<Secret<String>> },
}

/// The members of the setting, with errors that name them.
struct Members<'a>(&'a Map<String, Value>);

impl Members<'_> {
    fn text(&self, name: &str) -> String {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    }
    fn filled(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|t| !t.is_empty())
    }
    fn needed(&self, name: &str) -> Result<String> {
        self.filled(name).ok_or_else(|| bad(name, "is missing"))
    }
    fn secret(&self, name: &str) -> Option<Secret<String>> {
        self.filled(name).map(Secret::new)
    }
}

fn bad(field: &str, text: &str) -> AppError {
    let field = format!("backup.target.{field}");
    AppError::bad_request(format!("{field}: {text}")).code("invalid_backup_target").with("field", field)
}

/// Reads the setting; `None` when no target is set.
pub(crate) fn parse(value: &Value) -> Result<Option<Target>> {
    let members = match value {
        Value::Null => return Ok(None),
        Value::Object(members) if members.is_empty() => return Ok(None),
        Value::Object(members) => Members(members),
        _ => return Err(AppError::bad_request("backup.target must be an object").code("invalid_backup_target")),
    };
    match members.text("type").as_str() {
        "s3" => s3(&members).map(|t| Some(Target::S3(t))),
        "sftp" => sftp(&members).map(|t| Some(Target::Sftp(t))),
        "" => Err(bad("type", "is missing")),
        other => Err(bad("type", &format!("{other} is not supported; use s3 or sftp"))),
    }
}

fn s3(members: &Members<'_>) -> Result<S3Target> {
    let endpoint = members.needed("endpoint")?;
    let endpoint = endpoint.trim_end_matches('/').to_owned();
    let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    if host.is_none_or(|h| h.is_empty() || h.contains(['/', '?', '#', '@'])) {
        return Err(bad("endpoint", "must be http(s)://host[:port]"));
    }
    let bucket = members.needed("bucket")?;
    if bucket.len() > 63 || !bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)) {
        return Err(bad("bucket", "is no bucket name"));
    }
    let mut prefix = members.text("prefix").trim_start_matches('/').to_owned();
    if !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)) {
        return Err(bad("prefix", "may hold letters, digits, . _ - and /"));
    }
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let path_style = match members.0.get("path_style") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(on)) => *on,
        Some(_) => return Err(bad("path_style", "must be true or false")),
    };
    Ok(S3Target {
        endpoint,
        region: members.filled("region").unwrap_or_else(|| "us-east-1".to_owned()),
        bucket,
        prefix,
        access_key_id: members.needed("access_key_id")?,
        secret_access_key: Secret::new(members.needed("secret_access_key")?),
        path_style,
    })
}

fn sftp(members: &Members<'_>) -> Result<SftpTarget> {
    let host = members.needed("host")?;
    if host.len() > 253 || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b)) {
        return Err(bad("host", "is no host name or address"));
    }
    let port = match members.0.get("port") {
        None | Some(Value::Null) => Some(22),
        Some(Value::Number(n)) => n.as_u64().and_then(|n| u16::try_from(n).ok()),
        Some(Value::String(text)) if text.trim().is_empty() => Some(22),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let port = port.filter(|p| *p > 0).ok_or_else(|| bad("port", "must be 1-65535"))?;
    let path = members.needed("path")?;
    let inside = path.len() <= PATH_MAX && !path.chars().any(char::is_control) && path.split('/').all(|part| part != "..");
    if !inside {
        return Err(bad("path", "must be a directory of at most 500 characters without .."));
    }
    let login = match (members.secret("private_key"), members.secret("password")) {
        (Some(text), _) => SftpLogin::Key { text, passphrase: members.secret("passphrase") },
        (None, Some(password)) => SftpLogin::Password(password),
        (None, None) => return Err(bad("password", "a password or a private key is needed")),
    };
    let fingerprint = members.filled("fingerprint");
    if fingerprint.as_ref().is_some_and(|f| !f.starts_with("SHA256:")) {
        return Err(bad("fingerprint", "must be SHA256: and base64, as ssh-keygen -l prints it"));
    }
    let trimmed = path.trim_end_matches('/');
    let path = if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() };
    Ok(SftpTarget { host, port, user: members.needed("user")?, path, login, fingerprint })
}

impl Target {
    /// How the target is shown: no secret in it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::S3(t) => format!("s3://{}/{}", t.bucket, t.prefix),
            Self::Sftp(t) => {
                let port = if t.port == 22 { String::new() } else { format!(":{}", t.port) };
                format!("sftp://{}@{}{port}/{}/", t.user, t.host, t.path.trim_matches('/'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn target_is_read_and_faults_name_their_member() {
        assert!(parse(&Value::Null).unwrap().is_none() && parse(&json!({})).unwrap().is_none());
        let good = json!({"type": "s3", "endpoint": "http://127.0.0.1:9000/", "bucket": "b", "prefix": "/argos", "access_key_id": "k", "secret_access_key": "s"});
        let Some(Target::S3(t)) = parse(&good).unwrap() else { panic!("not S3") };
        assert_eq!(
            (t.endpoint.as_str(), t.prefix.as_str(), t.region.as_str(), t.path_style),
            ("http://127.0.0.1:9000", "argos/", "us-east-1", true)
        );
        for (member, value) in [
            ("type", json!("ftp")),
            ("endpoint", json!("host")),
            ("endpoint", json!("https://h/path")),
            ("bucket", json!("a/b")),
            ("prefix", json!("a b")),
            ("access_key_id", json!("")),
            ("path_style", json!("yes")),
        ] {
            let mut wrong = good.clone();
            wrong[member] = value;
            assert_eq!(parse(&wrong).err().unwrap().extra()["field"], format!("backup.target.{member}"));
        }
    }

    #[test]
    fn directory_of_another_machine_is_read_and_faults_name_their_member() {
        let good = json!({"type": "sftp", "host": "nas.lan", "user": "argos", "path": "/srv/backups/", "password": "p"});
        let Some(Target::Sftp(t)) = parse(&good).unwrap() else { panic!("not SFTP") };
        assert_eq!((t.port, t.path.as_str(), t.fingerprint), (22, "/srv/backups", None));
        assert_eq!(parse(&good).unwrap().unwrap().name(), "sftp://argos@nas.lan/srv/backups/");
        for (member, value) in [
            ("host", json!("a b")),
            ("port", json!(0)),
            ("port", json!("many")),
            ("path", json!("../../etc")),
            ("path", json!("")),
            ("user", json!("")),
            ("password", json!("")),
            ("fingerprint", json!("md5:aa")),
        ] {
            let mut wrong = good.clone();
            wrong[member] = value;
            assert_eq!(parse(&wrong).err().unwrap().extra()["field"], format!("backup.target.{member}"));
        }
    }

    proptest! {
        #[test]
        fn any_members_are_a_target_or_an_error(kind in "s3|sftp|", host in ".{0,12}", path in ".{0,24}", port in any::<i64>()) {
            let value = json!({"type": kind, "host": host, "path": path, "port": port, "user": "u", "password": "p", "endpoint": path,
                "bucket": host, "prefix": path, "access_key_id": "k", "secret_access_key": "s"});
            if let Ok(Some(Target::Sftp(t))) = parse(&value) {
                prop_assert!(t.port > 0 && !t.path.split('/').any(|part| part == ".."));
            }
        }
    }
}
