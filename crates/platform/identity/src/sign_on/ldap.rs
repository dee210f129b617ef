//! Passwords judged by a directory: find the entry, then bind as it with the typed password (RFC 4511, 4515). The
//! password goes nowhere else and is never stored.

use std::collections::HashMap;
use std::time::Duration;

use argos_kernel::{AppError, Result, Role};
use argos_net::{Class, Net};
use argos_settings::Settings;
use argos_web::BoxFuture;
use ldap3::{LdapConnAsync, LdapConnSettings, Scope, SearchEntry, StdStream, ldap_escape};
use schemars::JsonSchema;
use serde::Serialize;

use super::discovery::Fault;
use crate::model::external::ExternalProfile;
use crate::service::{Directory, DirectoryPerson};

/// The whole conversation.
const TIMEOUT: Duration = Duration::from_secs(5);
const ATTRIBUTES: [&str; 7] = ["uid", "sAMAccountName", "mail", "displayName", "cn", "memberOf", "entryUUID"];
/// LDAP result code of a wrong password.
const INVALID_CREDENTIALS: u32 = 49;

/// The directory the settings name.
pub(crate) struct Ldap {
    pub(crate) settings: Settings,
    pub(crate) net: Net,
}

/// The steps of a sign-in, in order.
const STEPS: [&str; 5] = ["connect", "bind", "search", "role", "password"];

/// How one step of a test went.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Step {
    /// connect, bind, search, role, password
    step: &'static str,
    ok: bool,
    /// What was found, or why not.
    detail: String,
}

impl Step {
    fn ok(step: &'static str, detail: String) -> Self {
        Self { step, ok: true, detail }
    }
}

struct Config {
    url: String,
    host: String,
    port: u16,
    base_dn: String,
    bind_dn: Option<String>,
    bind_password: String,
    group_roles: HashMap<String, Role>,
}

impl Directory for Ldap {
    fn check<'a>(&'a self, username: &'a str, password: &'a str) -> BoxFuture<'a, Result<Option<DirectoryPerson>>> {
        Box::pin(async move {
            let Some(config) = self.config()? else { return Ok(None) };
            // An empty password would bind as nobody and succeed (RFC 4513 5.1.2).
            if password.is_empty() || username.is_empty() {
                return Ok(None);
            }
            let asked = tokio::time::timeout(TIMEOUT, self.ask(&config, username, password)).await;
            let answer = asked.unwrap_or_else(|_| Err(Fault("it did not answer in time".to_owned())));
            // A directory that is away lets nobody in; local accounts go on.
            Ok(answer.unwrap_or_else(|fault| {
                tracing::warn!(%fault, "the directory could not judge a password");
                None
            }))
        })
    }
}

impl Ldap {
    fn config(&self) -> Result<Option<Config>> {
        let s = &self.settings;
        let Some(url) = s.opt_text("ldap.url")?.map(|u| u.trim().to_owned()).filter(|u| !u.is_empty()) else { return Ok(None) };
        let Some((host, port)) = host_and_port(&url) else { return Ok(None) };
        let groups = s.json("ldap.group_roles")?;
        let groups = groups.as_object().into_iter().flatten();
        let group_roles = groups.filter_map(|(dn, role)| Some((dn.to_lowercase(), role.as_str()?.parse().ok()?))).collect();
        Ok(Some(Config {
            url,
            host,
            port,
            base_dn: s.opt_text("ldap.base_dn")?.unwrap_or_default(),
            bind_dn: s.opt_text("ldap.bind_dn")?.filter(|dn| !dn.is_empty()),
            bind_password: s.secret("ldap.bind_password")?.map(argos_kernel::Secret::into_inner).unwrap_or_default(),
            group_roles,
        }))
    }

    /// Tries each step a sign-in takes and says which one fails. Without a name only the service account is tried, without
    /// a password nobody's is.
    pub(crate) async fn probe(&self, username: &str, password: &str) -> Result<Vec<Step>> {
        let Some(config) = self.config()? else {
            return Err(AppError::bad_request("ldap.url is not set").code("invalid_field").with("field", "ldap.url"));
        };
        let mut steps = Vec::new();
        let tried = tokio::time::timeout(TIMEOUT, self.walk(&config, username, password, &mut steps)).await;
        let fault = match tried {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault.0),
            Err(_) => Some("it did not answer in time".to_owned()),
        };
        if let Some(detail) = fault {
            let step = STEPS.get(steps.len()).copied().unwrap_or("password");
            steps.push(Step { step, ok: false, detail });
        }
        Ok(steps)
    }

    async fn walk(&self, config: &Config, username: &str, password: &str, steps: &mut Vec<Step>) -> Result<(), Fault> {
        let (conn, mut ldap) = self.open(config).await?;
        let talk = async {
            steps.push(Step::ok("connect", format!("{}:{}", config.host, config.port)));
            match &config.bind_dn {
                Some(dn) => {
                    ldap.simple_bind(dn, &config.bind_password).await.map_err(fault)?.success().map_err(fault)?;
                    steps.push(Step::ok("bind", dn.clone()));
                }
                None => steps.push(Step::ok("bind", "anonymous".to_owned())),
            }
            if username.is_empty() {
                let found = ldap.search(&config.base_dn, Scope::Base, "(objectClass=*)", ["1.1"]).await.map_err(fault)?;
                found.success().map_err(fault)?;
                steps.push(Step::ok("search", config.base_dn.clone()));
                return Ok(());
            }
            let entry = find(&mut ldap, config, username).await?.ok_or_else(|| Fault("not exactly one entry has this name".to_owned()))?;
            let person = person(&entry, &config.group_roles);
            steps.push(Step::ok("search", entry.dn.clone()));
            steps.push(Step::ok("role", person.role.unwrap_or(Role::Viewer).as_str().to_owned()));
            if !password.is_empty() {
                ldap.simple_bind(&entry.dn, password).await.map_err(fault)?.success().map_err(fault)?;
                steps.push(Step::ok("password", entry.dn.clone()));
            }
            Ok(())
        };
        tokio::select! {
            answer = talk => answer,
            ended = conn.drive() => Err(Fault(ended.err().map_or_else(|| "the connection ended".to_owned(), |e| e.to_string()))),
        }
    }

    async fn open(&self, config: &Config) -> Result<(LdapConnAsync, ldap3::Ldap), Fault> {
        let addrs = self.net.resolve(Class::Admin, &config.host, config.port).await?;
        let stream = tokio::net::TcpStream::connect(&addrs[..]).await.map_err(fault)?;
        let stream = stream.into_std().map_err(fault)?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Tcp(stream)).set_conn_timeout(TIMEOUT);
        LdapConnAsync::with_settings(settings, &config.url).await.map_err(fault)
    }

    async fn ask(&self, config: &Config, username: &str, password: &str) -> Result<Option<DirectoryPerson>, Fault> {
        let (conn, ldap) = self.open(config).await?;
        tokio::select! {
            answer = converse(ldap, config, username, password) => answer,
            ended = conn.drive() => Err(Fault(ended.err().map_or_else(|| "the connection ended".to_owned(), |e| e.to_string()))),
        }
    }
}

