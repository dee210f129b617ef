//! Whether a call really comes from its sender: every scheme of platform spec 14 and quality spec E.2, over the raw
//! body, in constant time. Pure. Anything missing, malformed or unknown is "no".

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::hmac;

/// How far a signed time may be off, in seconds.
const WINDOW_S: i64 = 300;

/// Senders an endpoint can be made for.
pub(crate) const SOURCES: [&str; 16] = [
    "generic",
    "github",
    "gitlab",
    "sentry",
    "fullstory",
    "slack",
    "pagerduty",
    "circleci",
    "vercel",
    "launchdarkly",
    "jira",
    "datadog",
    "logrocket",
    "newrelic",
    "bugsnag",
    "rollbar",
];
/// How an endpoint knows its sender: `basic` takes the password of HTTP Basic alone, `token` takes it in any of its places.
pub(crate) const MODES: [&str; 4] = ["native", "token", "basic", "none"];

/// What verification looks at.
pub(crate) struct Call<'a> {
    pub(crate) header: &'a (dyn Fn(&str) -> Option<&'a str> + Send + Sync),
    /// `?token=`
    pub(crate) token: Option<&'a str>,
    pub(crate) body: &'a [u8],
    pub(crate) now_s: i64,
}

/// Whether `secret` made this call. `mode` is the endpoint's.
pub(crate) fn is_genuine(source: &str, mode: &str, secret: &str, call: &Call<'_>) -> bool {
    if mode == "none" {
        return true;
    }
    if secret.is_empty() {
        return false;
    }
    match mode {
        "token" => return has_token(secret, call),
        "basic" => return basic_password(call).is_some_and(|given| is_same(&given, secret)),
        _ => {}
    }
    let header = |name: &str| (call.header)(name);
    let hex256 = |name: &str, prefix: &str| {
        header(name).is_some_and(|h| is_hex(hmac::HMAC_SHA256, secret, &[call.body], h.trim().strip_prefix(prefix).unwrap_or("")))
    };
    match source {
        "generic" => generic(secret, call),
        "github" => hex256("x-hub-signature-256", "sha256="),
        "jira" => hex256("x-hub-signature", "sha256="),
        "gitlab" => header("x-gitlab-token").is_some_and(|t| is_same(t, secret)),
        "sentry" => header("sentry-hook-timestamp").is_none_or(|t| is_fresh(t, call.now_s)) && hex256("sentry-hook-signature", ""),
        "launchdarkly" => hex256("x-ld-signature", ""),
        "vercel" => {
            header("x-vercel-signature").is_some_and(|h| is_hex(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, &[call.body], h.trim()))
        }
        "pagerduty" => any_v1(header("x-pagerduty-signature"), secret, call.body),
        "circleci" => any_v1(header("circleci-signature"), secret, call.body),
        "slack" => slack(secret, call),
        "fullstory" => fullstory(secret, call) || has_token(secret, call),
        "datadog" | "logrocket" | "newrelic" | "bugsnag" | "rollbar" => has_token(secret, call) || hex256("x-argos-signature", "sha256="),
        _ => false,
    }
}

/// The signature of a call that is good once: it covers a time, or (Sentry) a body that names itself. The same signature
/// has one key, however its digits are written and whatever stands beside it. Only for calls that are genuine.
pub(crate) fn replay_key(source: &str, mode: &str, call: &Call<'_>) -> Option<String> {
    let header = |name: &str| (call.header)(name);
    if mode != "native" {
        return None;
    }
    let signature = match source {
        "fullstory" => return header("fullstory-signature")?.split(',').find_map(|part| part.trim().strip_prefix("v:")).map(short),
        "generic" => header("x-argos-timestamp").and(header("x-hub-signature-256").or_else(|| header("x-argos-signature")))?,
        "slack" => header("x-slack-signature")?,
        // Its time is not signed, so it may be changed or left out.
        "sentry" => header("sentry-hook-signature")?,
        _ => return None,
    };
    let signature = signature.trim();
    let digits = signature.strip_prefix("sha256=").or_else(|| signature.strip_prefix("v0=")).unwrap_or(signature);
    Some(short(&digits.to_ascii_lowercase()))
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

fn is_fresh(stamp: &str, now_s: i64) -> bool {
    stamp.trim().parse::<i64>().is_ok_and(|at| now_s.abs_diff(at) <= WINDOW_S.unsigned_abs())
}

fn is_hex(algorithm: hmac::Algorithm, secret: &str, parts: &[&[u8]], given: &str) -> bool {
    HEXLOWER_PERMISSIVE.decode(given.as_bytes()).is_ok_and(|tag| is_tag(algorithm, secret, parts, &tag))
}

fn is_tag(algorithm: hmac::Algorithm, secret: &str, parts: &[&[u8]], tag: &[u8]) -> bool {
    !tag.is_empty() && hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), &parts.concat(), tag).is_ok()
}

