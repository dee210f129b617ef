//! Passkeys: the two ceremonies in the JSON form of WebAuthn, and the list of one's own.

use argos_kernel::{AppError, Result, Uid};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::LoginReply;
use super::{Done, refuse_cross_site};
use crate::actions::{Asked, Assertion, NewPasskey, Purpose};
use crate::model::webauthn::{self, ALGORITHMS};
use crate::service::Identity;
use crate::store::passkeys::Passkey;

/// How long the browser may ask, in milliseconds.
const TIMEOUT_MS: u32 = 300_000;

pub(super) fn routes(identity: &Identity) -> Routes<Identity> {
    Routes::new(identity.clone())
        .post("/api/auth/passkey/register/begin", "auth.begin_passkey", "What a new passkey is made from.", register_begin)
        .post("/api/auth/passkey/register/finish", "auth.register_passkey", "Store a new passkey.", register_finish)
        .body::<RegisterBody>()
        .created::<PasskeyView>()
        .post("/api/auth/passkey/login/begin", "auth.begin_passkey_login", "What a passkey has to sign.", login_begin)
        .body::<BeginBody>()
        .post("/api/auth/passkey/login/finish", "auth.login_passkey", "Sign in with a passkey.", login_finish)
        .body::<FinishBody>()
        .reply::<LoginReply>()
        .get("/api/auth/passkeys", "auth.list_passkeys", "One's own passkeys.", list)
        .reply::<Vec<PasskeyView>>()
        .patch("/api/auth/passkeys/{id}", "auth.rename_passkey", "Rename a passkey.", rename)
        .body::<RenameBody>()
        .reply::<Done>()
        .delete("/api/auth/passkeys/{id}", "auth.remove_passkey", "Remove a passkey.", remove)
}

#[derive(Serialize, JsonSchema)]
struct PasskeyView {
    id: String,
    name: String,
    /// The model of the authenticator.
    aaguid: String,
    /// Kept by more than one device.
    backed_up: bool,
    transports: Vec<String>,
    created_at: String,
    last_used_at: Option<String>,
}

impl PasskeyView {
    fn of(p: Passkey) -> Self {
        Self {
            id: p.uid.to_string(),
            name: p.name,
            aaguid: p.aaguid,
            backed_up: p.backed_up,
            transports: p.transports,
            created_at: p.created_at.rfc3339(),
            last_used_at: p.last_used_at.map(argos_kernel::Timestamp::rfc3339),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct RegisterBody {
    name: String,
    credential: NewCredential,
}

#[derive(Deserialize, JsonSchema)]
struct NewCredential {
    response: AttestationResponse,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
    #[serde(default)]
    transports: Vec<String>,
}

#[derive(Default, Deserialize, JsonSchema)]
struct BeginBody {
    /// Of a login whose password was right.
    challenge_id: Option<String>,
    /// For a step-up of the signed-in user.
    #[serde(default)]
    step_up: bool,
}

#[derive(Deserialize, JsonSchema)]
struct FinishBody {
    credential: AssertedCredential,
    challenge_id: Option<String>,
}

/// A signature of a passkey.
#[derive(Deserialize, JsonSchema)]
pub(super) struct AssertedCredential {
    id: String,
    response: AssertionResponse,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
}

impl AssertedCredential {
    pub(super) fn assertion(&self) -> Assertion<'_> {
        Assertion {
            credential_id: &self.id,
            client_data: &self.response.client_data_json,
            auth_data: &self.response.authenticator_data,
            signature: &self.response.signature,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RenameBody {
    name: String,
}

fn descriptors(known: &[Passkey]) -> Value {
    known.iter().map(|p| json!({ "type": "public-key", "id": p.credential_id, "transports": p.transports })).collect()
}

async fn register_begin(identity: Identity, req: Req) -> Result<Reply> {
    let user_id = req.cx().user_id()?;
    let Asked { challenge, rp_id, known, user } = identity.passkey_begin(req.cx(), Purpose::Register, Some(user_id)).await?;
    let user = user.ok_or_else(|| AppError::unauthenticated("Authentication required"))?;
    let algorithms: Vec<Value> = ALGORITHMS.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    Ok(Reply::json(&json!({ "publicKey": {
        "challenge": challenge,
        "rp": { "id": rp_id, "name": "Argos" },
        "user": {
            "id": webauthn::encode(user.uid.to_string().as_bytes()),
            "name": user.username,
            "displayName": user.display_name,
        },
        "pubKeyCredParams": algorithms,
        "timeout": TIMEOUT_MS,
        "attestation": "none",
        "excludeCredentials": descriptors(&known),
        "authenticatorSelection": { "residentKey": "preferred", "userVerification": "required" },
    } })))
}

async fn register_finish(identity: Identity, mut req: Req) -> Result<Reply> {
    let body: RegisterBody = req.json().await?;
    let new = NewPasskey {
        client_data: &body.credential.response.client_data_json,
        attestation: &body.credential.response.attestation_object,
        transports: body.credential.response.transports,
        name: &body.name,
    };
    Ok(Reply::created(&PasskeyView::of(identity.passkey_register(req.cx(), new).await?)))
}

async fn login_begin(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: BeginBody = req.json().await?;
    let asked = match (&body.challenge_id, body.step_up) {
        (Some(id), _) => identity.passkey_second_step(req.cx(), id).await?,
        (None, true) => identity.passkey_begin(req.cx(), Purpose::StepUp, Some(req.cx().user_id()?)).await?,
        (None, false) => identity.passkey_begin(req.cx(), Purpose::Login, None).await?,
    };
    Ok(Reply::json(&json!({ "publicKey": {
        "challenge": asked.challenge,
        "rpId": asked.rp_id,
        "timeout": TIMEOUT_MS,
        "userVerification": "required",
        "allowCredentials": descriptors(&asked.known),
    } })))
}

async fn login_finish(identity: Identity, mut req: Req) -> Result<Reply> {
    refuse_cross_site(&req)?;
    let body: FinishBody = req.json().await?;
    let opened = identity.passkey_login(req.cx(), body.credential.assertion(), body.challenge_id.as_deref()).await?;
    Ok(identity.set_cookies(req.cx(), Reply::json(&LoginReply::of(&opened)), &opened))
}

async fn list(identity: Identity, req: Req) -> Result<Reply> {
    let all = identity.passkeys(req.cx().user_id()?).await?;
    Ok(Reply::json(&all.into_iter().map(PasskeyView::of).collect::<Vec<_>>()))
}

fn uid(req: &Req) -> Result<Uid> {
    req.param("id").parse().map_err(|_| AppError::not_found("Passkey not found"))
}

async fn rename(identity: Identity, mut req: Req) -> Result<Reply> {
    let (id, body) = (uid(&req)?, req.json::<RenameBody>().await?);
    identity.passkey_rename(req.cx(), id, &body.name).await?;
    Ok(Reply::json(&Done::OK))
}

async fn remove(identity: Identity, req: Req) -> Result<Reply> {
    identity.passkey_remove(req.cx(), uid(&req)?).await?;
    Ok(Reply::no_content())
}
