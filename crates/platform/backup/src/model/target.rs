//! The setting `backup.target`: where archives are copied to besides this machine. Pure.

use argos_kernel::{AppError, Result, Secret};
use serde_json::Value;

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

/// Reads the setting; `None` when no target is set.
pub(crate) fn parse(value: &Value) -> Result<Option<S3Target>> {
    let bad = |field: &str, text: &str| {
        let field = format!("backup.target.{field}");
        AppError::bad_request(format!("{field}: {text}")).code("invalid_backup_target").with("field", field)
    };
    let members = match value {
        Value::Null => return Ok(None),
        Value::Object(members) if members.is_empty() => return Ok(None),
        Value::Object(members) => members,
        _ => return Err(AppError::bad_request("backup.target must be an object").code("invalid_backup_target")),
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let needed = |name: &str| Some(text(name)).filter(|t| !t.is_empty()).ok_or_else(|| bad(name, "is missing"));
    match text("type").as_str() {
        "s3" => {}
        "" => return Err(bad("type", "is missing")),
        other => return Err(bad("type", &format!("{other} is not supported; use s3"))),
    }
    let endpoint = needed("endpoint")?;
    let endpoint = endpoint.trim_end_matches('/').to_owned();
    let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    if host.is_none_or(|h| h.is_empty() || h.contains(['/', '?', '#', '@'])) {
        return Err(bad("endpoint", "must be http(s)://host[:port]"));
    }
    let bucket = needed("bucket")?;
    if bucket.len() > 63 || !bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)) {
        return Err(bad("bucket", "is no bucket name"));
    }
    let mut prefix = text("prefix").trim_start_matches('/').to_owned();
    if !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)) {
        return Err(bad("prefix", "may hold letters, digits, . _ - and /"));
    }
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let region = Some(text("region")).filter(|r| !r.is_empty()).unwrap_or_else(|| "us-east-1".to_owned());
    let path_style = match members.get("path_style") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(on)) => *on,
        Some(_) => return Err(bad("path_style", "must be true or false")),
    };
    Ok(Some(S3Target {
        endpoint,
        region,
        bucket,
        prefix,
        access_key_id: needed("access_key_id")?,
        secret_access_key: Secret::new(needed("secret_access_key")?),
        path_style,
    }))
}

impl S3Target {
    /// How the target is shown: no secret in it.
    pub(crate) fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn target_is_read_and_faults_name_their_member() {
        assert!(parse(&Value::Null).unwrap().is_none() && parse(&json!({})).unwrap().is_none());
        let good = json!({"type": "s3", "endpoint": "http://127.0.0.1:9000/", "bucket": "b", "prefix": "/argos", "access_key_id": "k", "secret_access_key": "s"});
        let t = parse(&good).unwrap().unwrap();
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
}
