//! Lines of an `authorized_keys` file: one public key without options. Comments and blank lines are kept as they are.

use argos_kernel::AppError;
use data_encoding::{BASE64, BASE64_NOPAD};

/// One key line as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    pub kind: String,
    pub blob: String,
    pub comment: String,
    /// `SHA256:` + unpadded base64, as `ssh-keygen -l` prints it.
    pub sha256: String,
}

const KINDS: [&str; 3] = ["ssh-", "ecdsa-", "sk-"];

/// Reads one line: `kind base64 [comment]`, where the blob itself starts with the same kind (RFC 4253 6.6).
pub fn parse(line: &str) -> Option<SshKey> {
    let mut parts = line.trim().splitn(3, [' ', '\t']);
    let (kind, blob) = (parts.next()?, parts.next()?);
    let comment = parts.next().unwrap_or("").trim();
    if !KINDS.iter().any(|k| kind.starts_with(k)) || kind.len() > 64 || blob.len() > 16_384 {
        return None;
    }
    let bytes = BASE64.decode(blob.as_bytes()).ok()?;
    let length = usize::try_from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)).ok()?;
    if bytes.get(4..4_usize.checked_add(length)?)? != kind.as_bytes() || bytes.len() <= 4 + length {
        return None;
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    Some(SshKey {
        kind: kind.to_owned(),
        blob: blob.to_owned(),
        comment: comment.to_owned(),
        sha256: format!("SHA256:{}", BASE64_NOPAD.encode(digest.as_ref())),
    })
}

/// The line to append for what a caller sent: exactly one parseable key line.
pub fn admit(input: &str) -> Result<String, AppError> {
    let line = input.trim();
    if line.chars().any(char::is_control) || parse(line).is_none() {
        return Err(AppError::bad_request("Invalid SSH public key").with("field", "key"));
    }
    Ok(line.to_owned())
}

/// True for a line that holds a key rather than a comment or nothing.
pub fn is_key_line(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// The file without its `index`-th key line; `None` when there is none.
pub fn without(file: &str, index: usize) -> Option<String> {
    let target = file.lines().enumerate().filter(|(_, l)| is_key_line(l)).map(|(n, _)| n).nth(index)?;
    let kept: Vec<&str> = file.lines().enumerate().filter(|(n, _)| *n != target).map(|(_, l)| l).collect();
    Some(if kept.is_empty() { String::new() } else { kept.join("\n") + "\n" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@host";

    #[test]
    fn parse_reads_kind_comment_and_fingerprint() {
        let key = parse(KEY).unwrap();
        assert_eq!((key.kind.as_str(), key.comment.as_str()), ("ssh-ed25519", "me@host"));
        assert_eq!(key.sha256, "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
    }

    #[test]
    fn admit_refuses_options_two_lines_and_foreign_blobs() {
        assert!(admit(KEY).is_ok());
        for bad in [
            "",
            "ssh-ed25519",
            "command=\"sh\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
            "ssh-ed25519 not-base64",
        ] {
            assert!(admit(bad).is_err(), "{bad}");
        }
        assert!(admit(&format!("{KEY}\n{KEY}")).is_err());
    }

    #[test]
    fn without_keeps_comments_and_blank_lines() {
        let file = format!("# mine\n\n{KEY}\nssh-rsa X\n");
        assert_eq!(without(&file, 0).unwrap(), "# mine\n\nssh-rsa X\n");
        assert_eq!(without(&file, 2), None);
    }

    proptest! {
        #[test]
        fn parse_of_any_line_never_panics(line in ".{0,200}", blob in "[A-Za-z0-9+/]{0,40}={0,2}") {
            let _ = parse(&line);
            let _ = parse(&format!("ssh-rsa {blob}"));
        }
    }
}
