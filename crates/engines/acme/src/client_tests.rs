use std::collections::VecDeque;

use super::*;
use crate::transport::BoxFuture;

/// Answers in order and writes down what was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<HttpResponse>>,
    asked: Mutex<Vec<HttpRequest>>,
}

impl Transport for Script {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| "no route to host".to_owned()) })
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpResponse { status, headers, body: body.as_bytes().to_vec() }
}

const ORDER: &str = r#"{"status":"pending","identifiers":[{"type":"dns","value":"a.test"}],"authorizations":["https://ca/z/1"],"finalize":"https://ca/f/1"}"#;

fn client(answers: Vec<HttpResponse>) -> (Arc<Script>, Client) {
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), asked: Mutex::default() });
    let directory = r#"{"newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o","renewalInfo":"https://ca/ari/",
        "meta":{"externalAccountRequired":true,"termsOfService":"https://ca/terms"}}"#;
    let directory: Directory = serde_json::from_str(directory).unwrap();
    assert!(directory.needs_external_account() && directory.terms_of_service() == Some("https://ca/terms"));
    let key = AccountKey::from_pkcs8(&AccountKey::generate().unwrap()).unwrap();
    (Arc::clone(&script), Client::new(script, directory, key, "https://ca/acct/1".to_owned()))
}

fn payload(request: &HttpRequest) -> Value {
    let body: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(body["payload"].as_str().unwrap().as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn stale_nonce_is_replaced_by_the_one_that_came_with_the_refusal() {
    let stale = r#"{"type":"urn:ietf:params:acme:error:badNonce","detail":"stale"}"#;
    let (script, client) = client(vec![
        answer(200, &[("replay-nonce", "n1")], ""),
        answer(400, &[("replay-nonce", "n2")], stale),
        answer(201, &[("replay-nonce", "n3"), ("location", "https://ca/order/7")], ORDER),
    ]);
    let made = client.new_order(&["a.test".to_owned()], Some("aki.serial")).await.unwrap();
    assert_eq!((made.location.as_deref(), made.body.status), (Some("https://ca/order/7"), crate::State::Pending));
    let asked = script.asked.lock().unwrap();
    let urls: Vec<&str> = asked.iter().map(|request| request.url.as_str()).collect();
    assert_eq!(urls, ["https://ca/n", "https://ca/o", "https://ca/o"]);
    let wanted = json!({"identifiers": [{"type": "dns", "value": "a.test"}], "replaces": "aki.serial"});
    assert_eq!(payload(&asked[2]), wanted);
}

#[tokio::test]
async fn rate_limit_tells_when_to_ask_again() {
    let limited = r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates"}"#;
    let (_, client) = client(vec![answer(200, &[("replay-nonce", "n1")], ""), answer(429, &[("retry-after", "3600")], limited)]);
    let error = client.new_order(&["a.test".to_owned()], None).await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Some("rateLimited"), Some(RetryAfter::Seconds(3600))));
    assert_eq!(error.to_string(), "the certificate authority refused: too many certificates");
}

#[tokio::test]
async fn nonce_that_stays_stale_ends_the_attempts() {
    let stale = || answer(400, &[("replay-nonce", "n")], r#"{"type":"urn:ietf:params:acme:error:badNonce"}"#);
    let (script, client) = client(vec![answer(200, &[("replay-nonce", "n")], ""), stale(), stale(), stale(), stale()]);
    assert_eq!(client.order("https://ca/order/7").await.unwrap_err().code(), Some("badNonce"));
    assert_eq!(script.asked.lock().unwrap().len(), 1 + NONCE_TRIES);
}

#[tokio::test]
async fn renewal_window_is_asked_without_a_signature() {
    let window = r#"{"suggestedWindow":{"start":"2025-01-02T04:00:00Z","end":"2025-01-03T04:00:00Z"}}"#;
    let (script, client) = client(vec![answer(200, &[("retry-after", "21600")], window)]);
    let info = Client::renewal_window(script.as_ref(), client.directory(), "aki.serial").await.unwrap().unwrap();
    assert_eq!((info.end - info.start, info.retry_after), (86_400, Some(RetryAfter::Seconds(21_600))));
    let asked = script.asked.lock().unwrap();
    assert_eq!(asked[0], HttpRequest { method: "GET", url: "https://ca/ari/aki.serial".to_owned(), body: None });
}

#[tokio::test]
async fn silence_and_nonsense_are_told_apart() {
    let (_, down) = client(Vec::new());
    let error = down.order("https://ca/order/7").await.unwrap_err();
    assert_eq!(error.to_string(), "the certificate authority cannot be reached: no route to host");
    let (_, odd) = client(vec![answer(200, &[("replay-nonce", "n")], ""), answer(200, &[], "<html>")]);
    assert!(matches!(odd.order("https://ca/order/7").await, Err(AcmeError::Protocol(_))));
    let (_, broken) = client(vec![answer(502, &[], "<html>")]);
    assert_eq!(broken.order("https://ca/order/7").await.unwrap_err().to_string(), "the certificate authority refused: HTTP 502");
}
