//! `/api/hosts/{id}/rules`: routing rules of a site.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, id, time, told};
use crate::model::rule::{Action, Matcher, Rule, RuleBody};

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/hosts/{host_id}/rules", "edge.list_rules", "The rules of a site, by priority.", list)
        .reply::<Vec<RuleView>>()
        .post("/api/hosts/{host_id}/rules", "edge.create_rule", "Add a rule; without a priority it comes last.", create)
        .body::<RuleBody>()
        .created::<RuleView>()
        .post("/api/hosts/{host_id}/rules/reorder", "edge.reorder_rules", "Number all rules anew, in this order.", reorder)
        .body::<OrderBody>()
        .reply::<Vec<RuleView>>()
        .get("/api/hosts/{host_id}/rules/{rule_id}", "edge.get_rule", "One rule.", get)
        .reply::<RuleView>()
        .put("/api/hosts/{host_id}/rules/{rule_id}", "edge.update_rule", "Replace a rule.", update)
        .body::<RuleBody>()
        .reply::<RuleView>()
        .delete("/api/hosts/{host_id}/rules/{rule_id}", "edge.delete_rule", "Delete a rule.", delete)
        .post("/api/hosts/{host_id}/rules/{rule_id}/toggle", "edge.toggle_rule", "Switch a rule on or off.", toggle)
        .reply::<RuleView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct RuleView {
    id: i64,
    host_id: i64,
    priority: i64,
    name: String,
    enabled: bool,
    action: Action,
    matchers: Vec<Matcher>,
    /// Of its requests in progress at one time; 0 = any number.
    requests_at_once_max: i64,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    /// Every rule of the site, in the new order.
    rule_ids: Vec<i64>,
}

fn view(rule: Rule) -> RuleView {
    RuleView {
        id: rule.id,
        host_id: rule.host_id,
        priority: rule.priority,
        name: rule.name,
        enabled: rule.enabled,
        action: rule.action,
        matchers: rule.matchers,
        requests_at_once_max: rule.requests_at_once_max,
        created_at: time(rule.created_at),
        updated_at: time(rule.updated_at),
    }
}

fn place(req: &Req) -> Result<(i64, i64)> {
    Ok((id(req, "host_id")?, id(req, "rule_id")?))
}

async fn list(edge: Service, req: Req) -> Result<Reply> {
    let views: Vec<RuleView> = edge.list_rules(id(&req, "host_id")?).await?.into_iter().map(view).collect();
    Ok(Reply::json(&views))
}

async fn create(edge: Service, mut req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let body: RuleBody = req.json().await?;
    let done = edge.create_rule(&req.cx().actor(), host, body).await?;
    Ok(told(Reply::created(&view(done.value)), done.applied))
}

async fn reorder(edge: Service, mut req: Req) -> Result<Reply> {
    let host = id(&req, "host_id")?;
    let body: OrderBody = req.json().await?;
    let done = edge.reorder_rules(&req.cx().actor(), host, &body.rule_ids).await?;
    let views: Vec<RuleView> = done.value.into_iter().map(view).collect();
    Ok(told(Reply::json(&views), done.applied))
}

async fn get(edge: Service, req: Req) -> Result<Reply> {
    let (host, rule) = place(&req)?;
    Ok(Reply::json(&view(edge.get_rule(host, rule).await?)))
}

async fn update(edge: Service, mut req: Req) -> Result<Reply> {
    let place = place(&req)?;
    let body: RuleBody = req.json().await?;
    let done = edge.update_rule(&req.cx().actor(), place, body).await?;
    Ok(told(Reply::json(&view(done.value)), done.applied))
}

async fn delete(edge: Service, req: Req) -> Result<Reply> {
    let (host, rule) = place(&req)?;
    let applied = edge.delete_rule(&req.cx().actor(), host, rule).await?;
    Ok(told(Reply::no_content(), applied))
}

async fn toggle(edge: Service, req: Req) -> Result<Reply> {
    let (host, rule) = place(&req)?;
    let done = edge.toggle_rule(&req.cx().actor(), host, rule).await?;
    Ok(told(Reply::json(&view(done.value)), done.applied))
}
