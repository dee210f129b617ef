//! Telling browsers: to every subscription, through its push service. A service that says 404 or 410 ends the
//! subscription; with none, there is nothing to fail.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use argos_kernel::{AppError, Result, Secret};
use argos_net::{Class, Request};

use crate::Notify;
use crate::delivery::Outcome;
use crate::model::push::{self, BrowserKeys};
use crate::model::retry::{is_retryable, retry_after};
use crate::store::push::{self as store, PushSubscription};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the instance's push key pair is kept (`notifications.vapid_*`).
pub trait PushKeys: Send + Sync {
    /// Public point and private key, both base64url; `None` until they were made.
    fn load(&self) -> Result<Option<(String, Secret<String>)>>;
    fn keep<'a>(&'a self, public: &'a str, private: &'a Secret<String>) -> Boxed<'a, Result<()>>;
}

impl Notify {
    /// The pair, made on first use.
    pub(crate) async fn push_keys(&self) -> Result<(String, Secret<String>)> {
        let _one = self.0.push_lock.lock().await;
        if let Some(pair) = self.0.parts.push_keys.load()? {
            return Ok(pair);
        }
        let (private, public) = push::generate_keys().map_err(AppError::internal)?;
        let private = Secret::new(private);
        self.0.parts.push_keys.keep(&public, &private).await?;
        Ok((public, private))
    }

    pub(crate) async fn send_push(&self, payload: &str, contact: &str) -> Outcome {
        let unsendable = |error: String| Outcome::Unsendable { error };
        let all = match store::list(self.db()).await {
            Ok(all) => all,
            Err(error) => return unsendable(error.to_string()),
        };
        if all.is_empty() {
            return Outcome::Arrived { http_status: None, answer: Some("no browser has subscribed".to_owned()) };
        }
        let private = match self.push_keys().await {
            Ok((_, private)) => private,
            Err(error) => return unsendable(error.message().to_owned()),
        };
        let (mut arrived, mut last) = (0, None);
        for subscription in &all {
            match self.push_one(subscription, payload.as_bytes(), private.reveal(), contact).await {
                Outcome::Arrived { .. } => arrived += 1,
                failed => last = Some(failed),
            }
        }
        match last {
            // A second attempt would tell the others twice.
            Some(failed) if arrived == 0 => failed,
            _ => Outcome::Arrived { http_status: Some(201), answer: Some(format!("{arrived} of {} browsers", all.len())) },
        }
    }

    async fn push_one(&self, s: &PushSubscription, payload: &[u8], private: &str, contact: &str) -> Outcome {
        let lost = |error: &str| Outcome::Lost { error: error.to_owned(), http_status: None };
        let Ok(keys) = BrowserKeys::parse(&s.p256dh_key, &s.auth_key) else { return lost("the subscription's keys are not valid") };
        let body = match push::encrypt(&keys, payload, self.0.parts.rng.bytes()) {
            Ok(body) => body,
            Err(why) => return lost(why),
        };
        let authorization = match push::authorization(private, &s.endpoint, contact, self.now().secs()) {
            Ok(header) => header,
            Err(why) => return lost(why),
        };
        let request = Request::post(Class::Notify, s.endpoint.clone())
            .https_only(true)
            .timeout(Duration::from_secs(10))
            .bytes_max(16 << 10)
            .header("ttl", &push::TTL_S.to_string())
            .header("content-encoding", "aes128gcm")
            .header("authorization", &authorization)
            .body("application/octet-stream", body);
        match self.0.parts.net.send(request).await {
            Ok(r) if (200..300).contains(&r.status) => Outcome::Arrived { http_status: Some(r.status), answer: None },
            Ok(r) => {
                if matches!(r.status, 404 | 410)
                    && let Err(error) = store::delete_id(self.db(), s.id).await
                {
                    tracing::error!(?error, "an ended push subscription could not be removed");
                }
                let (error, http_status) = (format!("HTTP {}", r.status), Some(r.status));
                match is_retryable(r.status) {
                    true => {
                        Outcome::Again { error, http_status, retry_after: retry_after(r.header("retry-after"), self.0.parts.clock.now()) }
                    }
                    // Gone is no failure of the channel.
                    false if matches!(r.status, 404 | 410) => Outcome::Arrived { http_status, answer: None },
                    false => Outcome::Lost { error, http_status },
                }
            }
            Err(error) => crate::send::of_net(&error),
        }
    }
}