/// Finds exactly one entry and binds as it.
async fn converse(mut ldap: ldap3::Ldap, config: &Config, username: &str, password: &str) -> Result<Option<DirectoryPerson>, Fault> {
    if let Some(dn) = &config.bind_dn {
        ldap.simple_bind(dn, &config.bind_password).await.map_err(fault)?.success().map_err(fault)?;
    }
    let Some(entry) = find(&mut ldap, config, username).await? else { return Ok(None) };
    let bound = ldap.simple_bind(&entry.dn, password).await.map_err(fault)?;
    match bound.rc {
        0 => Ok(Some(person(&entry, &config.group_roles))),
        INVALID_CREDENTIALS => Ok(None),
        rc => Err(Fault(format!("the bind ended with code {rc}"))),
    }
}

/// The one entry of a name. With two of them nobody knows whose password it is.
async fn find(ldap: &mut ldap3::Ldap, config: &Config, username: &str) -> Result<Option<SearchEntry>, Fault> {
    let name = ldap_escape(username);
    let filter = format!("(|(uid={name})(sAMAccountName={name})(mail={name}))");
    let found = ldap.search(&config.base_dn, Scope::Subtree, &filter, ATTRIBUTES).await.map_err(fault)?;
    let (entries, _) = found.success().map_err(fault)?;
    let mut entries: Vec<SearchEntry> = entries.into_iter().filter(|e| !e.is_ref()).map(SearchEntry::construct).collect();
    Ok(entries.pop().filter(|_| entries.is_empty()))
}

fn person(entry: &SearchEntry, group_roles: &HashMap<String, Role>) -> DirectoryPerson {
    let first = |name: &str| {
        let hit = entry.attrs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        hit.and_then(|(_, values)| values.first()).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    };
    let groups = entry.attrs.iter().filter(|(name, _)| name.eq_ignore_ascii_case("memberOf")).flat_map(|(_, values)| values);
    let role = groups.filter_map(|dn| group_roles.get(&dn.to_lowercase()).copied()).max();
    DirectoryPerson {
        profile: ExternalProfile {
            // The provider says it.
            issuer: String::new(),
            provider: "ldap".to_owned(),
            subject: first("entryUUID").unwrap_or_else(|| entry.dn.to_lowercase()),
            email: first("mail").map(|m| m.to_lowercase()),
            email_verified: false,
            preferred_username: first("uid").or_else(|| first("sAMAccountName")),
            name: first("displayName").or_else(|| first("cn")),
        },
        role: (!group_roles.is_empty()).then(|| role.unwrap_or(Role::Viewer).min(Role::Admin)),
    }
}

fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let usual = match scheme {
        "ldap" => 389,
        "ldaps" => 636,
        _ => return None,
    };
    let authority = rest.split(['/', '?']).next()?;
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !host.ends_with(':') && !port.contains(']') => {
            Some((host.to_owned(), port.parse().ok()?))
        }
        _ => (!authority.is_empty()).then(|| (authority.to_owned(), usual)),
    }
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_their_usual_ports() {
        assert_eq!(host_and_port("ldap://dir.example"), Some(("dir.example".to_owned(), 389)));
        assert_eq!(host_and_port("ldaps://dir.example/"), Some(("dir.example".to_owned(), 636)));
        assert_eq!(host_and_port("ldap://[::1]:3890"), Some(("[::1]".to_owned(), 3890)));
        assert_eq!((host_and_port("http://x"), host_and_port("ldap://")), (None, None));
    }

    #[test]
    fn highest_role_of_the_groups_counts() {
        let roles: HashMap<String, Role> = [("cn=ops,dc=x".to_owned(), Role::Operator), ("cn=adm,dc=x".to_owned(), Role::Admin)].into();
        let entry = |groups: &[&str]| SearchEntry {
            dn: "uid=a,dc=x".to_owned(),
            attrs: [("memberof".to_owned(), groups.iter().map(|g| (*g).to_owned()).collect())].into(),
            bin_attrs: HashMap::new(),
        };
        assert_eq!(person(&entry(&["CN=ops,DC=x", "cn=adm,dc=x"]), &roles).role, Some(Role::Admin));
        assert_eq!(person(&entry(&["cn=other,dc=x"]), &roles).role, Some(Role::Viewer));
        assert_eq!(person(&entry(&["cn=adm,dc=x"]), &HashMap::new()).role, None);
    }
}
