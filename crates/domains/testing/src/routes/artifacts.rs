//! `/api/v1/artifacts` and the signed `/api/v1/media`: evidence as bytes, as base64 or as an address.

use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use crate::actions::artifacts::not_found;
use crate::actions::tests::fault;
use crate::model::artifact::{Artifact, Kind, SIGNED_S, is_signed};
use crate::service::Testing;
use crate::store::artifacts;
use crate::visual::model::shown::Shown;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/artifacts", "artifacts.list", "Artifacts of the organization, newest first.", list)
        .param("limit", "1-200, default 50")
        .param("type", "screenshot, video, html, json, log, trace, file")
        .reply::<ArtifactsView>()
        .post("/api/v1/artifacts/resolve", "artifacts.resolve", "Signed addresses of several artifacts.", resolve)
        .body::<Vec<Named>>()
        .get("/api/v1/artifacts/{id}", "artifacts.get", "An artifact with its content or address.", get)
        .param("format", "base64 (default) or url")
        .get("/api/v1/artifacts/{id}/raw", "artifacts.raw", "The bytes of an artifact.", raw)
        .get("/api/v1/artifacts/{id}/url", "artifacts.url", "A signed address of an artifact.", url)
        .get("/api/v1/artifacts/videos/{id}", "artifacts.video", "The bytes of a video.", video)
        .get("/api/v1/artifacts/videos/{id}/url", "artifacts.video_url", "A signed address of a video.", video_url)
        .get("/api/v1/media/{id}", "media.get", "The bytes of an artifact, for whoever has a signed address.", media)
        .param("exp", "when it expires, Unix seconds")
        .param("sig", "the signature")
}

#[derive(Serialize, JsonSchema)]
struct ArtifactView {
    artifact_id: String,
    #[serde(rename = "type")]
    kind: Kind,
    content_type: String,
    size_bytes: i64,
    metadata: Value,
    created_at: String,
    expires_at: String,
}

#[derive(Serialize, JsonSchema)]
struct ArtifactsView {
    artifacts: Vec<ArtifactView>,
    total: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    artifact_id: String,
}

fn view(a: Artifact) -> ArtifactView {
    ArtifactView {
        artifact_id: a.id,
        kind: a.kind,
        content_type: a.content_type,
        size_bytes: a.size_bytes,
        metadata: a.metadata,
        created_at: a.created_at.rfc3339(),
        expires_at: Timestamp::rfc3339(a.expires_at),
    }
}

/// An artifact of the organization the request acts in.
pub(super) async fn own(testing: &Testing, req: &Req, id: &str) -> Result<Artifact> {
    let artifact = testing.artifact(id).await?;
    let organization = testing.platform.identity.organization_named(req, &artifact.organization_id.to_string()).await;
    organization.map_err(|e| if e.kind() == argos_kernel::ErrorKind::NotFound { not_found() } else { e })?;
    Ok(artifact)
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let organization = testing.platform.identity.organization_of(&req).await?.organization.id;
    let q = req.query();
    let kind = match q.filled("type") {
        None => None,
        Some(word) => Some(Kind::parse(word).ok_or_else(|| fault("type", format!("unknown type `{word}`")))?),
    };
    let page = PageRequest { limit: q.int_clamped("limit", 50, 1, 200)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? };
    let found = artifacts::list(&testing.platform.store.state, organization, kind, page).await?;
    Ok(Reply::json(&ArtifactsView { artifacts: found.items.into_iter().map(view).collect(), total: found.total }).total_count(found.total))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let artifact = own(&testing, &req, req.param("id")).await?;
    let content = match req.query().filled("format") {
        None | Some("base64") => data_encoding::BASE64.encode(&testing.artifact_bytes(&artifact).await?),
        Some("url") => testing.signed(&artifact.id),
        Some(_) => return Err(fault("format", "format must be base64 or url")),
    };
    Ok(Reply::json(&json!({
        "artifact_id": artifact.id, "type": artifact.kind, "content": content, "content_type": artifact.content_type,
        "metadata": artifact.metadata,
    })))
}

