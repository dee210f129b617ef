//! The environment names of a key, from the registry's `env` column, and the few combined forms the documents define.

use crate::Class;

/// How a variable's text becomes the value of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EnvForm {
    /// The text is the value.
    Whole,
    /// The host of an address; the other variable holds the port.
    Host { port: String },
    /// The port of an address; the other variable holds the host.
    Port { host: String },
    /// A true flag stands for this value, a false one for nothing.
    Flag { value: &'static str },
    /// One member of an object.
    Member(String),
}

/// One accepted variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvName {
    pub(crate) name: String,
    pub(crate) form: EnvForm,
}

impl EnvName {
    fn whole(name: impl Into<String>) -> Self {
        Self { name: name.into(), form: EnvForm::Whole }
    }
}

/// All variables of a key. The canonical name comes first, also when the column leaves it out.
pub(crate) fn env_names(key: &str, class: Class, column: &str) -> Vec<EnvName> {
    if class == Class::ReadOnly {
        return Vec::new();
    }
    let canonical = format!("ARGOS_{}", key.replace('.', "_").to_uppercase());
    let mut names = vec![EnvName::whole(canonical.clone())];
    for item in column.split(", ").map(str::trim) {
        // Remarks in parentheses are for the reader.
        let item = item.split(" (").next().unwrap_or_default().trim();
        if item.is_empty() || item == canonical {
            continue;
        }
        if let Some((host, port)) = item.split_once('+') {
            names.push(EnvName { name: host.to_owned(), form: EnvForm::Host { port: port.to_owned() } });
            names.push(EnvName { name: port.to_owned(), form: EnvForm::Port { host: host.to_owned() } });
        } else if let Some((flag, _)) = item.split_once('=') {
            names.push(EnvName { name: flag.to_owned(), form: EnvForm::Flag { value: "" } });
        } else if key == "http.trusted_proxies" && item.ends_with("TRUST_PROXY") {
            names.push(EnvName {
                name: item.to_owned(),
                form: EnvForm::Flag { value: "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16" },
            });
        } else if matches!(key, "power.alert.seed_gotify" | "power.alert.seed_ntfy") {
            let member = item.rsplit('_').next().unwrap_or_default().to_lowercase();
            names.push(EnvName { name: item.to_owned(), form: EnvForm::Member(member) });
        } else {
            names.push(EnvName::whole(item));
        }
    }
    // A name and its NOBA_ twin are found as one, so the second is left out.
    let mut seen = Vec::new();
    names.retain(|n| {
        let twin = n.name.strip_prefix("NOBA_").map_or_else(|| n.name.clone(), |rest| format!("ARGOS_{rest}"));
        let fresh = !seen.contains(&twin);
        seen.push(twin);
        fresh
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(key: &str, column: &str) -> Vec<String> {
        env_names(key, Class::Runtime, column).into_iter().map(|n| n.name).collect()
    }

    #[test]
    fn remarks_pairs_and_twins_are_understood() {
        assert_eq!(names("jobs.max", "ARGOS_JOBS_MAX, NOBA_MAX_JOBS, ARGOS_MAX_JOBS"), ["ARGOS_JOBS_MAX", "NOBA_MAX_JOBS"]);
        assert_eq!(
            names("http.listen", "ARGOS_HTTP_LISTEN, ARGOS_LISTEN, HOST+PORT"),
            ["ARGOS_HTTP_LISTEN", "ARGOS_LISTEN", "HOST", "PORT"]
        );
        assert_eq!(names("master_key", "ARGOS_MASTER_KEY, ENCRYPTION_KEY (+_FILE)"), ["ARGOS_MASTER_KEY", "ENCRYPTION_KEY"]);
        let detect = env_names("panel.public_ip_detect_url", Class::Runtime, "ARGOS_PUBLIC_IP_DISABLE=1 (off)");
        assert_eq!(detect[1], EnvName { name: "ARGOS_PUBLIC_IP_DISABLE".to_owned(), form: EnvForm::Flag { value: "" } });
        let ntfy = env_names("power.alert.seed_ntfy", Class::Bootstrap, "NTFY_URL, NTFY_TOKEN");
        assert_eq!(ntfy[2].form, EnvForm::Member("token".to_owned()));
        assert!(env_names("appsec.mode", Class::ReadOnly, "").is_empty());
    }
}
