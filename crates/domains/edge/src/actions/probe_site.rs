//! Asking a published site through the own listener, as a visitor would: what it answers and with which certificate.
//! Nothing is stored.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use argos_kernel::{AppError, BoxFuture, Result};
use argos_net::{AllowEntry, Class, Lookup, Net, Policy, Request, Tls};
use argos_tls::Certificate;

use super::hosts::no_host;
use super::probe::{Answer, PATIENCE};
use crate::certificates::live;
use crate::model::compile::prefixes;
use crate::model::host::TlsMode;
use crate::service::Edge;
use crate::store::hosts;

/// What stands for the star of a wildcard.
const ANY_LABEL: &str = "argos-check";

/// What a site answered.
pub(crate) struct SiteAnswer {
    /// As a visitor would type it.
    pub(crate) url: String,
    /// False when it cannot be asked from here, which says nothing about it.
    pub(crate) is_asked: bool,
    pub(crate) answer: Answer,
    /// Whether visitors trust what it showed; `None` without TLS or without an answer.
    pub(crate) is_trusted: Option<bool>,
    pub(crate) certificate: Option<Certificate>,
}

/// Leads every name to one address: what is asked is this installation, wherever the DNS leads.
struct To(IpAddr);

impl Lookup for To {
    fn lookup<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(vec![self.0]) })
    }
}

/// An address to connect to from here.
fn reachable(at: SocketAddr) -> SocketAddr {
    let ip = match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, at.port())
}

/// How the answer begins is enough.
async fn ask(net: &Net, url: &str, how: Tls) -> Answer {
    let request = Request::get(Class::Integration, url).header("user-agent", "argos-check").timeout(PATIENCE).tls(how);
    let began = Instant::now();
    let outcome = net.send_watched(request, |_| false).await;
    Answer::of(outcome.map(|response| response.status), began)
}

impl Edge {
    /// Where the listener of the sites is reached from here.
    async fn own_listener(&self, tls: bool) -> Option<SocketAddr> {
        let Some(caddy) = &self.caddy else { return self.plane.address(tls).map(reachable) };
        let (host, port) = caddy.tls_dial.rsplit_once(':')?;
        let port = if tls { port.parse().ok() } else { caddy.listen.http_port }?;
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port));
        tokio::time::timeout(PATIENCE, found).await.ok()?.ok()?.next()
    }

    /// Whether connections from this machine to an address of its own must begin as a balancer's: visitors come through one,
    /// and what is asked without it is turned away.
    fn expects_a_balancer(&self, at: IpAddr) -> Result<bool> {
        let ranges = prefixes(&self.platform.settings.list("edge.proxy_protocol_ranges")?);
        Ok(ranges.iter().any(|range| range.contains(at)))
    }

    pub(crate) async fn probe_site(&self, host_id: i64) -> Result<SiteAnswer> {
        let host = hosts::find(&self.platform.store.state, host_id).await?.ok_or_else(no_host)?;
        let name = host.domain.strip_prefix("*.").map_or_else(|| host.domain.clone(), |parent| format!("{ANY_LABEL}.{parent}"));
        let wants_tls = host.spec.tls_mode != TlsMode::None;
        let (tls, at) = match (wants_tls, self.own_listener(wants_tls).await) {
            (true, None) => (false, self.own_listener(false).await),
            (tls, at) => (tls, at),
        };
        let scheme = if tls { "https" } else { "http" };
        let url = format!("{scheme}://{name}/");
        let unasked = |url: String, why: &str, is_asked: bool| {
            let answer = Answer { status: None, millis: 0, error: Some(why.to_owned()), is_untrusted: false };
            SiteAnswer { url, is_asked, answer, is_trusted: None, certificate: None }
        };
        let Some(at) = at else { return Ok(unasked(url, "no listener of the sites is open", true)) };
        if self.expects_a_balancer(at.ip())? {
            return Ok(unasked(url, "the listener takes connections of this machine for those of a balancer (PROXY protocol)", false));
        }
        // Reading the trust store takes a while.
        let policy = Policy { allow: vec![AllowEntry::Socket(at)], ..Policy::default() };
        let net = tokio::task::spawn_blocking(move || Net::with_lookup(policy, Arc::new(To(at.ip()))))
            .await
            .map_err(|e| AppError::internal(e.to_string()))?;
        let asked = format!("{scheme}://{name}:{}/", at.port());
        let mut answer = ask(&net, &asked, Tls::Verify).await;
        let is_untrusted = tls && answer.is_untrusted;
        if is_untrusted {
            answer = ask(&net, &asked, Tls::Insecure).await;
        }
        let is_trusted = (tls && (is_untrusted || answer.status.is_some())).then_some(!is_untrusted);
        let certificate = if tls { live::leaf(&at.to_string(), &name).await } else { None };
        Ok(SiteAnswer { url, is_asked: true, answer, is_trusted, certificate })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listener_of_every_address_is_asked_at_the_loopback_one() {
        let at = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(
            (at("0.0.0.0:80"), at("[::]:443"), at("192.0.2.1:8443")),
            ("127.0.0.1:80".into(), "[::1]:443".into(), "192.0.2.1:8443".into())
        );
    }
}
