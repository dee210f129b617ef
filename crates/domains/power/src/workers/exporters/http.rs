//! InfluxDB and Loki: a batch is one request through the guarded client.

use std::time::Duration;

use argos_net::{Class, NetError, Request};

use super::{Failure, required, unreadable};
use crate::model::export::{Point, influx as lines, loki as streams};
use crate::service::Power;

pub(super) async fn influx(power: &Power, points: &[Point]) -> Result<(), Failure> {
    let body = lines::lines(points);
    if body.is_empty() {
        return Ok(());
    }
    write(power, body).await
}

pub(super) async fn try_influx(power: &Power) -> Result<(), Failure> {
    write(power, lines::trial(i128::from(power.platform.clock.now().micros()) * 1_000)).await
}

async fn write(power: &Power, body: String) -> Result<(), Failure> {
    let s = power.settings();
    let text = |key: &str| s.opt_text(key).map_err(|e| unreadable(&e));
    let url = required(text("power.influx.url")?, "power.influx.url")?;
    let (org, bucket) = (text("power.influx.org")?.unwrap_or_default(), text("power.influx.bucket")?.unwrap_or_default());
    let token = s.secret("power.influx.token").map_err(|e| unreadable(&e))?;
    let target = format!("{}/api/v2/write?org={}&bucket={}&precision=ns", url.trim_end_matches('/'), encoded(&org), encoded(&bucket));
    let mut request = Request::post(Class::Integration, target).body("text/plain; charset=utf-8", body);
    if let Some(token) = token {
        request = request.header("authorization", &format!("Token {}", token.reveal()));
    }
    send(power, request).await
}

pub(super) async fn loki(power: &Power, points: &[Point]) -> Result<(), Failure> {
    push(power, |job| streams::push(job, points)).await
}

pub(super) async fn try_loki(power: &Power) -> Result<(), Failure> {
    let now = i128::from(power.platform.clock.now().micros()) * 1_000;
    push(power, |job| streams::trial(job, now)).await
}

async fn push(power: &Power, body: impl Fn(&str) -> serde_json::Value) -> Result<(), Failure> {
    let s = power.settings();
    let url = required(s.opt_text("power.loki.url").map_err(|e| unreadable(&e))?, "power.loki.url")?;
    let job = s.text("power.loki.job_label").map_err(|e| unreadable(&e))?;
    let seconds = s.i64("power.loki.timeout_seconds").map_err(|e| unreadable(&e))?;
    let target = format!("{}/loki/api/v1/push", url.trim_end_matches('/'));
    let timeout = Duration::from_secs(u64::try_from(seconds).unwrap_or(5));
    send(power, Request::post(Class::Integration, target).json(&body(&job)).timeout(timeout)).await
}

async fn send(power: &Power, request: Request) -> Result<(), Failure> {
    match power.platform.net.send(request).await {
        Ok(response) => judged(response.status, &response.text()),
        // It was taken; only its answer is too long for us.
        Err(NetError::TooLarge(_)) => Ok(()),
        Err(error) => Err(Failure::Later(error.to_string())),
    }
}

/// What a status means for a batch. What a batch cannot be blamed for (credentials, a bucket that does not exist yet, an
/// overload) leaves it in the queue.
fn judged(status: u16, answer: &str) -> Result<(), Failure> {
    let text = || {
        let said: String = answer.chars().filter(|c| !c.is_control()).take(200).collect();
        if said.trim().is_empty() { format!("the receiver answered {status}") } else { format!("the receiver answered {status}: {said}") }
    };
    match status {
        200..300 => Ok(()),
        400 | 413 | 422 => Err(Failure::Refused(text())),
        _ => Err(Failure::Later(text())),
    }
}

/// A value inside a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_batches_are_dropped_and_everything_else_waits() {
        assert_eq!(judged(204, ""), Ok(()));
        assert_eq!(judged(400, "bad\nline"), Err(Failure::Refused("the receiver answered 400: badline".to_owned())));
        for status in [301, 401, 404, 429, 500, 503] {
            assert!(matches!(judged(status, ""), Err(Failure::Later(_))), "{status}");
        }
    }

    #[test]
    fn organizations_with_blanks_survive_a_query() {
        assert_eq!(encoded("my org&x=ä"), "my%20org%26x%3D%C3%A4");
    }
}
