//! The way to an authority: the guarded client of the product.

use std::time::Duration;

use argos_acme::{BoxFuture, HttpRequest, HttpResponse, Transport};
use argos_net::{Class, Method, Net, Request};

const LIMIT: Duration = Duration::from_secs(30);

/// HTTPS to what an administrator set up.
pub(crate) struct Way(pub(crate) Net);

impl Transport for Way {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        Box::pin(async move {
            let method = match request.method {
                "HEAD" => Method::HEAD,
                "POST" => Method::POST,
                _ => Method::GET,
            };
            let mut sent = Request::new(Class::Admin, method, request.url).https_only(true).timeout(LIMIT);
            if let Some(body) = request.body {
                sent = sent.body("application/jose+json", body);
            }
            let answer = self.0.send(sent).await.map_err(|e| e.to_string())?;
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = answer.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
            Ok(HttpResponse { status: answer.status, headers, body: answer.body.to_vec() })
        })
    }
}
