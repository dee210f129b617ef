//! One order of one site, from the account to the certificate. Each step is stored before the next one begins, so an
//! order goes on after a crash where it stood, and none is begun twice.

use std::sync::Arc;
use std::time::Duration;

use argos_acme::{
    AccountKey, AcmeError, Authorization, Challenge, ChallengeKind, Client, Directory, ExternalAccount, Order, Registration, State,
    certificate_id, dns_record, dns_value, new_key, signing_request,
};
use argos_kernel::{AppError, Shutdown};
use argos_tls::Chain;
use tokio::time::Instant;

use super::acme_failure::Failure;
use crate::certificates::dns::Change;
use crate::certificates::{Way, account_aad, order_aad};
use crate::model::host::Host;
use crate::service::Edge;
use crate::store::acme_orders::{self, Step};
use crate::store::proofs::Kind;
use crate::store::{certificates, dns_providers};

/// How long an order may take.
const LIMIT: Duration = Duration::from_secs(600);
/// The pause between two looks when the authority names none, and the longest one that is waited for.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_MAX: Duration = Duration::from_secs(60);

/// A certificate as it came.
pub(super) struct Obtained {
    pub(super) directory: String,
    pub(super) chain_pem: String,
    pub(super) key_pem: String,
    pub(super) chain: Chain,
    pub(super) has_renewal_info: bool,
}

/// An order that is worked on.
pub(super) struct Work<'a> {
    edge: &'a Edge,
    host: &'a Host,
    stop: &'a Shutdown,
    deadline: Instant,
}

impl<'a> Work<'a> {
    pub(super) fn new(edge: &'a Edge, host: &'a Host, stop: &'a Shutdown) -> Self {
        Self { edge, host, stop, deadline: Instant::now() + LIMIT }
    }

    /// Takes the order as far as it goes.
    pub(super) async fn run(&self) -> Result<Obtained, Failure> {
        let wanted = self.wanted()?;
        let row = self.begun(&wanted).await?;
        let client = self.client(&row.directory, &row.account_id).await?;
        let url = match &row.url {
            Some(url) => url.clone(),
            None => self.open(&client, &row).await?,
        };
        let key_pem = self.opened(&order_aad(&row.host_id.to_string()), &row.key_enc)?;
        loop {
            let answer = client.order(&url).await?;
            let order = answer.body;
            let pause = answer.retry_after.map_or(LOOK, |after| after.delay(self.edge.platform.clock.now().secs()));
            match order.status {
                State::Pending => {
                    if !self.prove(&client, &row, &order).await? {
                        self.pause(pause).await?;
                    }
                }
                State::Ready => {
                    self.step(&row, "finalize", "").await?;
                    let request = signing_request(std::slice::from_ref(&row.domain), &key_pem)?;
                    client.finalize(&order, &request).await?;
                }
                State::Processing => self.pause(pause).await?,
                State::Valid => return self.obtained(&client, &row, &order, key_pem).await,
                _ => {
                    return Err(order
                        .error
                        .map_or_else(|| Failure::of("order_invalid", "the authority gave the order up"), |p| Failure::problem(&p)));
                }
            }
        }
    }

    /// What an order of this site would be now.
    fn wanted(&self) -> Result<acme_orders::Order, Failure> {
        let spec = &self.host.spec;
        let directory = self.edge.acme_directory(spec);
        Ok(acme_orders::Order {
            host_id: self.host.id,
            domain: self.host.domain.clone(),
            account_id: format!("{directory} {}", spec.tls_email),
            directory,
            challenge: spec.tls_challenge.clone(),
            provider: if spec.tls_challenge == "dns" { spec.tls_dns_provider.clone() } else { String::new() },
            url: None,
            key_enc: String::new(),
            started_at: self.edge.platform.clock.now(),
        })
    }

    /// The order that is under way, or a new one with the key its certificate will have.
    async fn begun(&self, wanted: &acme_orders::Order) -> Result<acme_orders::Order, Failure> {
        let db = &self.edge.platform.store.state;
        if let Some(row) = acme_orders::find(db, self.host.id).await.map_err(AppError::from)? {
            let same = |o: &acme_orders::Order| (o.domain.clone(), o.account_id.clone(), o.challenge.clone(), o.provider.clone());
            if same(&row) == same(wanted) {
                return Ok(row);
            }
        }
        let key = new_key()?;
        let key_enc = self.edge.platform.vault.seal(&order_aad(&self.host.id.to_string()), key.as_bytes())?;
        let row = acme_orders::Order { key_enc, ..wanted.clone() };
        acme_orders::add(db, &row).await.map_err(AppError::from)?;
        Ok(row)
    }

