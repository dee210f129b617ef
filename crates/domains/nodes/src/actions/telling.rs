//! What nodes are told of tunnels: told, told again, taken back. A tunnel has one turn at a time, so what a node said of it
//! is never written over a newer word; different tunnels never wait for each other, however slow a node of one is.

use std::sync::Arc;

use argos_events::{NewEvent, Source};
use argos_kernel::{Result, Severity};
use argos_store::Tx;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

use super::tunnels::not_found;
use crate::model::tunnel::{Leg, Legs, Tunnel};
use crate::service::{Nodes, Pieces, Session, hold};
use crate::store::{nodes, tunnels};

/// How often a tunnel is told at once while another process changes it.
const ANEW: usize = 3;

/// The turn of a tunnel; see `Nodes::turns`.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Nodes {
    /// Has a tunnel removed wherever it may be; nodes that are away hear of it when they are back.
    pub(super) async fn withdraw(&self, turn: &Turn, t: &Tunnel, except: Option<&str>) {
        let told = async |node: &str| {
            if let Some(session) = self.session(node).filter(|_| except != Some(node))
                && let Err(error) = self.deliver_tombstone(turn, &session, &t.id).await
            {
                tracing::info!(%error, node, "a tunnel is not removed on a node yet");
            }
        };
        join(told(&t.ingress_node_id), told(&t.egress_node_id)).await;
        if let Some(relay) = &t.relay_node_id {
            told(relay).await;
        }
    }

    /// Tells every leg that does not know yet.
    pub(crate) async fn push(&self, id: &str) -> Result<Tunnel> {
        let turn = self.turns.take(id).await;
        self.push_in_turn(&turn, id).await
    }

    /// The same by who has the turn: until it is told as it stands, or is changed so often elsewhere that the worker shall
    /// do the rest.
    pub(super) async fn push_in_turn(&self, turn: &Turn, id: &str) -> Result<Tunnel> {
        for _ in 0..ANEW {
            if let Some(told) = self.tell_once(turn, id).await? {
                return Ok(told);
            }
        }
        tunnels::find(&self.platform.store.state, id).await?.ok_or_else(not_found)
    }

    /// Relay first: it refuses edges of a tunnel it does not know. `None` when another process changed it meanwhile, so
    /// that it is to be told again.
    async fn tell_once(&self, turn: &Turn, id: &str) -> Result<Option<Tunnel>> {
        let db = &self.platform.store.state;
        let mut t = tunnels::find(db, id).await?.ok_or_else(not_found)?;
        if t.is_disabled() {
            return Ok(Some(t));
        }
        let before = t.clone();
        let [relay, ingress, egress] = self.actions_of(&t)?;
        let mut told = Legs::default();
        if let (Some(leg), Some(node)) = (&t.relay, &t.relay_node_id) {
            told.relay = self.push_leg(leg, node, &relay).await?;
        }
        let near = self.push_leg(&t.ingress, &t.ingress_node_id, &ingress);
        let far = self.push_leg(&t.egress, &t.egress_node_id, &egress);
        let (near, far) = join(near, far).await;
        (told.ingress, told.egress) = (near?, far?);
        let mut tx = db.begin().await?;
        if !tunnels::keep_legs(&mut tx, id, t.updated_at, &told).await? {
            return self.correct(turn, tx, &t, &told).await;
        }
        // With what another process wrote of the legs it told.
        t = tunnels::find_in(&mut tx, id).await?.ok_or_else(not_found)?;
        let told: [(&str, &Leg, &Leg); 2] =
            [(&t.ingress_node_id, &before.ingress, &t.ingress), (&t.egress_node_id, &before.egress, &t.egress)];
        let relay_leg = t.relay_node_id.as_deref().zip(before.relay.as_ref()).zip(t.relay.as_ref()).map(|((n, b), l)| (n, b, l));
        for (node, before, now) in told.into_iter().chain(relay_leg) {
            let failed = now.status == "failed";
            if failed == (before.status == "failed") {
                continue;
            }
            let (severity, text) = match &now.error {
                Some(why) if failed => (Severity::Warning, format!("Tunnel {} was not set up on the node: {why}", t.name)),
                _ if now.is_pushed() => (Severity::Info, format!("Tunnel {} is set up on the node again", t.name)),
                _ => (Severity::Info, format!("Tunnel {} is told the node anew when it is back", t.name)),
            };
            let name = self.session(node).map_or_else(|| node.to_owned(), |s| s.name());
            let event = NewEvent::new(Source::Nodes, "node.tunnel", text).severity(severity).subject("node", node, name).node(node);
            self.platform.events.publish(&mut tx, event.data(json!({ "tunnel_id": t.id, "tunnel_name": t.name }))).await?;
        }
        tx.commit().await?;
        self.mark_failed_legs(&t).await;
        self.changed();
        self.show_tunnel(&t).await;
        Ok(Some(t))
    }

    /// Another process changed a tunnel while it was told here, as `t`. The word told here may have come last: whoever heard
    /// it hears again what counts.
    async fn correct(&self, turn: &Turn, mut tx: Tx, t: &Tunnel, told: &Legs) -> Result<Option<Tunnel>> {
        let now = tunnels::find_in(&mut tx, &t.id).await?;
        if let Some(lives) = now.filter(|now| !now.is_disabled()) {
            // With the same word nothing is to be corrected; two processes would correct each other for ever.
            if self.actions_of(&lives)? == self.actions_of(t)? {
                return Ok(None);
            }
            if tunnels::again(&mut tx, &t.id, self.now()).await? {
                tx.commit().await?;
                return Ok(None);
            }
        }
        for (leg, node) in
            [(&told.ingress, Some(&t.ingress_node_id)), (&told.egress, Some(&t.egress_node_id)), (&told.relay, t.relay_node_id.as_ref())]
        {
            let Some(node) = node.filter(|_| leg.is_some()) else { continue };
            // One that was removed with it hears nothing any more.
            if nodes::find_in(&mut tx, node).await?.is_some() {
                tunnels::bury(&mut tx, &t.id, node, self.now()).await?;
            }
        }
        tx.commit().await?;
        self.withdraw(turn, t, None).await;
        tunnels::find(&self.platform.store.state, &t.id).await?.ok_or_else(not_found).map(Some)
    }

    /// What became of a leg that is still to be told, by whatever process has its node.
    async fn push_leg(&self, leg: &Leg, node: &str, action: &Value) -> Result<Option<Leg>> {
        if leg.is_pushed() {
            return Ok(None);
        }
        let Some(session) = self.session(node) else {
            let known = if self.is_alone() { None } else { nodes::find(&self.platform.store.state, node).await? };
            let elsewhere = known.is_some_and(|n| !matches!(n.status.as_str(), "offline" | "pending"));
            return Ok((!elsewhere).then(absent));
        };
        // Closed never; a node that is slow holds up only what is told to it.
        let _place = session.telling.acquire().await;
        Ok(Some(match self.ask(&session, action, self.command_limit()?).await {
            Ok(_) => Leg { status: "pushed".to_owned(), error: None },
            // What another process had moments ago, or a connection that has just ended: it is told when it is back.
            Err(error) if matches!(error.code_str(), "node_not_connected" | "node_disconnected" | "replica_timeout") => absent(),
            Err(error) => Leg { status: "failed".to_owned(), error: Some(error.message().chars().take(500).collect()) },
        }))
    }

    /// What a node was told counts no more; with `again` it is told at once.
    pub(crate) async fn reset_tunnels_of(&self, node: &str, again: bool) -> Result<()> {
        let db = &self.platform.store.state;
        let all = tunnels::of_node(db, node).await?;
        let each = all.iter().filter(|t| !t.is_disabled()).map(async |t| {
            // Not while it is told: the outcome would be written over this.
            let turn = self.turns.take(&t.id).await;
            let mut tx = db.begin().await?;
            if let Some(now) = tunnels::find_in(&mut tx, &t.id).await? {
                self.end_trouble(&mut tx, &now, Some(node)).await?;
            }
            tx.commit().await?;
            tunnels::reset_legs(db, &t.id, node).await?;
            if again {
                // One that was removed meanwhile needs nothing.
                drop(self.push_in_turn(&turn, &t.id).await);
            }
            Ok(())
        });
        join_all(each).await.into_iter().collect()
    }

    /// Tries again wherever a node that does not know is connected. Those that are slow to forget hold up nobody who builds.
    pub(crate) async fn push_all(&self) -> Result<()> {
        let own = self.own_sessions();
        let buried = join_all(own.iter().map(async |session: &Arc<Session>| {
            if let Err(error) = self.deliver_tombstones(session).await {
                tracing::info!(%error, node = session.node_id, "a tunnel is not removed on a node yet");
            }
        }));
        let built = async {
            let all = tunnels::list(&self.platform.store.state).await?;
            let is_open = |t: &&Tunnel| {
                !t.is_disabled() && legs_of(t).iter().flatten().any(|(leg, node)| !leg.is_pushed() && self.own_session(node).is_some())
            };
            let told = join_all(all.iter().filter(is_open).map(|t| self.push(&t.id))).await;
            for error in told.into_iter().filter_map(Result::err) {
                tracing::info!(%error, "a tunnel is not told everywhere yet");
            }
            // Another process may have removed one, or told a node of ours.
            let all = tunnels::list(&self.platform.store.state).await?;
            own.iter().for_each(|session| mark(session, &all));
            Ok(())
        };
        join(buried, built).await.1
    }

    /// Remembers with the members of a tunnel whether one of their legs failed: only for what lists show, so it never fails
    /// what was done.
    pub(super) async fn mark_failed_legs(&self, t: &Tunnel) {
        for session in t.members().filter_map(|node| self.session(node)) {
            match tunnels::of_node(&self.platform.store.state, &session.node_id).await {
                Ok(all) => mark(&session, &all),
                Err(error) => tracing::warn!(%error, node = session.node_id, "it is not known whether a tunnel of a node failed"),
            }
        }
    }
}

/// A leg whose node hears of it when it is there.
fn absent() -> Leg {
    Leg { status: "pending".to_owned(), error: Some("Node is not connected".to_owned()) }
}

/// The legs of a tunnel and their nodes.
fn legs_of(t: &Tunnel) -> [Option<(&Leg, &str)>; 3] {
    let relay = t.relay.as_ref().zip(t.relay_node_id.as_deref());
    [Some((&t.ingress, t.ingress_node_id.as_str())), Some((&t.egress, t.egress_node_id.as_str())), relay]
}

/// A tunnel that is disabled fails no more.
fn mark(session: &Session, all: &[Tunnel]) {
    let failed = |(leg, of): &(&Leg, &str)| leg.status == "failed" && *of == session.node_id;
    let any = all.iter().filter(|t| !t.is_disabled()).any(|t| legs_of(t).iter().flatten().any(failed));
    let mut told = hold(&session.told);
    if told.leg_failed != any {
        (told.leg_failed, told.pieces) = (any, Pieces::default());
    }
}
