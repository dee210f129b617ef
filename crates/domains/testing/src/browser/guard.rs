//! What a browser may ask of the network: every request of every page, redirects included, is judged by the same rules
//! as our own client (platform spec 14), and what a test sends itself goes through that client. The guard judges addresses
//! before anything is asked of the network; the connections themselves are judged by [`super::proxy`], WebSockets too.

use std::sync::Arc;

use argos_cdp::Guard;
use argos_kernel::Result;
use argos_net::{AllowEntry, Class, Method, Net, NetError, Request};
use argos_webtest::{ApiRequest, ApiResponse, HttpClient, Later};

use tokio::net::TcpStream;

use crate::service::Testing;

/// Whom a run may reach.
#[derive(Clone)]
pub(crate) struct Reach {
    net: Net,
    class: Class,
    allow: Arc<[AllowEntry]>,
}

impl Reach {
    /// `allowed_hosts` opens addresses that are closed otherwise; entries that cannot be read open nothing.
    pub(crate) async fn of(testing: &Testing, allowed_hosts: &[String]) -> Result<Self> {
        let shared = testing.platform.identity.is_shared().await?;
        let allow = allowed_hosts.iter().filter_map(|entry| entry.parse().ok()).collect();
        Ok(Self { net: testing.platform.net.clone(), class: Class::Browser { shared }, allow })
    }

    #[cfg(test)]
    pub(crate) fn with(net: Net, class: Class, allow: Arc<[AllowEntry]>) -> Self {
        Self { net, class, allow }
    }

    /// Judges one address; the error is a sentence.
    pub(crate) async fn check(&self, url: &str) -> Result<(), String> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        // Where the browser tells of a socket, it is judged as the request it begins with.
        let asked = match scheme.to_ascii_lowercase().as_str() {
            "data" | "blob" | "about" => return Ok(()),
            "ws" => format!("http:{rest}"),
            "wss" => format!("https:{rest}"),
            _ => url.to_owned(),
        };
        self.net.check_url(self.class, &asked, &self.allow).await.map_err(|e| e.to_string())
    }

    /// Opens a connection to an address that is judged now.
    pub(crate) async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, NetError> {
        self.net.connect_also(self.class, host, port, &self.allow).await
    }

    pub(crate) fn guard(&self) -> Guard {
        let own = self.clone();
        Guard::new(move |url: String| {
            let own = own.clone();
            async move { own.check(&url).await }
        })
    }
}

impl HttpClient for Reach {
    fn request(&self, asked: ApiRequest) -> Later<'_, Result<ApiResponse, String>> {
        Box::pin(async move {
            let method: Method = asked.method.parse().map_err(|_| format!("{} is no method of HTTP", asked.method))?;
            let mut request = Request::new(self.class, method, &asked.url).timeout(asked.timeout).also_allow(self.allow.to_vec());
            if let Some(body) = asked.body {
                request = request.body("application/octet-stream", body);
            }
            for (name, value) in &asked.headers {
                request = request.header(name, value);
            }
            let response = self.net.send(request).await.map_err(|e: NetError| e.to_string())?;
            Ok(ApiResponse {
                status: response.status,
                headers: response
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
                    .collect(),
                body: response.body.to_vec(),
            })
        })
    }
}
