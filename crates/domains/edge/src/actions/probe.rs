//! Looking before publishing: does the backend answer, does the name lead here, would an authority reach this machine.
//! Nothing stays.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use argos_kernel::{AppError, Result, Uid};
use argos_net::{AllowEntry, Class, NetError, Request, Tls};

use crate::model::bad;
use crate::model::name::{is_backend, is_domain};
use crate::service::Edge;
use crate::store::proofs::Kind;

pub(super) const PATIENCE: Duration = Duration::from_secs(5);
const ADDRESSES_MAX: usize = 16;

/// What a backend answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: Option<u16>,
    pub(crate) millis: u64,
    pub(crate) error: Option<String>,
    /// It was reached, and its certificate is what is wrong.
    pub(crate) is_untrusted: bool,
}

/// Whether the certificate is what is wrong: TLS also fails where the other side speaks something else.
fn is_untrusted(error: &NetError) -> bool {
    matches!(error, NetError::Tls(why) if why.starts_with("invalid peer certificate"))
}

impl Answer {
    pub(super) fn of(outcome: std::result::Result<u16, NetError>, began: Instant) -> Self {
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(status) => Self { status: Some(status), millis, error: None, is_untrusted: false },
            Err(error) => Self { status: None, millis, is_untrusted: is_untrusted(&error), error: Some(error.to_string()) },
        }
    }
}

/// Where a name leads.
#[derive(Debug)]
pub(crate) struct Lead {
    /// Empty when it leads nowhere yet.
    pub(crate) addresses: Vec<IpAddr>,
    /// Those of them that are not this machine, as far as that is known.
    pub(crate) elsewhere: Vec<IpAddr>,
    /// The public address of this machine, as it was found last.
    pub(crate) public: Option<IpAddr>,
}

impl Lead {
    fn new(addresses: Vec<IpAddr>, public: Option<IpAddr>, is_own: impl Fn(IpAddr) -> bool) -> Self {
        let elsewhere = addresses.iter().copied().filter(|ip| Some(*ip) != public && !is_own(*ip)).collect();
        Self { addresses, elsewhere, public }
    }

    /// Whether it leads to this machine; `None` when that cannot be told: behind a router nobody knows the address of
    /// outside, unless it was found.
    pub(crate) fn is_here(&self) -> Option<bool> {
        if self.addresses.len() > self.elsewhere.len() {
            return Some(true);
        }
        let is_told = self.addresses.is_empty() || self.public.is_some_and(|p| self.addresses.iter().any(|a| a.is_ipv4() == p.is_ipv4()));
        is_told.then_some(false)
    }
}

/// Whether an address is one of this machine's: only those can be bound.
fn is_own(address: IpAddr) -> bool {
    !address.is_unspecified() && UdpSocket::bind((address, 0)).is_ok()
}

