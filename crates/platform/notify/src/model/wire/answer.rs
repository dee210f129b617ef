//! What an answer means: some vendors say no with status 200, some say why in the body. Only documented error texts of
//! known vendors are repeated; the body of any other receiver is shown to nobody.

use std::time::Duration;

use serde_json::Value;

use crate::model::retry::is_retryable;

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judge {
    /// 2xx is success.
    Status,
    Telegram,
    Discord,
    SlackApi,
    Pushover,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Again { error: String, after: Option<Duration> },
    Refused { error: String },
}

impl Judge {
    pub(crate) fn judge(self, status: u16, mut after: Option<Duration>, body: &[u8]) -> Verdict {
        let json: Option<Value> = if self == Self::Status { None } else { serde_json::from_slice(body).ok() };
        let at = |pointer: &str| json.as_ref().and_then(|j| j.pointer(pointer));
        let said = |pointer: &str| at(pointer).and_then(Value::as_str).map(plain);
        let is_ok = (200..300).contains(&status);
        let error = match self {
            Self::Status => None,
            Self::Telegram => {
                after = after.or_else(|| at("/parameters/retry_after").and_then(Value::as_u64).map(Duration::from_secs));
                said("/description").map(|d| format!("telegram {status}: {d}"))
            }
            Self::Discord => {
                after =
                    at("/retry_after").and_then(Value::as_f64).filter(|s| (0.0..1e6).contains(s)).map(Duration::from_secs_f64).or(after);
                said("/message").map(|d| format!("discord {status}: {d}"))
            }
            Self::SlackApi => said("/error").map(|d| format!("slack: {d}")),
            Self::Pushover => said("/errors/0").map(|d| format!("pushover {status}: {d}")),
        };
        let refused_inside = match self {
            Self::SlackApi => is_ok && at("/ok") != Some(&Value::Bool(true)),
            Self::Pushover => is_ok && at("/status").and_then(Value::as_i64) != Some(1),
            _ => false,
        };
        if is_ok && !refused_inside {
            return Verdict::Accepted;
        }
        let slow = self == Self::SlackApi && said("/error").as_deref() == Some("ratelimited");
        let error =
            error.unwrap_or_else(|| if is_ok { "the answer is not the documented one".to_owned() } else { format!("HTTP {status}") });
        if is_retryable(status) || slow { Verdict::Again { error, after } } else { Verdict::Refused { error } }
    }
}

/// A vendor's words, bounded.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(v: &Verdict) -> &str {
        match v {
            Verdict::Accepted => "",
            Verdict::Again { error, .. } | Verdict::Refused { error } => error,
        }
    }

    #[test]
    fn vendors_answers_are_read_as_documented() {
        let t = Judge::Telegram.judge(400, None, br#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#);
        assert_eq!(t, Verdict::Refused { error: "telegram 400: Bad Request: chat not found".to_owned() });
        let slow = Judge::Telegram.judge(429, None, br#"{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":7}}"#);
        assert!(matches!(slow, Verdict::Again { after: Some(d), .. } if d == Duration::from_secs(7)));
        let d = Judge::Discord.judge(429, Some(Duration::from_secs(3)), br#"{"message":"You are being rate limited.","retry_after":1.5}"#);
        assert!(matches!(d, Verdict::Again { after: Some(d), .. } if d == Duration::from_millis(1500)));
        assert_eq!(error(&Judge::SlackApi.judge(200, None, br#"{"ok":false,"error":"channel_not_found"}"#)), "slack: channel_not_found");
        assert_eq!(Judge::SlackApi.judge(200, None, br#"{"ok":true}"#), Verdict::Accepted);
        assert_eq!(error(&Judge::SlackApi.judge(200, None, b"<html>")), "the answer is not the documented one");
        assert_eq!(Judge::Pushover.judge(200, None, br#"{"status":1,"request":"x"}"#), Verdict::Accepted);
        assert_eq!(
            error(&Judge::Pushover.judge(400, None, br#"{"status":0,"errors":["user key is invalid"]}"#)),
            "pushover 400: user key is invalid"
        );
    }

    #[test]
    fn body_of_an_unknown_receiver_is_never_repeated() {
        assert_eq!(error(&Judge::Status.judge(500, None, br#"{"message":"inner secret"}"#)), "HTTP 500");
        assert_eq!(Judge::Status.judge(204, None, b""), Verdict::Accepted);
    }

    proptest! {
        #[test]
        fn any_answer_is_judged_without_a_panic(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..60), seconds in any::<u64>()) {
            for judge in [Judge::Status, Judge::Telegram, Judge::Discord, Judge::SlackApi, Judge::Pushover] {
                let accepted = judge.judge(status, Some(Duration::from_secs(seconds)), &body) == Verdict::Accepted;
                prop_assert!(!accepted || (200..300).contains(&status));
            }
        }
    }
}