/// Equal, in a time that does not depend on where they differ.
fn is_same(given: &str, secret: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    hmac::verify(&key, given.as_bytes(), hmac::sign(&key, secret.as_bytes()).as_ref()).is_ok()
}

/// The prefix is optional; with a time, the signature covers it.
fn generic(secret: &str, call: &Call<'_>) -> bool {
    let Some(given) = (call.header)("x-hub-signature-256").or_else(|| (call.header)("x-argos-signature")) else { return false };
    let given = given.trim().strip_prefix("sha256=").unwrap_or(given.trim());
    match (call.header)("x-argos-timestamp").map(str::trim) {
        // Without its time a signed call would be good for ever: nothing that reads like time and body is a body.
        None => !names_a_time(call.body) && is_hex(hmac::HMAC_SHA256, secret, &[call.body], given),
        Some(stamp) => is_fresh(stamp, call.now_s) && is_hex(hmac::HMAC_SHA256, secret, &[stamp.as_bytes(), b".", call.body], given),
    }
}

/// Whether a body reads `<unix time>.<rest>`.
fn names_a_time(body: &[u8]) -> bool {
    let digits = body.iter().take_while(|b| b.is_ascii_digit()).count();
    digits >= 9 && body.get(digits) == Some(&b'.')
}

fn any_v1(header: Option<&str>, secret: &str, body: &[u8]) -> bool {
    let signatures = header.unwrap_or_default().split(',').filter_map(|s| s.trim().strip_prefix("v1="));
    signatures.take(10).any(|s| is_hex(hmac::HMAC_SHA256, secret, &[body], s))
}

fn slack(secret: &str, call: &Call<'_>) -> bool {
    let (Some(stamp), Some(given)) = ((call.header)("x-slack-request-timestamp"), (call.header)("x-slack-signature")) else { return false };
    let Some(given) = given.trim().strip_prefix("v0=") else { return false };
    is_fresh(stamp, call.now_s) && is_hex(hmac::HMAC_SHA256, secret, &[b"v0:", stamp.trim().as_bytes(), b":", call.body], given)
}

/// `o:<org>,t:<unix>,v:<base64>` over `body:org:t`.
fn fullstory(secret: &str, call: &Call<'_>) -> bool {
    let Some(header) = (call.header)("fullstory-signature") else { return false };
    let part = |name: &str| header.split(',').find_map(|p| p.trim().strip_prefix(name));
    let (Some(org), Some(at), Some(tag)) = (part("o:"), part("t:"), part("v:")) else { return false };
    let Ok(tag) = BASE64.decode(tag.as_bytes()) else { return false };
    is_fresh(at, call.now_s) && is_tag(hmac::HMAC_SHA256, secret, &[call.body, b":", org.as_bytes(), b":", at.as_bytes()], &tag)
}

/// `X-Webhook-Token`, `Authorization: Bearer` or the password of `Basic`, or `?token=`.
fn has_token(secret: &str, call: &Call<'_>) -> bool {
    let authorization = (call.header)("authorization").unwrap_or_default();
    let bearer = authorization.strip_prefix("Bearer ").map(str::trim).map(str::to_owned);
    let given = [(call.header)("x-webhook-token").map(str::to_owned), bearer, basic_password(call), call.token.map(str::to_owned)];
    given.into_iter().flatten().any(|t| is_same(&t, secret))
}