impl Edge {
    /// Asks a backend for a path, as its health check would.
    pub(crate) async fn probe_backend(&self, https: bool, host: &str, port: u16, path: &str, verify: bool) -> Result<Answer> {
        let host = host.trim().to_ascii_lowercase();
        if !is_backend(&host) {
            return Err(bad("host", "host must be an IP address or a host name"));
        }
        if !path.starts_with('/') {
            return Err(bad("path", "path must start with /"));
        }
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host };
        let url = format!("{}://{bracketed}:{port}{path}", if https { "https" } else { "http" });
        let mut request = Request::get(Class::Integration, url).timeout(PATIENCE);
        if !verify {
            request = request.tls(Tls::Insecure);
        }
        let began = Instant::now();
        let outcome = self.platform.net.send(request).await;
        Ok(Answer::of(outcome.map(|response| response.status), began))
    }

    /// Where a domain leads.
    pub(crate) async fn resolve(&self, domain: &str) -> Result<Lead> {
        let name = domain.strip_prefix("*.").unwrap_or(domain);
        if !is_domain(name) {
            return Err(bad("domain", "domain must be a DNS name, as app.example.org"));
        }
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name, 443))).await;
        let mut addresses: Vec<IpAddr> = found.ok().and_then(std::result::Result::ok).into_iter().flatten().map(|a| a.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(ADDRESSES_MAX);
        Ok(Lead::new(addresses, self.public_ip()?, is_own))
    }

    /// Where sites are listened for, and whether that socket is open: it opens with the first site.
    pub(crate) fn listener(&self, tls: bool) -> Option<(String, bool)> {
        let Some(caddy) = &self.caddy else {
            let open = self.plane.address(tls).map(|at| at.to_string());
            let is_open = open.is_some();
            return open.or_else(|| self.plane.wanted(tls)).map(|at| (at, is_open));
        };
        let port = if tls { caddy.listen.https_port } else { caddy.listen.http_port }?;
        let at = caddy.listen.addresses.iter().find(|address| address.ends_with(&format!(":{port}")))?;
        Some((at.clone(), caddy.pushed_at().is_some()))
    }

    /// Shows a proof as for an authority and asks for it by the name, as the authority will: whether port 80 of the name is
    /// this installation. `None` when there is no listener of ours to show it on. Goes to its end though whoever asked hangs
    /// up: nobody else would take the proof away.
    pub(crate) async fn try_challenge(self: &Arc<Self>, domain: &str) -> Result<Option<Answer>> {
        let Some(at) = self.plane.address(false).filter(|_| !domain.starts_with("*.")) else { return Ok(None) };
        let (edge, domain) = (Arc::clone(self), domain.to_owned());
        let (tell, told) = tokio::sync::oneshot::channel();
        self.platform.tasks.once("edge-challenge", async move { drop(tell.send(edge.ask_for_a_proof(&domain, at).await)) });
        told.await.map_err(AppError::internal)?.map(Some)
    }

    async fn ask_for_a_proof(&self, domain: &str, at: SocketAddr) -> Result<Answer> {
        let token = format!("argos-check-{}", Uid::mint(&*self.platform.clock, &*self.platform.rng));
        let said = Uid::mint(&*self.platform.clock, &*self.platform.rng).to_string();
        self.put_proof(Kind::Http, &token, said.clone()).await?;
        let url = format!("http://{domain}/.well-known/acme-challenge/{token}");
        // Whoever owns the name says where it leads: inside the network only to what is listened for here, and nowhere on.
        let own = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((domain, 80))).await.ok().and_then(std::result::Result::ok);
        let is_ours =
            |to: &SocketAddr| to.port() == at.port() && if at.ip().is_unspecified() { is_own(to.ip()) } else { to.ip() == at.ip() };
        let own = own.into_iter().flatten().filter(is_ours).map(AllowEntry::Socket).collect();
        let request = Request::get(Class::Heal, url).timeout(PATIENCE).bytes_max(4_096).follow_redirects(0).also_allow(own);
        let began = Instant::now();
        let outcome = self.platform.net.send(request).await;
        self.take_proof(Kind::Http, &token).await?;
        Ok(match outcome {
            Ok(response) if response.text().trim() != said => {
                let error = Some(format!("another server answered at port 80 (HTTP {})", response.status));
                Answer { status: None, error, ..Answer::of(Ok(response.status), began) }
            }
            outcome => Answer::of(outcome.map(|response| response.status), began),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn lead(addresses: &[&str], public: Option<&str>) -> Lead {
        Lead::new(addresses.iter().map(|a| ip(a)).collect(), public.map(ip), |a| a == ip("192.168.1.10"))
    }

    #[test]
    fn name_leads_here_when_an_address_of_it_is_ours_or_the_public_one() {
        assert_eq!(lead(&["192.168.1.10"], None).is_here(), Some(true));
        assert_eq!(lead(&["203.0.113.5"], Some("203.0.113.5")).is_here(), Some(true));
        let both = lead(&["203.0.113.5", "203.0.113.6"], Some("203.0.113.5"));
        assert_eq!((both.is_here(), both.elsewhere), (Some(true), vec![ip("203.0.113.6")]));
        assert_eq!(lead(&["203.0.113.6"], Some("203.0.113.5")).is_here(), Some(false));
        assert_eq!(lead(&[], None).is_here(), Some(false));
    }

    #[test]
    fn without_the_public_address_nobody_says_that_a_name_leads_elsewhere() {
        assert_eq!(lead(&["203.0.113.6"], None).is_here(), None);
        assert_eq!(lead(&["2001:db8::1"], Some("203.0.113.5")).is_here(), None, "the other family");
    }

    #[test]
    fn other_failures_of_tls_are_not_the_certificate() {
        let of = |error: rustls::Error| is_untrusted(&NetError::Tls(error.to_string()));
        assert!(of(rustls::CertificateError::UnknownIssuer.into()) && of(rustls::CertificateError::Expired.into()));
        assert!(
            !of(rustls::InvalidMessage::InvalidContentType.into())
                && !of(rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure))
        );
        assert!(!of(rustls::Error::HandshakeNotComplete) && !is_untrusted(&NetError::Timeout));
    }

    #[test]
    fn loopback_is_this_machine_and_documentation_addresses_are_not() {
        assert!(is_own(ip("127.0.0.1")) && !is_own(ip("192.0.2.1")) && !is_own(ip("0.0.0.0")));
    }
}
