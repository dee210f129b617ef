//! What a value of a key must be like. The registry's rule column is read once into numbers and words; remarks that
//! only explain are kept as text. Reasons name the rule, never the value, which may be a secret.

use std::net::IpAddr;
use std::str::FromStr;

use argos_web::Cidr;
use serde_json::{Value, json};

use crate::{Kind, Spec};

/// Longest text or list entry, and largest structure, in bytes.
const TEXT_MAX: usize = 16 << 10;
const STRUCTURE_MAX: usize = 256 << 10;

/// Which URLs a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Web,
    /// http(s) with neither path nor query.
    WebRoot,
    HttpsOrLoopback,
    Https,
    Ldap,
    Mqtt,
    Any,
}

/// The checkable part of a rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    min: Option<f64>,
    max: Option<f64>,
    chars_min: usize,
    chars_max: usize,
    words: Vec<&'static str>,
    scheme: Scheme,
    lower: bool,
    https_entries: bool,
    targets: bool,
    currency: bool,
}

impl Rule {
    pub(crate) fn parse(key: &str, kind: Kind, text: &'static str) -> Self {
        let mut rule = Self {
            min: None,
            max: None,
            chars_min: 0,
            chars_max: TEXT_MAX,
            words: Vec::new(),
            scheme: Scheme::Web,
            lower: text == "lower-case",
            https_entries: text == "https issuers",
            targets: text == "host, CIDR, host:port",
            currency: text == "ISO 4217",
        };
        let head = text.split([',', ';', ' ']).next().unwrap_or_default();
        let bounds = match (head.strip_prefix(">="), head.split_once('-')) {
            (Some(min), _) => (min.parse::<u32>().ok(), None),
            (None, Some((min, max))) => (min.parse::<u32>().ok(), max.parse::<u32>().ok()),
            _ => (None, None),
        };
        match kind {
            Kind::Int | Kind::Num => (rule.min, rule.max) = (bounds.0.map(f64::from), bounds.1.map(f64::from)),
            Kind::Text => {
                rule.chars_min = bounds.0.map_or(usize::from(text == "non-empty"), |n| n as usize);
                rule.chars_max = bounds.1.map_or(TEXT_MAX, |n| n as usize);
            }
            Kind::Enum | Kind::Set if !text.is_empty() => rule.words = text.split(['/', ' ']).collect(),
            Kind::Url => {
                rule.scheme = match text {
                    "http(s), no path" => Scheme::WebRoot,
                    "https or loopback" => Scheme::HttpsOrLoopback,
                    "\"\" or https" => Scheme::Https,
                    "ldap(s)://" => Scheme::Ldap,
                    "mqtt(s)://" => Scheme::Mqtt,
                    // Notification URLs of Apprise have a scheme per service.
                    _ if matches!(key, "database.url" | "redis_url" | "power.alert.seed_apprise") => Scheme::Any,
                    _ => Scheme::Web,
                }
            }
            _ => {}
        }
        rule
    }

    /// The words of an enumeration, for forms.
    pub(crate) fn words(&self) -> &[&'static str] {
        &self.words
    }

    /// Least and greatest number, where the rule names them.
    pub(crate) fn range(&self) -> (Option<f64>, Option<f64>) {
        (self.min, self.max)
    }

