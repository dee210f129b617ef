//! Where several processes share one database, each with a data plane shows the proofs of the one that orders, and says
//! how far it is. With one process alone the order shows its proofs itself and waits for nobody.

use std::sync::Arc;
use std::time::Duration;

use argos_kernel::{Result, Shutdown, Timestamp};
use argos_store::Engine;
use tokio::time::Instant;

use crate::service::Edge;
use crate::store::proofs::{self, Kind, Plane, Proof};

/// How often the tables are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// A process says at least this often that it is there.
const SEEN: Duration = Duration::from_secs(5);
/// One that was not seen for this long is gone.
const GONE_S: i64 = 20;
/// The longest wait for the others.
const WAIT: Duration = Duration::from_secs(10);

pub(crate) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    let mut last: Option<(Instant, Plane)> = None;
    while stop.sleep(LOOK).await {
        let shown = edge.show_proofs().await?;
        let listens = |tls| edge.plane.address(tls).is_some();
        let now = Plane { id: edge.plane_id.clone(), http: listens(false), https: listens(true), proof_id: shown };
        if last.as_ref().is_none_or(|(at, before)| *before != now || at.elapsed() >= SEEN) {
            proofs::see(&edge.platform.store.state, &now, edge.platform.clock.now()).await?;
            last = Some((Instant::now(), now));
        }
    }
    Ok(proofs::leave(&edge.platform.store.state, &edge.plane_id).await?)
}

impl Edge {
    /// Whether other processes may have data planes too.
    pub(crate) fn has_peers(&self) -> bool {
        self.platform.store.engine() == Engine::Postgres
    }

    fn seconds_ago(&self, seconds: i64) -> Timestamp {
        self.platform.clock.now().minus_secs(seconds)
    }

    /// Shows what the tables say; the newest proof.
    async fn show_proofs(&self) -> Result<i64> {
        let Some(proxy) = self.plane.proxy() else { return Ok(0) };
        let wanted = proofs::list(&self.platform.store.state, self.seconds_ago(proofs::SHOWN_MAX_S)).await?;
        Ok(self.proofs.show(&proxy, wanted))
    }

    async fn peers(&self) -> Result<Vec<Plane>> {
        let seen = proofs::planes(&self.platform.store.state, self.seconds_ago(GONE_S)).await?;
        Ok(seen.into_iter().filter(|p| p.id != self.plane_id).collect())
    }

    /// Whether any process serves sites: without one there is nothing to have certificates for.
    pub(crate) async fn has_data_plane(&self) -> Result<bool> {
        Ok(self.plane.is_wanted() || (self.has_peers() && !self.peers().await?.is_empty()))
    }

    /// Whether any data plane listens there. Another process may be about to: the first site opens its listeners.
    pub(crate) async fn is_listened_to(&self, tls: bool) -> Result<bool> {
        let began = Instant::now();
        loop {
            let own = self.plane.address(tls).is_some();
            if own || !self.has_peers() || began.elapsed() >= WAIT {
                return Ok(own);
            }
            if self.peers().await?.iter().any(|p| if tls { p.https } else { p.http }) {
                return Ok(true);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Shows a proof on every data plane, and waits until all of them do.
    pub(crate) async fn put_proof(&self, kind: Kind, name: &str, key_authorization: String) -> Result<()> {
        let proof = Proof { id: 0, kind, name: name.to_owned(), key_authorization };
        let id = proofs::put(&self.platform.store.state, &proof, self.platform.clock.now()).await?;
        let shown = self.wait_until_shown(id).await;
        if shown.is_err() {
            // Nobody waits for it any more.
            drop(self.take_proof(kind, name).await);
        }
        shown
    }

    async fn wait_until_shown(&self, id: i64) -> Result<()> {
        self.show_proofs().await?;
        let began = Instant::now();
        while self.has_peers() {
            let behind: Vec<String> = self.peers().await?.into_iter().filter(|p| p.proof_id < id).map(|p| p.id).collect();
            if behind.is_empty() {
                break;
            }
            if began.elapsed() >= WAIT {
                tracing::warn!(?behind, "not every data plane shows the proof of an order");
                break;
            }
            tokio::time::sleep(LOOK / 4).await;
        }
        Ok(())
    }

    pub(crate) async fn take_proof(&self, kind: Kind, name: &str) -> Result<()> {
        proofs::delete(&self.platform.store.state, kind, name).await?;
        self.show_proofs().await.map(drop)
    }
}
