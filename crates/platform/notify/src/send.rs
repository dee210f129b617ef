//! Carrying a parcel to its receiver, once: HTTP, mail, MQTT. Every address is judged by the guard of `argos-net`; what
//! a receiver of unknown kind answers is shown to nobody.

use std::sync::PoisonError;
use std::time::Duration;

use argos_net::{Class, NetError, Request, Tls};
use argos_smtp::{Conversation, Mail, SmtpError};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::Notify;
use crate::delivery::Outcome;
use crate::model::retry::retry_after;
use crate::model::webhook::Prepared;
use crate::model::wire::SmtpTarget;
use crate::model::wire::answer::{Judge, Verdict};
use crate::providers::Security;
use argos_mqtt::Broker;

/// Whole exchange; connecting has its own 5 s inside.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Mail servers take their time over a message.
const MAIL_TIMEOUT: Duration = Duration::from_secs(25);
const RESPONSE_BYTES_MAX: usize = 64 << 10;

/// Whether a failure of the network may pass.
pub(crate) fn of_net(error: &NetError) -> Outcome {
    let text = error.to_string();
    match error {
        NetError::Dns(_) | NetError::Connect(_) | NetError::Timeout | NetError::Tls(_) | NetError::Protocol(_) => {
            Outcome::Again { error: text, http_status: None, retry_after: None }
        }
        _ => Outcome::Lost { error: text, http_status: None },
    }
}

fn timed_out() -> Outcome {
    of_net(&NetError::Timeout)
}

impl Notify {
    /// All requests in order; the first that fails ends it.
    pub(crate) async fn send_http(&self, requests: Vec<Prepared>, judge: Judge) -> Outcome {
        let mut last = Outcome::Unsendable { error: "there is nothing to send".to_owned() };
        for request in requests {
            last = self.exchange(request, judge).await;
            if last.error().is_some() {
                return last;
            }
        }
        last
    }

    async fn exchange(&self, p: Prepared, judge: Judge) -> Outcome {
        let mut request = Request::new(Class::Notify, p.method, p.url).timeout(TIMEOUT).bytes_max(RESPONSE_BYTES_MAX);
        for (name, value) in &p.headers {
            request = request.header(name, value);
        }
        match self.0.parts.net.send(request.body(&p.content_type, p.body)).await {
            Ok(response) => {
                let http_status = Some(response.status);
                let after = retry_after(response.header("retry-after"), self.0.parts.clock.now());
                match judge.judge(response.status, after, &response.body) {
                    Verdict::Accepted => Outcome::Arrived { http_status, answer: None },
                    Verdict::Again { error, after } => Outcome::Again { error, http_status, retry_after: after },
                    Verdict::Refused { error } => Outcome::Lost { error, http_status },
                }
            }
            // It was received; only its answer is too long for us.
            Err(NetError::TooLarge(_)) => Outcome::Arrived { http_status: None, answer: None },
            Err(error) => of_net(&error),
        }
    }

    pub(crate) async fn send_mail(&self, mail: &Mail, target: &SmtpTarget) -> Outcome {
        let outcome = match tokio::time::timeout(MAIL_TIMEOUT, self.mail(mail, target)).await {
            Err(_) => timed_out(),
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) if error.is_transient() => Outcome::Again { error: error.to_string(), http_status: None, retry_after: None },
            Ok(Err(error)) => Outcome::Lost { error: error.to_string(), http_status: None },
        };
        if target.host == (self.0.parts.providers)().smtp.host {
            let said = Some((target.host.clone(), outcome.error().is_none()));
            *self.0.last_mail.lock().unwrap_or_else(PoisonError::into_inner) = said;
        }
        outcome
    }

    /// Whether this mail server of the instance took the last mail; none before the first.
    pub fn took_last_mail(&self, host: &str) -> Option<bool> {
        let last = self.0.last_mail.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(used, _)| used == host).map(|(_, taken)| *taken)
    }

    async fn mail(&self, mail: &Mail, target: &SmtpTarget) -> Result<Outcome, SmtpError> {
        let own = "argos";
        let (net, host) = (&self.0.parts.net, target.host.as_str());
        let stream = match net.connect(Class::Admin, host, target.port).await {
            Ok(stream) => stream,
            Err(error) => return Ok(of_net(&error)),
        };
        let encrypted = match target.security {
            Security::None => return hand_over(Conversation::start(stream, own).await?, mail, target).await,
            Security::Tls => net.encrypt(host, stream, &Tls::Verify).await,
            Security::Starttls => net.encrypt(host, Conversation::start(stream, own).await?.starttls().await?, &Tls::Verify).await,
        };
        let stream = match encrypted {
            Ok(stream) => stream,
            Err(error) => return Ok(of_net(&error)),
        };
        let session = match target.security {
            Security::Tls => Conversation::start(stream, own).await?,
            _ => Conversation::resume(stream, own).await?,
        };
        hand_over(session, mail, target).await
    }

    pub(crate) async fn send_mqtt(&self, broker: &Broker, topic: &str, payload: &str, retain: bool, client: &str) -> Outcome {
        let publish = argos_mqtt::Publish {
            client_id: client,
            login: broker.login.as_ref().map(|(u, p)| (u.as_str(), p.as_str())),
            topic,
            payload: payload.as_bytes(),
            retain,
        };
        let (net, host) = (&self.0.parts.net, broker.host.as_str());
        let exchange = async {
            let mut stream = match net.connect(Class::Notify, host, broker.port).await {
                Ok(stream) => stream,
                Err(error) => return Ok(Some(of_net(&error))),
            };
            if !broker.tls {
                return argos_mqtt::publish(&mut stream, &publish).await.map(|()| None);
            }
            match net.encrypt(host, stream, &Tls::Verify).await {
                Ok(mut stream) => argos_mqtt::publish(&mut stream, &publish).await.map(|()| None),
                Err(error) => Ok(Some(of_net(&error))),
            }
        };
        match tokio::time::timeout(TIMEOUT, exchange).await {
            Err(_) => timed_out(),
            Ok(Ok(None)) => Outcome::Arrived { http_status: None, answer: Some("confirmed by the broker".to_owned()) },
            Ok(Ok(Some(outcome))) => outcome,
            Ok(Err(error)) if error.is_transient() => Outcome::Again { error: error.to_string(), http_status: None, retry_after: None },
            Ok(Err(error)) => Outcome::Lost { error: error.to_string(), http_status: None },
        }
    }
}

async fn hand_over<S: AsyncRead + AsyncWrite + Unpin>(
    mut session: Conversation<S>,
    mail: &Mail,
    target: &SmtpTarget,
) -> Result<Outcome, SmtpError> {
    if let Some((user, password)) = &target.login {
        session.login(target.auth, user, password.reveal()).await?;
    }
    let reply = session.send(mail).await?;
    session.quit().await;
    Ok(Outcome::Arrived { http_status: None, answer: Some(reply.to_string()) })
}
