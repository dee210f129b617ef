//! Who a connecting node is: by its token, once, or by its secret (nodes spec D.3 to D.5). Tokens and secrets are
//! compared as digests, so that the time an answer takes says nothing.

use std::net::IpAddr;
use std::sync::Arc;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Secret, Severity};
use argos_nodewire::{Auth, Credential};
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::model::node::{Node, pending_place, secret_place};
use crate::service::{Nodes, hold};
use crate::store::nodes;

/// A node that was let in.
pub(super) struct Admitted {
    pub(super) node: Node,
    /// New credentials it must hear.
    pub(super) secret: Option<Secret<String>>,
    pub(super) software_version: Option<String>,
    pub(super) protocol_version: Option<i64>,
}

/// Why a node was not let in.
pub(super) struct Refused {
    /// What it hears.
    pub(super) text: String,
    pub(super) counts: Counts,
}

/// Whom a refusal counts against.
pub(super) enum Counts {
    Address,
    /// It proved itself, so its address pays for nothing.
    Node(String),
    /// It was counted before.
    Nobody,
}

impl Refused {
    fn address(text: impl Into<String>) -> Self {
        Self { text: text.into(), counts: Counts::Address }
    }
}

const BAD_SECRET: &str = "Invalid node secret";
const BAD_TOKEN: &str = "Invalid registration token";
const EXPIRED: &str = "Node has expired";

pub(crate) fn hash_of(token: &str) -> String {
    argos_kernel::hex(digest(&SHA256, token.as_bytes()).as_ref())
}

impl Nodes {
    /// Judges the first frame; the inner error is what the node hears.
    pub(super) async fn admit(self: &Arc<Self>, auth: Auth, ip: Option<IpAddr>) -> Result<Result<Admitted, Refused>> {
        let name = match &auth.credential {
            Credential::Incomplete(text) => return Ok(Err(Refused::address(*text))),
            Credential::Secret { node_id, .. } => node_id.chars().take(64).collect::<String>(),
            Credential::Token(token) => token.chars().take(8).collect(),
        };
        // Before anything that costs.
        if hold(&self.lockout).is_locked(&name, ip, self.now()) {
            let text = "Too many failed authentication attempts. Locked out for 60 seconds.".to_owned();
            return Ok(Err(Refused { text, counts: Counts::Nobody }));
        }
        let judged = match &auth.credential {
            Credential::Secret { node_id, secret } => self.by_secret(node_id, secret).await?,
            Credential::Token(token) => self.by_token(token, ip).await?,
            Credential::Incomplete(_) => Err(BAD_SECRET),
        };
        match judged {
            Ok((node, secret)) => {
                hold(&self.lockout).clear(&name, ip);
                let (software_version, protocol_version) = (auth.software_version, auth.protocol_version);
                Ok(Ok(Admitted { node, secret, software_version, protocol_version }))
            }
            Err(EXPIRED) => Ok(Err(Refused { text: EXPIRED.to_owned(), counts: Counts::Node(name) })),
            Err(reason) => {
                let locks = hold(&self.lockout).fail(&name, ip, self.now());
                if !locks {
                    return Ok(Err(Refused::address(reason)));
                }
                self.tell_lockout(&name, ip).await?;
                Ok(Err(Refused::address(format!("{reason}. Too many failures — locked out for 60 seconds."))))
            }
        }
    }