    /// The account at the authority, opened when there is none.
    async fn client(&self, directory_url: &str, account_id: &str) -> Result<Client, Failure> {
        let platform = &self.edge.platform;
        let db = &platform.store.state;
        let way = Arc::new(Way(platform.net.clone()));
        let directory = Directory::get(way.as_ref(), directory_url).await?;
        let mut stored = acme_orders::account(db, account_id).await.map_err(AppError::from)?;
        if stored.is_none() {
            let sealed = platform.vault.seal(&account_aad(account_id), &AccountKey::generate()?)?;
            acme_orders::add_account(db, account_id, &sealed, platform.clock.now()).await.map_err(AppError::from)?;
            stored = acme_orders::account(db, account_id).await.map_err(AppError::from)?;
        }
        let account = stored.ok_or_else(|| AppError::internal("an account that was just stored is gone"))?;
        let key = AccountKey::from_pkcs8(platform.vault.open(&account_aad(account_id), &account.key_enc)?.reveal())?;
        if let Some(url) = account.url {
            return Ok(Client::new(way, directory, key, url));
        }
        let contacts = account_id.split_once(' ').map(|(_, mail)| mail.to_owned()).filter(|mail| !mail.is_empty());
        let external = if directory.needs_external_account() { Some(self.external_account()?) } else { None };
        let registration = Registration { contacts: contacts.into_iter().collect(), external };
        let client = Client::register(way, directory, key, &registration).await?;
        acme_orders::set_account_url(db, account_id, Some(client.account())).await.map_err(AppError::from)?;
        Ok(client)
    }