    /// Judges a value in its JSON form and returns it normalised.
    pub(crate) fn check(&self, spec: &Spec, value: Value) -> Result<Value, String> {
        let kind = spec.kind;
        match (kind, value) {
            (Kind::Bool, Value::Bool(b)) => Ok(json!(b)),
            (Kind::VerifyTls, Value::Bool(b)) => Ok(json!(b)),
            (Kind::VerifyTls, Value::String(path)) => self.text(spec, &path).map(Value::String),
            (Kind::Int, Value::Number(n)) => {
                // 5.0 is an integer in most documents' JSON.
                let whole = n.as_i64().or_else(|| n.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 9e15).map(|x| x as i64));
                let whole = whole.ok_or("must be a whole number")?;
                #[expect(clippy::cast_precision_loss, reason = "only compared with bounds far below 2^53")]
                self.bounds(whole as f64)?;
                Ok(json!(whole))
            }
            (Kind::Num, Value::Number(n)) => {
                let x = n.as_f64().filter(|x| x.is_finite()).ok_or("must be a number")?;
                self.bounds(x)?;
                Ok(json!(x))
            }
            (_, Value::String(text)) if kind.is_text() => self.text(spec, &text).map(Value::String),
            (_, Value::Array(items)) if kind.is_list() => self.list(kind, &items),
            (Kind::Object, value @ Value::Object(_)) | (Kind::Array, value @ Value::Array(_)) | (Kind::Json, value) => structure(value),
            _ => Err(expected(kind).to_owned()),
        }
    }

    fn bounds(&self, x: f64) -> Result<(), String> {
        match (self.min, self.max) {
            (Some(min), Some(max)) if x < min || x > max => Err(format!("must be between {min} and {max}")),
            (Some(min), None) if x < min => Err(format!("must be at least {min}")),
            _ => Ok(()),
        }
    }

    fn text(&self, spec: &Spec, text: &str) -> Result<String, String> {
        let clean = if spec.secret { text } else { text.trim() };
        if clean.len() > TEXT_MAX {
            return Err(format!("must be at most {TEXT_MAX} bytes"));
        }
        if clean.contains('\0') {
            return Err("must not contain a zero byte".to_owned());
        }
        // Emptying an optional text switches the feature off.
        let mandatory = spec.default.is_some() && self.chars_min > 0;
        if clean.is_empty() && !mandatory && !matches!(spec.kind, Kind::Enum | Kind::Cron | Kind::Timezone | Kind::Addr { .. }) {
            return Ok(String::new());
        }
        let chars = clean.chars().count();
        if chars < self.chars_min || chars > self.chars_max {
            return Err(match self.chars_max {
                TEXT_MAX => format!("must be at least {} characters", self.chars_min),
                max => format!("must be {} to {max} characters", self.chars_min),
            });
        }
        match spec.kind {
            Kind::Enum => self.word(clean),
            Kind::Url => self.url(clean).map(|()| clean.to_owned()),
            Kind::Addr { off } => address(clean, off),
            Kind::Ip => clean.parse::<IpAddr>().map(|ip| ip.to_string()).map_err(|_| "must be an IP address".to_owned()),
            Kind::Domain => domain(clean),
            Kind::Cron => cron(clean),
            Kind::Timezone => timezone(clean),
            _ if self.currency => currency(clean),
            _ => Ok(clean.to_owned()),
        }
    }

    fn word(&self, text: &str) -> Result<String, String> {
        if self.words.is_empty() {
            return Ok(text.to_owned());
        }
        match self.words.iter().find(|w| w.eq_ignore_ascii_case(text)) {
            Some(word) => Ok((*word).to_owned()),
            None => Err(format!("must be one of {}", self.words.join(", "))),
        }
    }

    fn list(&self, kind: Kind, items: &[Value]) -> Result<Value, String> {
        let mut out: Vec<String> = Vec::new();
        for item in items {
            let text = item.as_str().ok_or("must be a list of texts")?.trim();
            if text.is_empty() {
                continue;
            }
            if text.len() > TEXT_MAX || out.len() >= 10_000 {
                return Err("is too long".to_owned());
            }
            let mut entry = text.to_owned();
            match kind {
                Kind::Cidrs if Cidr::parse(text).is_none() => return Err(format!("entry {} is not an address or range", out.len() + 1)),
                Kind::Origins => entry = origin(text)?,
                Kind::Set => entry = self.word(text)?,
                _ if self.lower => entry = text.to_lowercase(),
                _ if self.https_entries && !text.starts_with("https://") && !is_own_machine(text) => {
                    return Err("must be a list of https URLs".to_owned());
                }
                _ if self.targets => target(text)?,
                _ => {}
            }
            if kind != Kind::Set || !out.contains(&entry) {
                out.push(entry);
            }
        }
        Ok(json!(out))
    }

    fn url(&self, text: &str) -> Result<(), String> {
        if self.scheme == Scheme::Any {
            return Ok(());
        }
        let url = url::Url::parse(text).map_err(|_| "must be a URL".to_owned())?;
        let allowed: &[&str] = match self.scheme {
            Scheme::Ldap => &["ldap", "ldaps"],
            Scheme::Mqtt => &["mqtt", "mqtts"],
            Scheme::Https => &["https"],
            _ => &["http", "https"],
        };
        if !allowed.contains(&url.scheme()) {
            return Err(format!("must be a URL with scheme {}", allowed.join(" or ")));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("must be a URL with a host".to_owned());
        }
        match self.scheme {
            Scheme::WebRoot if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
                Err("must be a URL without a path".to_owned())
            }
            Scheme::HttpsOrLoopback if url.scheme() == "http" && !is_loopback(&url) => Err("must be https, or http on loopback".to_owned()),
            _ => Ok(()),
        }
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn structure(value: Value) -> Result<Value, String> {
    if value.get("$sealed").is_some() {
        return Err("must not have a member $sealed".to_owned());
    }
    if value.to_string().len() > STRUCTURE_MAX {
        return Err(format!("must be at most {STRUCTURE_MAX} bytes"));
    }
    Ok(value)
}