    async fn tell_lockout(&self, name: &str, ip: Option<IpAddr>) -> Result<()> {
        let address = ip.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string());
        let node = nodes::find(&self.platform.store.state, name).await?;
        let shown = node.as_ref().map_or("an unknown node", |n| n.name.as_str());
        let text = format!("Connections as {shown} from {address} are refused for a minute: five wrong credentials");
        let mut event = NewEvent::new(Source::Nodes, "node.auth", text).severity(Severity::Warning).data(json!({ "ip": address }));
        if let Some(node) = &node {
            event = event.subject("node", &node.id, &node.name).node(&node.id);
        }
        // Anybody can bring this about, so it counts as coming from outside.
        self.platform.events.announce(event.from_outside(address)).await.map(drop)
    }

    async fn by_secret(&self, id: &str, given: &str) -> Result<Result<(Node, Option<Secret<String>>), &'static str>> {
        let given = digest(&SHA256, given.as_bytes());
        let found = nodes::find(&self.platform.store.state, id).await?;
        // An unknown node takes as long as a known one: something is opened and compared either way.
        let Some(node) = found else {
            let blob = self.platform.vault.seal("nodes.unknown", b"unknown")?;
            let unknown = self.platform.vault.open("nodes.unknown", &blob)?;
            let _same = digest(&SHA256, unknown.reveal()).as_ref() == given.as_ref();
            return Ok(Err(BAD_SECRET));
        };
        let matches = |place: String, blob: &Option<String>| -> Result<bool> {
            let Some(blob) = blob else { return Ok(false) };
            let known = self.platform.vault.open(&place, blob)?;
            Ok(digest(&SHA256, known.reveal()).as_ref() == given.as_ref())
        };
        let current = matches(secret_place(id), &node.secret_enc)?;
        let next = matches(pending_place(id), &node.pending_secret_enc)?;
        if !current && !next {
            return Ok(Err(BAD_SECRET));
        }
        let now = self.now();
        if node.is_expired(now) {
            return Ok(Err(EXPIRED));
        }
        let mut tx = self.platform.store.state.begin().await?;
        if !node.secret_proven {
            nodes::proven(&mut tx, id).await?;
        }
        if let (true, Some(pending)) = (next, &node.pending_secret_enc) {
            let secret = self.platform.vault.open(&pending_place(id), pending)?;
            nodes::promote(&mut tx, id, &self.platform.vault.seal(&secret_place(id), secret.reveal())?, now).await?;
            let event = NewEvent::new(Source::Nodes, "node.secret_rotation", format!("{} uses its new secret", node.name));
            self.platform.events.publish(&mut tx, event.subject("node", id, &node.name).node(id)).await?;
        }
        tx.commit().await?;
        Ok(Ok((node, None)))
    }

    async fn by_token(self: &Arc<Self>, token: &str, ip: Option<IpAddr>) -> Result<Result<(Node, Option<Secret<String>>), &'static str>> {
        let (hash, now, db) = (hash_of(token), self.now(), &self.platform.store.state);
        if let Some(node) = nodes::find_by_token(db, &hash).await? {
            if node.is_expired(now) {
                return Ok(Err(EXPIRED));
            }
            let hours = self.platform.settings.i64("registration_token_ttl_hours")?;
            if node.token_at.is_some_and(|at| now.secs_since(at) > hours * 3_600) {
                return Ok(Err(BAD_TOKEN));
            }
            let secret = Secret::new(argos_kernel::hex(&self.platform.rng.bytes::<32>()));
            let sealed = self.platform.vault.seal(&secret_place(&node.id), secret.reveal().as_bytes())?;
            let mut tx = db.begin().await?;
            if !nodes::consume(&mut tx, &node.id, &hash, now, &sealed).await? {
                return Ok(Err(BAD_TOKEN));
            }
            tx.commit().await?;
            return Ok(Ok((node, Some(secret))));
        }
        let Some(mut node) = nodes::find_by_consumed(db, &hash).await? else { return Ok(Err(BAD_TOKEN)) };
        if node.is_expired(now) {
            return Ok(Err(EXPIRED));
        }
        let live = self.session(&node.id);
        // What the process that runs says of itself counts before what is written down.
        node.process_started_at = live.as_ref().and_then(|s| hold(&s.told).process_started_at).or(node.process_started_at);
        let elsewhere = live.is_some_and(|s| s.remote() != ip);
        let Some(sealed) = node.secret_enc.as_ref().filter(|_| node.may_recover(now) && !elsewhere) else {
            return Ok(Err(BAD_TOKEN));
        };
        let secret = self.platform.vault.open_text(&secret_place(&node.id), sealed)?;
        let text = format!("{} came back with its used registration token and got its credentials again", node.name);
        let event = NewEvent::new(Source::Nodes, "node.node_reregistered", text).severity(Severity::Warning);
        let mut tx = db.begin().await?;
        if node.is_relay() {
            // It has its credentials from this process on, so a new secret is as dangerous to it as after the first time.
            nodes::registered(&mut tx, &node.id, now).await?;
        }
        self.platform.events.publish(&mut tx, event.subject("node", &node.id, &node.name).node(&node.id)).await?;
        tx.commit().await?;
        Ok(Ok((node, Some(secret))))
    }
}