/// The password of `Authorization: Basic` (RFC 7617); the name before it is the sender's.
fn basic_password(call: &Call<'_>) -> Option<String> {
    let encoded = (call.header)("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_750_000_000;
    const BODY: &[u8] = b"{\"a\":1}";

    fn judge(source: &str, mode: &str, secret: &str, headers: &[(&str, String)], token: Option<&str>, body: &[u8]) -> bool {
        let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        is_genuine(source, mode, secret, &Call { header: &find, token, body, now_s: NOW })
    }
    fn hex(algorithm: hmac::Algorithm, parts: &[&[u8]]) -> String {
        HEXLOWER.encode(hmac::sign(&hmac::Key::new(algorithm, b"s3cret"), &parts.concat()).as_ref())
    }

    /// What each sender would send now; the first header is the proof.
    fn genuine(source: &str) -> Vec<(&'static str, String)> {
        let sha = hex(hmac::HMAC_SHA256, &[BODY]);
        let stamp = NOW.to_string();
        match source {
            "generic" => {
                vec![("x-hub-signature-256", hex(hmac::HMAC_SHA256, &[stamp.as_bytes(), b".", BODY])), ("x-argos-timestamp", stamp)]
            }
            "github" => vec![("x-hub-signature-256", format!("sha256={sha}"))],
            "jira" => vec![("x-hub-signature", format!("sha256={sha}"))],
            "gitlab" => vec![("x-gitlab-token", "s3cret".to_owned())],
            "sentry" => vec![("sentry-hook-signature", sha), ("sentry-hook-timestamp", stamp)],
            "launchdarkly" => vec![("x-ld-signature", sha)],
            "vercel" => vec![("x-vercel-signature", hex(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &[BODY]))],
            "pagerduty" => vec![("x-pagerduty-signature", format!("v1=00, v1={sha}"))],
            "circleci" => vec![("circleci-signature", format!("v1={sha}"))],
            "slack" => {
                let tag = hex(hmac::HMAC_SHA256, &[b"v0:", stamp.as_bytes(), b":", BODY]);
                vec![("x-slack-signature", format!("v0={tag}")), ("x-slack-request-timestamp", stamp)]
            }
            "fullstory" => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret");
                let tag = hmac::sign(&key, &[BODY, b":org:", stamp.as_bytes()].concat());
                vec![("fullstory-signature", format!("o:org,t:{stamp},v:{}", BASE64.encode(tag.as_ref())))]
            }
            _ => vec![("x-webhook-token", "s3cret".to_owned())],
        }
    }

    #[test]
    fn every_sender_is_known_by_its_own_proof_and_by_nothing_else() {
        for source in SOURCES {
            let headers = genuine(source);
            assert!(judge(source, "native", "s3cret", &headers, None, BODY), "{source}");
            assert!(!judge(source, "native", "other", &headers, None, BODY), "{source}: another secret");
            assert!(!judge(source, "native", "", &headers, None, BODY), "{source}: no secret");
            assert!(!judge(source, "native", "s3cret", &[], None, BODY), "{source}: no header");
            let signs_body = !matches!(source, "gitlab" | "datadog" | "logrocket" | "newrelic" | "bugsnag" | "rollbar");
            assert_eq!(judge(source, "native", "s3cret", &headers, None, b"{\"a\":2}"), !signs_body, "{source}: a flipped byte");
        }
        assert!(!judge("unknown", "native", "s3cret", &genuine("github"), None, BODY));
    }

    #[test]
    fn signed_times_are_valid_for_five_minutes() {
        for (source, name) in [("generic", "x-argos-timestamp"), ("slack", "x-slack-request-timestamp")] {
            for (off, ok) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
                let stamp = (NOW + off).to_string();
                let parts: Vec<&[u8]> =
                    if source == "slack" { vec![b"v0:", stamp.as_bytes(), b":", BODY] } else { vec![stamp.as_bytes(), b".", BODY] };
                let tag = hex(hmac::HMAC_SHA256, &parts);
                let proof = if source == "slack" { ("x-slack-signature", format!("v0={tag}")) } else { ("x-hub-signature-256", tag) };
                assert_eq!(judge(source, "native", "s3cret", &[proof, (name, stamp)], None, BODY), ok, "{source} {off}");
            }
        }
    }

    #[test]
    fn timed_call_is_not_genuine_again_with_its_time_moved_into_the_body() {
        let (mut headers, stamp) = (genuine("generic"), NOW.to_string());
        assert!(judge("generic", "native", "s3cret", &headers, None, BODY));
        headers.pop();
        let moved = [stamp.as_bytes(), b".", BODY].concat();
        assert!(!judge("generic", "native", "s3cret", &headers, None, &moved));
    }

    #[test]
    fn replayed_signature_has_one_key_in_every_spelling() {
        for source in ["generic", "slack", "sentry", "fullstory"] {
            let headers = genuine(source);
            let key = |headers: &[(&str, String)]| {
                let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
                replay_key(source, "native", &Call { header: &find, token: None, body: BODY, now_s: NOW })
            };
            let plain = key(&headers).expect("a key");
            let mut other = headers.clone();
            other[0].1 = match source {
                "fullstory" => format!(" x:1, {} ", other[0].1),
                "slack" => format!("v0={}", other[0].1.trim_start_matches("v0=").to_uppercase()),
                _ => format!(" {} ", other[0].1.to_uppercase()),
            };
            assert!(judge(source, "native", "s3cret", &other, None, BODY), "{source}: still genuine");
            assert_eq!(key(&other), Some(plain), "{source}");
        }
    }

    #[test]
    fn only_a_signature_that_is_good_once_has_a_key() {
        let key = |source: &str, mode: &str, headers: &[(&str, String)]| {
            let find = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
            replay_key(source, mode, &Call { header: &find, token: None, body: BODY, now_s: NOW })
        };
        let mut sentry = genuine("sentry");
        let with_time = key("sentry", "native", &sentry);
        sentry.pop();
        assert_eq!((with_time.is_some(), key("sentry", "native", &sentry)), (true, with_time), "its time is not signed");
        let mut generic = genuine("generic");
        assert!(key("generic", "native", &generic).is_some());
        assert_eq!(key("generic", "token", &generic), None, "a token proves no header");
        generic.pop();
        assert_eq!(key("generic", "native", &generic), None, "the same words may be said twice");
        assert_eq!(key("github", "native", &genuine("github")), None);
    }

    #[test]
    fn tokens_come_by_header_bearer_basic_or_query() {
        let basic = format!("Basic {}", BASE64.encode(b"user:s3cret"));
        let header = |text: &str| [("authorization", text.to_owned())];
        assert!(judge("generic", "basic", "s3cret", &header(&basic), None, BODY));
        for (headers, token) in [(header("Bearer s3cret").to_vec(), None), (Vec::new(), Some("s3cret"))] {
            assert!(!judge("generic", "basic", "s3cret", &headers, token, BODY), "only by Basic: {headers:?}");
        }
        for headers in [
            vec![("x-webhook-token", "s3cret".to_owned())],
            vec![("authorization", "Bearer s3cret".to_owned())],
            vec![("authorization", basic)],
        ] {
            assert!(judge("generic", "token", "s3cret", &headers, None, BODY), "{headers:?}");
        }
        assert!(
            judge("datadog", "native", "s3cret", &[], Some("s3cret"), BODY)
                && !judge("datadog", "native", "s3cret", &[], Some("s3cre"), BODY)
        );
        assert!(judge("generic", "none", "", &[], None, BODY));
    }

    proptest! {
        #[test]
        fn no_made_up_header_is_ever_genuine(source in prop::sample::select(SOURCES.to_vec()), text in "\\PC{0,80}|(sha256=|v0=|v1=|o:a,t:1750000000,v:)[0-9a-f=,]{0,70}") {
            let names = ["x-hub-signature-256", "x-hub-signature", "x-gitlab-token", "sentry-hook-signature", "x-ld-signature", "x-vercel-signature",
                "x-pagerduty-signature", "circleci-signature", "x-slack-signature", "fullstory-signature", "x-webhook-token", "authorization", "x-argos-signature"];
            let mut headers: Vec<(&str, String)> = names.iter().map(|n| (*n, text.clone())).collect();
            headers.push(("x-slack-request-timestamp", NOW.to_string()));
            prop_assert!(!judge(source, "native", "a long secret nobody guesses", &headers, Some(&text), BODY));
        }
    }
}
