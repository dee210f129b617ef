//! `/api/dns-providers`: who can write records of the DNS for us. Secrets never leave.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, time, told};
use crate::actions::dns_providers::Standing;
use crate::model::dns_provider::{Credentials, Field};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/dns-providers", "edge.list_dns_providers", "Every provider of the catalogue and whether it is set up.", list)
        .reply::<Vec<DnsProviderView>>()
        .get("/api/dns-providers/{name}", "edge.get_dns_provider", "One provider.", get)
        .reply::<DnsProviderView>()
        .put("/api/dns-providers/{name}", "edge.update_dns_provider", "Set a provider up, on or off.", put)
        .body::<DnsProviderBody>()
        .reply::<DnsProviderAnswer>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct DnsProviderView {
    name: &'static str,
    display_name: &'static str,
    enabled: bool,
    configured: bool,
    fields: Vec<DnsFieldView>,
    caddy_module: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    docs_url: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

/// What a change answers.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum DnsProviderAnswer {
    Set(DnsProviderView),
    /// It is stored, and the engine goes on as before.
    Refused {
        saved: bool,
        reconcile_error: String,
    },
}

#[derive(Serialize, JsonSchema)]
struct DnsFieldView {
    key: &'static str,
    label: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DnsProviderBody {
    #[serde(default)]
    enabled: Option<bool>,
    /// All fields of the provider; `__UNCHANGED__` keeps one.
    #[serde(default)]
    credentials: Option<Credentials>,
}

fn view(standing: &Standing) -> DnsProviderView {
    let (provider, stored) = (standing.provider, standing.stored.as_ref());
    let field =
        |f: &'static Field| DnsFieldView { key: f.key, label: f.label, required: f.required, placeholder: f.placeholder, secret: f.secret };
    DnsProviderView {
        name: provider.name,
        display_name: provider.display_name,
        enabled: stored.is_some_and(|row| row.enabled),
        configured: stored.is_some_and(|row| row.credentials_enc.is_some()),
        fields: provider.fields.iter().map(field).collect(),
        caddy_module: provider.caddy_module,
        docs_url: provider.docs_url,
        updated_at: stored.map(|row| time(row.updated_at)),
    }
}

async fn list(edge: Service, _: Req) -> Result<Reply> {
    let views: Vec<DnsProviderView> = edge.list_dns_providers().await?.iter().map(view).collect();
    Ok(Reply::json(&views))
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    Ok(Reply::json(&view(&edge.get_dns_provider(req.param("name")).await?)))
}

async fn put(edge: Service, mut req: Req) -> Result<Reply> {
    let body: DnsProviderBody = req.json().await?;
    let name = req.param("name").to_owned();
    let done = edge.put_dns_provider(&req.cx().actor(), &name, body.enabled, body.credentials.as_ref()).await?;
    if done.applied {
        return Ok(told(Reply::json(&DnsProviderAnswer::Set(view(&done.value))), true));
    }
    let why = edge.standing().error.unwrap_or_else(|| "the engine did not take the change".to_owned());
    Ok(told(Reply::json(&DnsProviderAnswer::Refused { saved: true, reconcile_error: why }), false))
}