fn signed_document(testing: &Testing, id: &str) -> Value {
    json!({ "artifact_id": id, "url": testing.signed(id), "expires_in": SIGNED_S, "url_type": "signed" })
}

async fn url(testing: Service, req: Req) -> Result<Reply> {
    let artifact = own(&testing, &req, req.param("id")).await?;
    Ok(Reply::json(&signed_document(&testing, &artifact.id)))
}

async fn resolve(testing: Service, mut req: Req) -> Result<Reply> {
    let body: Vec<Named> = req.json().await?;
    if body.len() > 100 {
        return Err(fault("artifact_id", "at most 100 artifacts"));
    }
    let mut out = Vec::new();
    for named in &body {
        out.push(match own(&testing, &req, &named.artifact_id).await {
            Ok(artifact) => signed_document(&testing, &artifact.id),
            Err(error) => json!({ "artifact_id": named.artifact_id, "error": error.message() }),
        });
    }
    Ok(Reply::json(&out))
}

async fn raw(testing: Service, req: Req) -> Result<Reply> {
    let artifact = own(&testing, &req, req.param("id")).await?;
    bytes(&testing, &artifact).await
}

/// A video of the organization; what is none is not found.
async fn own_video(testing: &Testing, req: &Req) -> Result<Artifact> {
    let artifact = own(testing, req, req.param("id")).await?;
    if artifact.kind == Kind::Video { Ok(artifact) } else { Err(not_found()) }
}

async fn video(testing: Service, req: Req) -> Result<Reply> {
    let artifact = own_video(&testing, &req).await?;
    bytes(&testing, &artifact).await
}

async fn video_url(testing: Service, req: Req) -> Result<Reply> {
    let artifact = own_video(&testing, &req).await?;
    Ok(Reply::json(&signed_document(&testing, &artifact.id)))
}

async fn media(testing: Service, req: Req) -> Result<Reply> {
    let (id, q) = (req.param("id"), req.query());
    let (exp, sig) = (q.text("exp").unwrap_or_default(), q.text("sig").unwrap_or_default());
    if !is_signed(testing.media_secret().reveal(), id, exp, sig, req.cx().now()) {
        return Err(AppError::forbidden("The address has expired or is not ours").code("invalid_signature"));
    }
    let reply = match Shown::parse(id) {
        Some((what, comparison)) => Reply::bytes("image/png", testing.shown(what, comparison).await?),
        None => bytes(&testing, &testing.artifact(id).await?).await?,
    };
    Ok(reply.header("cache-control", "private, max-age=900").header("referrer-policy", "no-referrer"))
}

/// The bytes; what could run in a browser is only ever a download in a sandbox.
async fn bytes(testing: &Testing, artifact: &Artifact) -> Result<Reply> {
    let bytes = testing.artifact_bytes(artifact).await?;
    let (content_type, file): (&'static str, Option<&str>) = match artifact.content_type.as_str() {
        "image/png" => ("image/png", None),
        "image/jpeg" => ("image/jpeg", None),
        "image/webp" => ("image/webp", None),
        "video/webm" => ("video/webm", None),
        "video/x-msvideo" => ("video/x-msvideo", Some("avi")),
        "application/zip" => ("application/zip", Some("zip")),
        "application/json" => ("application/json", Some("json")),
        _ => ("application/octet-stream", Some("bin")),
    };
    let reply = Reply::bytes(content_type, bytes).header("content-security-policy", "sandbox; default-src 'none'");
    let named = artifact.metadata.get("name").and_then(Value::as_str).filter(|_| artifact.kind == Kind::File);
    if let Some(name) = named {
        return Ok(reply.attachment(name));
    }
    Ok(match file {
        Some(ending) => reply.attachment(&format!("{}.{ending}", artifact.id)),
        None => reply,
    })
}
