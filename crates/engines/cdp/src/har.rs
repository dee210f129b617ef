//! The exchanges of a page as an HTTP archive 1.2 (the W3C draft of 2012 that every tool reads). Bodies are not in it:
//! who wants them asks for each.

use serde_json::{Value, json};

use crate::network::Exchange;
use crate::protocol::network::{Headers, ResponseInfo, Timing};

/// The archive as JSON. `created_by` is name and version of who made it.
pub fn har(exchanges: &[Exchange], created_by: (&str, &str), browser: &str) -> Value {
    let (product, version) = browser.split_once('/').unwrap_or((browser, ""));
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": created_by.0, "version": created_by.1 },
            "browser": { "name": product, "version": version },
            "pages": [],
            "entries": exchanges.iter().map(entry).collect::<Vec<_>>(),
        }
    })
}

fn entry(exchange: &Exchange) -> Value {
    let total = exchange.finished.map(|finished| (finished - exchange.sent) * 1000.0);
    let mut entry = json!({
        "startedDateTime": iso_time(exchange.started_at),
        "time": total.unwrap_or(0.0),
        "request": {
            "method": exchange.request.method,
            "url": exchange.request.url,
            "httpVersion": exchange.response.as_ref().map_or("", |response| version(response.protocol.as_deref())),
            "cookies": [],
            "headers": headers(&exchange.request.headers),
            "queryString": query(&exchange.request.url),
            "headersSize": -1,
            "bodySize": exchange.request.post_data.as_ref().map_or(0, String::len),
        },
        "response": response(exchange),
        "cache": {},
        "timings": timings(exchange),
        "_resourceType": exchange.kind.to_lowercase(),
    });
    if let Some(data) = &exchange.request.post_data {
        let kind = exchange.request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = kind.and_then(|(_, value)| value.as_str()).unwrap_or_default();
        entry["request"]["postData"] = json!({ "mimeType": kind, "text": data });
    }
    if let Some(address) = exchange.response.as_ref().and_then(|response| response.remote_ip.as_ref()) {
        entry["serverIPAddress"] = json!(address.trim_matches(['[', ']']));
    }
    entry
}

fn response(exchange: &Exchange) -> Value {
    let unknown = ResponseInfo::default();
    let response = exchange.response.as_ref().unwrap_or(&unknown);
    let mut value = json!({
        "status": response.status,
        "statusText": response.status_text,
        "httpVersion": version(response.protocol.as_deref()),
        "cookies": [],
        "headers": headers(&response.headers),
        "content": { "size": -1, "mimeType": response.mime_type },
        "redirectURL": header(&response.headers, "location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": exchange.encoded_bytes.unwrap_or(-1.0),
    });
    if let Some(failure) = &exchange.failure {
        value["_error"] = json!(failure);
    }
    value
}

/// Phases in milliseconds, -1 for one that did not happen or is not known.
fn timings(exchange: &Exchange) -> Value {
    let since = |from: f64, to: f64| if from >= 0.0 && to >= from { to - from } else { -1.0 };
    let Some(Timing {
        request_time,
        dns_start,
        dns_end,
        connect_start,
        connect_end,
        ssl_start,
        ssl_end,
        send_start,
        send_end,
        receive_headers_end,
        ..
    }) = exchange.response.as_ref().and_then(|response| response.timing.as_ref())
    else {
        return json!({ "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 0, "receive": 0 });
    };
    let receive = exchange.finished.map_or(0.0, |finished| ((finished - request_time) * 1000.0 - receive_headers_end).max(0.0));
    json!({
        "blocked": -1,
        "dns": since(*dns_start, *dns_end),
        "connect": since(*connect_start, *connect_end),
        "ssl": since(*ssl_start, *ssl_end),
        "send": since(*send_start, *send_end).max(0.0),
        "wait": since(*send_end, *receive_headers_end).max(0.0),
        "receive": receive,
    })
}

fn version(protocol: Option<&str>) -> &str {
    match protocol {
        Some("h2") => "HTTP/2",
        Some("h3") => "HTTP/3",
        Some("http/1.0") => "HTTP/1.0",
        Some("http/1.1") => "HTTP/1.1",
        Some(other) => other,
        None => "",
    }
}

fn header<'a>(headers: &'a Headers, wanted: &str) -> Option<&'a str> {
    headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, value)| value.as_str())
}

fn headers(headers: &Headers) -> Vec<Value> {
    // Repeated headers come in one value, a line each.
    headers
        .iter()
        .flat_map(|(name, value)| value.as_str().unwrap_or_default().split('\n').map(move |value| json!({ "name": name, "value": value })))
        .collect()
}

fn query(url: &str) -> Vec<Value> {
    let Some((_, rest)) = url.split_once('?') else { return Vec::new() };
    let query = rest.split('#').next().unwrap_or_default();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

/// Seconds since the epoch as ISO 8601, after Hinnant's days-to-civil algorithm.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of our age fit")]
fn iso_time(seconds: f64) -> String {
    let millis = if seconds.is_finite() { (seconds.clamp(0.0, 253_402_300_799.0) * 1000.0) as i64 } else { 0 };
    let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second, milli) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{iso_time, query};

    #[test]
    fn moment_is_written_as_iso_8601() {
        assert_eq!(iso_time(0.0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso_time(951_782_400.5), "2000-02-29T00:00:00.500Z");
        assert_eq!(iso_time(1_795_249_811.25), "2026-11-21T08:30:11.250Z");
        assert_eq!(iso_time(f64::NAN), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn query_is_cut_into_pairs() {
        let pairs = query("http://a/?x=1&y&z=a=b#q?n=1");
        let read: Vec<_> = pairs.iter().map(|p| (p["name"].as_str().unwrap(), p["value"].as_str().unwrap())).collect();
        assert_eq!(read, [("x", "1"), ("y", ""), ("z", "a=b")]);
        assert!(query("http://a/").is_empty());
    }

    proptest! {
        #[test]
        fn any_moment_has_a_date_of_a_calendar(seconds in any::<f64>()) {
            let text = iso_time(seconds);
            prop_assert_eq!(text.len(), 24);
            let month: u32 = text.get(5..7).unwrap().parse().unwrap();
            let day: u32 = text.get(8..10).unwrap().parse().unwrap();
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&day));
        }
    }
}
