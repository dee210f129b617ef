//! The file with a machine account that `cscli machines add -f` writes: three lines of YAML.

use argos_kernel::Secret;

/// A machine account.
pub(crate) struct MachineAccount {
    pub(crate) url: Option<String>,
    pub(crate) user: String,
    pub(crate) password: Secret<String>,
}

/// Longest value.
const VALUE_MAX: usize = 512;

/// Reads the file; the error says what it lacks, and never quotes it.
pub(crate) fn parse(text: &str) -> Result<MachineAccount, &'static str> {
    let find = |key: &str| text.lines().find_map(|line| scalar(line.strip_prefix(key)?.strip_prefix(':')?));
    let user = find("login").ok_or("login is missing")?;
    let password = find("password").map(Secret::new).ok_or("password is missing")?;
    let url = find("url");
    if url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err("url is no address");
    }
    Ok(MachineAccount { url, user, password })
}

/// A value on one line, plain or in quotes; `None` when it is empty, too long or of another kind.
fn scalar(rest: &str) -> Option<String> {
    let rest = rest.trim();
    let value = match rest.chars().next()? {
        '\'' => rest.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"),
        // Escapes are not what an account has.
        '"' => rest.strip_prefix('"')?.strip_suffix('"').filter(|v| !v.contains(['\\', '"']))?.to_owned(),
        '|' | '>' | '&' | '*' | '!' | '[' | '{' | '#' => return None,
        _ => rest.split(" #").next()?.trim_end().to_owned(),
    };
    (!value.is_empty() && value.len() <= VALUE_MAX && !value.contains(char::is_control)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;

    #[test]
    fn account_is_read_as_cscli_writes_it() {
        let account = parse("url: http://127.0.0.1:8080/\nlogin: argos\npassword: 'it''s # a secret'\n").unwrap();
        assert_eq!((account.url.as_deref(), account.user.as_str()), (Some("http://127.0.0.1:8080/"), "argos"));
        assert_eq!(account.password.reveal(), "it's # a secret");
        let account = parse("# made by hand\npassword: \"a:b\" \nlogin: argos # here\n").unwrap();
        assert_eq!((account.url, account.user.as_str(), account.password.reveal().as_str()), (None, "argos", "a:b"));
    }

    #[test]
    fn what_is_no_account_is_refused_without_being_quoted() {
        for (text, why) in [
            ("", "login is missing"),
            ("login: a\n", "password is missing"),
            ("login: a\npassword: ''\n", "password is missing"),
            ("login: a\npassword: |\n  hush\n", "password is missing"),
            ("login: a\npassword: \"un\\closed\"\n", "password is missing"),
            ("url: file:///etc\nlogin: a\npassword: hush\n", "url is no address"),
        ] {
            assert_eq!(parse(text).err(), Some(why), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(login|password|url)?:? ?.{0,80}\n(login: .{0,20}\n)?(password: .{0,20})?") {
            if let Ok(account) = parse(&text) {
                prop_assert!(!account.user.is_empty() && !account.password.reveal().is_empty());
            }
        }
    }
}