    fn external_account(&self) -> Result<ExternalAccount, Failure> {
        let settings = &self.edge.platform.settings;
        let missing =
            || Failure::of("external_account", "the authority wants an external account: set acme.eab_key_id and acme.eab_mac_key");
        let key_id = settings.opt_text("acme.eab_key_id")?.filter(|id| !id.is_empty()).ok_or_else(missing)?;
        let secret = settings.secret("acme.eab_mac_key")?.ok_or_else(missing)?;
        let text = secret.reveal().trim_end_matches('=').replace('+', "-").replace('/', "_");
        let mac_key = data_encoding::BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| Failure::of("external_account", "acme.eab_mac_key is not base64"))?;
        Ok(ExternalAccount { key_id, mac_key })
    }

    async fn open(&self, client: &Client, row: &acme_orders::Order) -> Result<String, Failure> {
        let db = &self.edge.platform.store.state;
        self.step(row, "order", &row.directory).await?;
        let issued = certificates::find(db, row.host_id).await.map_err(AppError::from)?;
        let replaces = issued.filter(|c| c.domain == row.domain && c.directory == row.directory);
        let replaces = replaces.and_then(|c| certificate_id(Chain::from_pem(c.chain_pem.as_bytes()).ok()?.leaf()));
        let names = [row.domain.clone()];
        let made = match client.new_order(&names, replaces.as_deref()).await {
            // The authority knows the old certificate no more, or saw it replaced: the name still needs one.
            Err(error) if replaces.is_some() && matches!(error.code(), Some("alreadyReplaced" | "malformed" | "notFound")) => {
                client.new_order(&names, None).await?
            }
            outcome => outcome?,
        };
        let url = made.location.ok_or_else(|| AcmeError::Protocol("an order without an address".to_owned()))?;
        acme_orders::set_url(db, row.host_id, &url).await.map_err(AppError::from)?;
        Ok(url)
    }

    /// Shows what every open authorization asks for, and waits until the authority has looked. Whether there was one.
    async fn prove(&self, client: &Client, row: &acme_orders::Order, order: &Order) -> Result<bool, Failure> {
        let mut was_open = false;
        for place in &order.authorizations {
            let authorization = client.authorization(place).await?.body;
            if authorization.status != State::Pending {
                continue;
            }
            was_open = true;
            let kind = match row.challenge.as_str() {
                "http" => ChallengeKind::Http,
                "tls-alpn" => ChallengeKind::TlsAlpn,
                _ => ChallengeKind::Dns,
            };
            let name = &authorization.identifier.value;
            let challenge = authorization
                .challenge(kind)
                .ok_or_else(|| Failure::of("challenge", format!("the authority does not take {} for {}", kind.name(), row.domain)))?;
            self.step(row, "proof", kind.name()).await?;
            self.show(client, row, name, challenge).await?;
            let outcome = async {
                if challenge.status == State::Pending {
                    client.accept(&challenge.url).await?;
                }
                self.looked(client, place).await
            };
            let outcome = outcome.await;
            self.hide(client, row, name, challenge).await;
            outcome?;
            self.step(row, "proven", name).await?;
        }
        Ok(was_open)
    }

    async fn looked(&self, client: &Client, place: &str) -> Result<(), Failure> {
        loop {
            let answer = client.authorization(place).await?;
            match answer.body.status {
                State::Valid => return Ok(()),
                State::Pending | State::Processing => {
                    let pause = answer.retry_after.map_or(LOOK, |after| after.delay(self.edge.platform.clock.now().secs()));
                    self.pause(pause).await?;
                }
                _ => return Err(refused(&answer.body)),
            }
        }
    }

    async fn show(&self, client: &Client, row: &acme_orders::Order, name: &str, challenge: &Challenge) -> Result<(), Failure> {
        let authorization = client.key().authorization(&challenge.token);
        match challenge.kind {
            ChallengeKind::Http => self.put_proof(Kind::Http, &challenge.token, authorization).await?,
            ChallengeKind::TlsAlpn => self.put_proof(Kind::Alpn, name, authorization).await?,
            _ => self.change_dns(&row.provider, Change::Add, name, &authorization).await?,
        }
        Ok(())
    }

    /// Best effort: what is left behind proves nothing to anybody else and is replaced by the next order.
    async fn hide(&self, client: &Client, row: &acme_orders::Order, name: &str, challenge: &Challenge) {
        let authorization = client.key().authorization(&challenge.token);
        let outcome = match challenge.kind {
            ChallengeKind::Http => self.edge.take_proof(Kind::Http, &challenge.token).await.map_err(Failure::from),
            ChallengeKind::TlsAlpn => self.edge.take_proof(Kind::Alpn, name).await.map_err(Failure::from),
            _ => self.change_dns(&row.provider, Change::Remove, name, &authorization).await,
        };
        if let Err(failure) = outcome {
            tracing::warn!(domain = row.domain, reason = failure.text, "the proof of an order could not be taken away");
        }
    }

    async fn put_proof(&self, kind: Kind, name: &str, authorization: String) -> Result<(), Failure> {
        let is_tls = kind == Kind::Alpn;
        if !self.edge.is_listened_to(is_tls).await? {
            let listener = if is_tls { "edge.https_listen" } else { "edge.http_listen" };
            return Err(Failure::of("no_listener", format!("no data plane listens ({listener}), so this proof cannot be shown")));
        }
        Ok(self.edge.put_proof(kind, name, authorization).await?)
    }

    async fn change_dns(&self, provider: &str, change: Change, name: &str, authorization: &str) -> Result<(), Failure> {
        let row = dns_providers::find(&self.edge.platform.store.state, provider).await.map_err(AppError::from)?;
        let row = row
            .filter(|row| row.enabled && row.credentials_enc.is_some())
            .ok_or_else(|| Failure::of("dns_provider", format!("the DNS provider {provider} is not set up")))?;
        let credentials = self.edge.dns_credentials(&row)?;
        let (record, text) = (dns_record(name), dns_value(authorization));
        let done = self.edge.dns.change(provider, credentials.reveal(), change, &record, &text).await;
        done.map_err(|why| Failure::of("dns_provider", why))
    }

    async fn obtained(&self, client: &Client, row: &acme_orders::Order, order: &Order, key_pem: String) -> Result<Obtained, Failure> {
        let url = order.certificate.as_deref().ok_or_else(|| AcmeError::Protocol("a valid order without a certificate".to_owned()))?;
        let chain_pem = client.certificate(url).await?;
        let unusable = |why: String| Failure::of("bad_certificate", format!("the certificate that came cannot be used: {why}"));
        let chain = Chain::from_pem(chain_pem.as_bytes()).map_err(|e| unusable(e.to_string()))?;
        chain.certified(key_pem.as_bytes()).map_err(|e| unusable(e.to_string()))?;
        if !chain.leaf().covers(&row.domain) {
            return Err(unusable(format!("it is not for {}", row.domain)));
        }
        let has_renewal_info = client.directory().renewal_info.is_some();
        Ok(Obtained { directory: row.directory.clone(), chain_pem, key_pem, chain, has_renewal_info })
    }

    fn opened(&self, aad: &str, sealed: &str) -> Result<String, Failure> {
        Ok(self.edge.platform.vault.open_text(aad, sealed)?.into_inner())
    }

    async fn step(&self, row: &acme_orders::Order, step: &str, detail: &str) -> Result<(), Failure> {
        let at = self.edge.platform.clock.now();
        let step = Step { host_id: row.host_id, started_at: row.started_at, at, step: step.to_owned(), detail: detail.to_owned() };
        acme_orders::add_step(&self.edge.platform.store.state, &step).await.map_err(AppError::from)?;
        Ok(())
    }

    async fn pause(&self, pause: Duration) -> Result<(), Failure> {
        if Instant::now() >= self.deadline {
            return Err(Failure::of("timeout", "the authority did not finish the order in time"));
        }
        if self.stop.sleep(pause.clamp(LOOK, LOOK_MAX)).await { Ok(()) } else { Err(Failure::stopping()) }
    }
}

fn refused(authorization: &Authorization) -> Failure {
    authorization.problem().map_or_else(|| Failure::of("proof", "the authority did not accept the proof"), Failure::problem)
}