/// `host:port`, `:port` or a bare port; the host may be left out for "every address".
fn address(text: &str, off: bool) -> Result<String, String> {
    if off && text.eq_ignore_ascii_case("off") {
        return Ok("off".to_owned());
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let host_ok = host.is_empty() || host == "*" || bare.parse::<IpAddr>().is_ok() || (host == bare && domain(host).is_ok());
    if port.parse::<u16>().is_err() || !host_ok {
        return Err(if off { "must be host:port or off" } else { "must be host:port" }.to_owned());
    }
    Ok(if text.contains(':') { text.to_owned() } else { format!(":{text}") })
}

fn domain(text: &str) -> Result<String, String> {
    let label = |l: &str| {
        (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') && !l.starts_with('-')
    };
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    if name.len() <= 253 && name.split('.').all(label) { Ok(name) } else { Err("must be a host name".to_owned()) }
}

fn cron(text: &str) -> Result<String, String> {
    let five = text.split_whitespace().count() == 5;
    if five && croner::Cron::from_str(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("must be a cron expression of five fields".to_owned())
    }
}

fn timezone(text: &str) -> Result<String, String> {
    // glibc writes `:Europe/Berlin` too.
    let name = text.trim_start_matches(':');
    chrono_tz::Tz::from_str(name).map(|tz| tz.name().to_owned()).map_err(|_| "must be an IANA time zone".to_owned())
}

fn currency(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err("must be a three-letter currency code".to_owned())
    }
}

/// Plain HTTP to this machine itself, which no other machine can read; the guard of outbound requests judges it as well.
fn is_own_machine(text: &str) -> bool {
    let host = text.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    ["127.0.0.1", "[::1]", "localhost"]
        .iter()
        .any(|own| host.strip_prefix(own).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

fn origin(text: &str) -> Result<String, String> {
    let bad = || "must be a list of origins such as https://app.example.com".to_owned();
    let url = url::Url::parse(text).map_err(|_| bad())?;
    let plain = matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none() && url.username().is_empty();
    if plain && !text.contains('*') { Ok(url.origin().ascii_serialization()) } else { Err(bad()) }
}

/// An entry of an outbound allow-list: host, range, or either with a port.
fn target(text: &str) -> Result<(), String> {
    let host = |h: &str| domain(h).is_ok() || h.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let with_port = || text.rsplit_once(':').is_some_and(|(h, p)| p.parse::<u16>().is_ok() && host(h));
    if Cidr::parse(text).is_some() || host(text) || with_port() {
        Ok(())
    } else {
        Err("must be a list of hosts, ranges and host:port".to_owned())
    }
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "must be a whole number",
        Kind::Num => "must be a number",
        Kind::Bool => "must be true or false",
        Kind::VerifyTls => "must be true, false or a path",
        Kind::Object => "must be an object",
        Kind::Array => "must be an array",
        Kind::List | Kind::Csv | Kind::Set | Kind::Cidrs | Kind::Origins => "must be a list",
        _ => "must be a text",
    }
}

#[cfg(test)]
mod tests;
