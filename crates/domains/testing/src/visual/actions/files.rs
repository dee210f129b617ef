//! Pictures and what belongs to them as artifacts: a file before its row, the row in the transaction of what names it.

use argos_imagediff::Picture;
use argos_kernel::{AppError, Result, Timestamp, Uid};
use argos_store::Tx;
use serde_json::{Value, json};

use crate::actions::artifacts::Evidence;
use crate::model::artifact::{Artifact, Kind};
use crate::service::{PictureTurn, Testing};
use crate::store::artifacts;
use crate::visual::model::layout::Facts;

/// For pictures of snapshots.
pub(crate) const SNAPSHOTS: &str = "quality.retention.snapshots_days";
/// For both sides of a comparison and their difference.
pub(crate) const EVIDENCE: &str = "quality.retention.failure_evidence_days";
/// 9999-12-31: pictures of baselines stay.
pub(crate) const FOREVER: Timestamp = Timestamp::from_secs(253_402_214_400);

/// Whose files they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) organization_id: i64,
    pub(crate) project_id: i64,
    /// The run, snapshot or comparison that names them.
    pub(crate) uid: Uid,
}

impl Testing {
    async fn keep_visual(&self, owner: Owner, place: &str, bytes: &[u8], evidence: Evidence) -> Result<Artifact> {
        let now = self.platform.clock.now();
        self.keep_bytes(owner.organization_id, &format!("{}:{place}", owner.uid), bytes, evidence, now).await
    }

    /// Writes a picture; its row is the caller's to insert.
    pub(crate) async fn keep_png(&self, owner: Owner, what: &'static str, png: &[u8], retention: &'static str) -> Result<Artifact> {
        let evidence = Evidence { kind: Kind::Screenshot, content_type: "image/png", metadata: json!({ "what": what }), retention };
        self.keep_visual(owner, what, png, evidence).await
    }

    /// Writes a document; its row is the caller's to insert.
    pub(crate) async fn keep_document(
        &self,
        owner: Owner,
        what: &'static str,
        document: &Value,
        retention: &'static str,
    ) -> Result<Artifact> {
        let evidence = Evidence { kind: Kind::Json, content_type: "application/json", metadata: json!({ "what": what }), retention };
        self.keep_visual(owner, what, document.to_string().as_bytes(), evidence).await
    }

    pub(crate) async fn note_visual(&self, tx: &mut Tx, owner: Owner, all: &[&Artifact]) -> Result<()> {
        for artifact in all {
            artifacts::insert(tx, artifact, owner.project_id, &owner.uid.to_string()).await?;
        }
        Ok(())
    }

    /// A picture of an artifact, and the turn of who reads it; 410 when its time is over.
    pub(crate) async fn picture_of(&self, artifact: &str, turn: PictureTurn) -> Result<(Picture, PictureTurn)> {
        let bytes = self.artifact_bytes(&self.artifact(artifact).await?).await?;
        // Away from the threads that serve.
        let read = tokio::task::spawn_blocking(move || Picture::from_png(&bytes).map(|picture| (picture, turn)).map_err(|e| e.to_string()));
        read.await.map_err(AppError::internal)?.map_err(AppError::internal)
    }

    /// What the browser said of a page; nothing when it is not kept any more.
    pub(crate) async fn facts_of(&self, artifact: Option<&str>) -> Result<Option<Facts>> {
        let Some(id) = artifact else { return Ok(None) };
        let Some(artifact) = artifacts::find(&self.platform.store.state, id).await? else { return Ok(None) };
        Ok(serde_json::from_slice::<Facts>(&self.artifact_bytes(&artifact).await?).ok().map(Facts::bounded))
    }
}
