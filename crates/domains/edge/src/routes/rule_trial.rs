//! `/api/hosts/{id}/rules/try`: which rule would decide about a request, before anything is saved.

use argos_kernel::Result;
use argos_proxy::Trial;
use argos_web::{Reply, Req, Routes};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::{Service, id};
use crate::actions::rule_trial::Draft;
use crate::model::bad;
use crate::model::rule::{Action, RuleBody};

const PATH_MAX: usize = 8_000;
const HEADERS_MAX: usize = 50;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .post("/api/hosts/{host_id}/rules/try", "edge.try_rules", "Which rule would decide about a request; nothing is sent.", decide)
        .body::<TrialBody>()
        .reply::<OutcomeView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TrialBody {
    /// Path and query as a client would send them.
    path: String,
    /// GET when absent.
    #[serde(default)]
    method: Option<String>,
    /// The name that is asked for, where the site is a wildcard; the site's own when absent.
    #[serde(default)]
    host: Option<String>,
    /// By name.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Who asks; 198.51.100.1 when absent, an address of nobody.
    #[serde(default)]
    client_ip: Option<String>,
    /// A rule that is being written.
    #[serde(default)]
    rule: Option<RuleBody>,
    /// The id of the rule that it will take the place of; a new one when absent.
    #[serde(default)]
    rule_id: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct OutcomeView {
    /// The rule that wins; 0 = the one that is being written, null = none matches, the site's pool gets it.
    rule_id: Option<i64>,
    rule_name: Option<String>,
    action: Option<Action>,
    /// The pool that gets it; null when the proxy answers by itself, or with 503 because the pool has no enabled target.
    pool: Option<String>,
    /// The path as rules compare it.
    path: String,
    /// The path as backends get it, unless a rule rewrites it.
    sent_path: String,
}

fn trial(body: &TrialBody, domain: &str) -> Result<Trial> {
    if body.path.len() > PATH_MAX {
        return Err(bad("path", format!("path must be at most {PATH_MAX} bytes")));
    }
    let method = body.method.as_deref().filter(|m| !m.is_empty()).unwrap_or("GET").to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad("method", "method is none"))?;
    let nobody = || Ok(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)));
    let client = body.client_ip.as_deref().map(str::trim).filter(|ip| !ip.is_empty());
    let client = client.map_or_else(nobody, |ip| ip.parse().map_err(|_| bad("client_ip", "client_ip is no address")))?;
    if body.headers.len() > HEADERS_MAX {
        return Err(bad("headers", format!("headers must be at most {HEADERS_MAX}")));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &body.headers {
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad("headers", format!("headers: {name:?} is no name")))?;
        headers.append(name, HeaderValue::from_str(value).map_err(|_| bad("headers", "headers: a value holds control characters"))?);
    }
    let host = body.host.as_deref().map(str::trim).filter(|host| !host.is_empty());
    // A wildcard stands for any one label.
    let host = host.map_or_else(|| domain.replacen('*', "www", 1), str::to_owned);
    Ok(Trial { host, tls: true, client, method, target: body.path.clone(), headers })
}

async fn decide(edge: Service, mut req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let body: TrialBody = req.json().await?;
    let domain = edge.get_host(host).await?.host.domain;
    let trial = trial(&body, &domain)?;
    let draft = body.rule.map(|draft| Draft { replaces: body.rule_id, body: draft });
    let outcome = edge.try_request(host, draft, &trial).await?;
    Ok(Reply::json(&OutcomeView {
        rule_id: outcome.rule.as_ref().map(|rule| rule.id),
        rule_name: outcome.rule.as_ref().map(|rule| rule.name.clone()),
        action: outcome.rule.map(|rule| rule.action),
        pool: outcome.pool,
        path: outcome.found.path,
        sent_path: outcome.found.sent_path,
    }))
}
