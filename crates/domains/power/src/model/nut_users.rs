//! The users of our own NUT server, in the form of `upsd.users`: `[name]`, `password`, `upsmon primary|secondary`,
//! `actions = SET|FSD`, `instcmds = ALL|<command>`, and `devices = <ups>, ...` as our own addition.

use argos_kernel::Secret;
use argos_nut::Right;

/// One user.
#[derive(Clone, Default)]
pub struct NutUser {
    name: String,
    password: Option<Secret<String>>,
    primary: bool,
    secondary: bool,
    set: bool,
    fsd: bool,
    commands: Vec<String>,
    /// Names of the UPSes this user may see; every one when empty.
    devices: Vec<String>,
}

/// Everybody who may sign in.
#[derive(Clone, Default)]
pub struct NutUsers(Vec<NutUser>);

impl NutUsers {
    /// Reads the file; the error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut users: Vec<NutUser> = Vec::new();
        for (index, raw) in text.lines().enumerate() {
            let line = raw.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |what: &str| format!("line {}: {what}", index + 1);
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                if name.trim().is_empty() || users.iter().any(|u| u.name == name.trim()) {
                    return Err(fault("the user has no name or stands twice"));
                }
                users.push(NutUser { name: name.trim().to_owned(), ..NutUser::default() });
                continue;
            }
            let user = users.last_mut().ok_or_else(|| fault("a user must be named first, as [name]"))?;
            let (key, value) = line.split_once(['=', ' ', '\t']).ok_or_else(|| fault("a name and a value are expected"))?;
            let value = value.trim().trim_start_matches('=').trim();
            let words = argos_nut::split(value).map_err(|e| fault(&e.to_string()))?;
            user.set(key.trim(), &words).map_err(|what| fault(&what))?;
        }
        match users.iter().find(|u| u.password.is_none()) {
            Some(user) => Err(format!("user {} has no password", user.name)),
            None => Ok(Self(users)),
        }
    }

    /// Whether these credentials give this right on this UPS. Takes as long for a wrong password as for a right one.
    pub fn allows(&self, name: &str, password: &str, right: Right<'_>, ups: &str) -> bool {
        let mut allowed = false;
        for user in &self.0 {
            let known = same(user.name.as_bytes(), name.as_bytes());
            let proven = user.password.as_ref().is_some_and(|p| same(p.reveal().as_bytes(), password.as_bytes()));
            allowed |= known & proven & user.may(right, ups);
        }
        allowed
    }
}

impl NutUser {
    fn set(&mut self, key: &str, words: &[String]) -> Result<(), String> {
        let lower = || words.iter().map(|w| w.trim_matches(',').to_ascii_lowercase()).collect::<Vec<_>>();
        match key {
            "password" => self.password = Some(Secret::new(words.join(" "))),
            "upsmon" => match lower().first().map(String::as_str) {
                Some("primary" | "master") => self.primary = true,
                Some("secondary" | "slave") => self.secondary = true,
                _ => return Err("upsmon must be primary or secondary".to_owned()),
            },
            "actions" => {
                for word in lower() {
                    match word.as_str() {
                        "set" => self.set = true,
                        "fsd" => self.fsd = true,
                        _ => return Err("actions must be SET or FSD".to_owned()),
                    }
                }
            }
            "instcmds" => self.commands.extend(lower()),
            "devices" => self.devices.extend(words.iter().flat_map(|w| w.split(',')).filter(|w| !w.is_empty()).map(str::to_owned)),
            other => return Err(format!("unknown entry {other}")),
        }
        Ok(())
    }

    fn may(&self, right: Right<'_>, ups: &str) -> bool {
        let seen = self.devices.is_empty() || self.devices.iter().any(|d| d == ups);
        // Whoever is a secondary can never order a shutdown, whatever its actions say.
        let right = match right {
            Right::Login => self.primary || self.secondary,
            Right::Primary => self.primary,
            Right::Fsd => self.primary || (self.fsd && !self.secondary),
            Right::Set => self.set,
            Right::Command(name) => self.commands.iter().any(|c| c == "all" || c.eq_ignore_ascii_case(name)),
        };
        seen && right
    }
}

fn same(a: &[u8], b: &[u8]) -> bool {
    let mut differs = a.len() ^ b.len();
    for (i, byte) in a.iter().enumerate() {
        differs |= usize::from(byte ^ b.get(i % b.len().max(1)).copied().unwrap_or(!byte));
    }
    differs == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# who\n[main]\n  password = \"two words\"\n  upsmon primary\n  actions = SET\n  instcmds = ALL\n\n[nas]\npassword=secret\n\
                        upsmon secondary\nactions = FSD\ndevices = rack-1\n";

    #[test]
    fn rights_follow_role_and_devices() {
        let users = NutUsers::parse(FILE).unwrap();
        assert!(
            users.allows("main", "two words", Right::Fsd, "any") && users.allows("main", "two words", Right::Command("beeper.mute"), "any")
        );
        assert!(users.allows("nas", "secret", Right::Login, "rack-1") && !users.allows("nas", "secret", Right::Login, "other"));
        assert!(!users.allows("nas", "secret", Right::Fsd, "rack-1"), "a secondary never orders a shutdown");
        for (name, password) in [("nas", "secre"), ("nas", "secretx"), ("nas", ""), ("nobody", "secret")] {
            assert!(!users.allows(name, password, Right::Login, "rack-1"), "{name} {password}");
        }
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(NutUsers::parse("password = x").err().unwrap(), "line 1: a user must be named first, as [name]");
        assert_eq!(NutUsers::parse("[a]\npassword = x\nupsmon boss").err().unwrap(), "line 3: upsmon must be primary or secondary");
        assert_eq!(NutUsers::parse("[a]\nupsmon primary").err().unwrap(), "user a has no password");
    }

    proptest::proptest! {
        #[test]
        fn any_file_is_read_or_refused(text in "(\\[?[a-z]{0,4}\\]?[ =]?[\"a-z]{0,5}\n){0,8}") {
            if let Ok(users) = NutUsers::parse(&text) {
                let allowed = users.allows("", "none of these", Right::Fsd, "x");
                proptest::prop_assert!(!allowed);
            }
        }
    }
}
