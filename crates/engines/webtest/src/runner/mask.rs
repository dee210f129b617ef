//! Takes credentials out of the archive of requests: sessions and passwords are not known beforehand as secrets are, but
//! the names they go under are. Pure.

use serde_json::{Map, Value};

use crate::text::encoded;

/// What stands in their place.
const MASK: &str = "***";
/// Headers that carry nothing else.
const HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
/// Words in the names of headers, parameters and members that carry credentials.
const WORDS: [&str; 6] = ["password", "passwd", "token", "secret", "api-key", "apikey"];
/// A document nested deeper is masked as a whole.
const DEPTH_MAX: usize = 64;

fn is_private(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    HEADERS.contains(&name.as_str()) || WORDS.iter().any(|word| name.contains(word))
}

/// Masks the entries of an archive (HAR 1.2).
pub(super) fn mask_archive(archive: &mut Value) {
    let entries = archive.pointer_mut("/log/entries").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten() {
        for list in ["/request/headers", "/response/headers", "/request/queryString", "/request/cookies", "/response/cookies"] {
            mask_pairs(entry.pointer_mut(list), list.ends_with("cookies"));
        }
        for place in ["/request/url", "/response/redirectURL"] {
            if let Some(Value::String(url)) = entry.pointer_mut(place) {
                *url = masked_url(url);
            }
        }
        let Some(Value::Object(data)) = entry.pointer_mut("/request/postData") else { continue };
        let kind = data.get("mimeType").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        if let Some(Value::String(text)) = data.get_mut("text") {
            *text = masked_body(&kind, text);
        }
    }
}

/// `[{"name":..,"value":..}]`
fn mask_pairs(list: Option<&mut Value>, all: bool) {
    for pair in list.and_then(Value::as_array_mut).into_iter().flatten() {
        let name = pair.get("name").and_then(Value::as_str).unwrap_or_default();
        let (private, place) = (all || is_private(name), name.eq_ignore_ascii_case("location") || name.eq_ignore_ascii_case("referer"));
        match pair.get_mut("value") {
            Some(value) if private => *value = MASK.into(),
            Some(Value::String(url)) if place => *url = masked_url(url),
            _ => {}
        }
    }
}

fn masked_url(url: &str) -> String {
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, fragment)| (rest, Some(fragment)));
    let Some((place, query)) = rest.split_once('?') else {
        return fragment.map_or_else(|| rest.to_owned(), |f| format!("{rest}#{}", masked_form(f)));
    };
    let masked = format!("{place}?{}", masked_form(query));
    fragment.map_or_else(|| masked.clone(), |f| format!("{masked}#{}", masked_form(f)))
}

/// `a=1&token=2`; what is no pair stays.
fn masked_form(text: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_private(&plain(name)) => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    };
    text.split('&').map(pair).collect::<Vec<_>>().join("&")
}

/// A name as it was before it was put into an address.
fn plain(name: &str) -> String {
    // Words that carry credentials have no letter that needs encoding but the dash and the underscore.
    WORDS.iter().fold(name.replace("%5F", "_").replace("%5f", "_").replace("%2D", "-").replace("%2d", "-"), |text, word| {
        text.replace(&encoded(word), word)
    })
}

fn masked_body(kind: &str, text: &str) -> String {
    if let Ok(mut document) = serde_json::from_str::<Value>(text)
        && (document.is_object() || document.is_array())
    {
        mask_members(&mut document, 0);
        return document.to_string();
    }
    if kind.contains("multipart/") {
        return masked_parts(text);
    }
    masked_form(text)
}

fn mask_members(value: &mut Value, depth: usize) {
    match value {
        Value::Array(_) | Value::Object(_) if depth > DEPTH_MAX => *value = MASK.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_members(item, depth + 1)),
        Value::Object(members) => mask_object(members, depth),
        _ => {}
    }
}

fn mask_object(members: &mut Map<String, Value>, depth: usize) {
    for (name, member) in members {
        if is_private(name) {
            *member = MASK.into();
        } else {
            mask_members(member, depth + 1);
        }
    }
}

/// The parts of a form whose names are private lose their values. A part is `headers, empty line, value`.
fn masked_parts(text: &str) -> String {
    let Some(boundary) = text.lines().next().filter(|line| line.starts_with("--") && line.len() > 2) else { return text.to_owned() };
    let part = |part: &str| {
        let end = if part.contains("\r\n\r\n") { "\r\n\r\n" } else { "\n\n" };
        match part.split_once(end) {
            Some((head, _)) if head.split("name=\"").skip(1).any(|rest| is_private(rest.split('"').next().unwrap_or_default())) => {
                format!("{head}{end}{MASK}{}", end.get(end.len() / 2..).unwrap_or_default())
            }
            _ => part.to_owned(),
        }
    };
    text.split(boundary).map(part).collect::<Vec<_>>().join(boundary)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_of_an_archive_are_masked_and_the_rest_stays() {
        let mut archive = json!({"log": {"entries": [{
            "request": {
                "url": "https://shop.example/a?page=2&access_token=s3cret#id_token=s3cret",
                "headers": [{"name": "Authorization", "value": "Basic s3cret"}, {"name": "X-Api-Key", "value": "s3cret"},
                            {"name": "Accept", "value": "*/*"}, {"name": "Cookie", "value": "sid=s3cret"}],
                "queryString": [{"name": "page", "value": "2"}, {"name": "access_token", "value": "s3cret"}],
                "cookies": [{"name": "sid", "value": "s3cret"}],
                "postData": {"mimeType": "application/json", "text": r#"{"user":"ada","auth":{"new_password":"s3cret"}}"#},
            },
            "response": {"headers": [{"name": "set-cookie", "value": "sid=s3cret"}, {"name": "Location", "value": "/b?token=s3cret"}]},
        }]}});
        mask_archive(&mut archive);
        let text = archive.to_string();
        assert!(!text.contains("s3cret"), "{text}");
        assert_eq!(archive["log"]["entries"][0]["request"]["url"], "https://shop.example/a?page=2&access_token=***#id_token=***");
        assert_eq!(archive["log"]["entries"][0]["request"]["headers"][2]["value"], "*/*");
        assert!(text.contains("ada"));
    }

    #[test]
    fn forms_lose_their_private_members() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(masked_body(form, "email=a%40b&password=hunter2&x"), "email=a%40b&password=***&x");
        assert_eq!(masked_body(form, "user%5Bpassword%5D=hunter2"), "user%5Bpassword%5D=***");
        assert_eq!(masked_body(form, "api%5Fkey=k"), "api%5Fkey=***");
        let parts = "--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nada\r\n--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b--\r\n";
        let masked = masked_body("multipart/form-data; boundary=b", parts);
        assert!(masked.contains("ada") && !masked.contains("hunter2") && masked.ends_with("***\r\n--b--\r\n"), "{masked}");
    }

    proptest! {
        #[test]
        fn any_body_is_masked_without_its_password(kind in ".{0,20}", name in "[a-z]{0,8}", text in any::<String>()) {
            let _ = masked_body(&kind, &text);
            prop_assert_eq!(masked_url("/a"), "/a");
            let body = json!({ format!("{name}_password"): "hunter2", "text": text.replace("hunter2", "") }).to_string();
            prop_assert!(!masked_body(&kind, &body).contains("hunter2"));
            let form = format!("{name}password=hunter2&rest={}", encoded(&text.replace("hunter2", "")));
            prop_assert!(!masked_form(&form).contains("hunter2"));
        }
    }
}
