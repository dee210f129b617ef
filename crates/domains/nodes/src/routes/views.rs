//! What people keep of the pages: the order of tables, and templates to start from.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, ErrorKind, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Service;
use crate::store::views::{self, Template};

const PREFERENCES: [&str; 3] = ["flow_table_order", "tunnel_table_order", "dashboard_hide_offline"];
const VALUE_BYTES: usize = 50 << 10;
const TEMPLATES_MAX: usize = 500;

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes)
        .get("/api/v1/preferences/{key}", "nodes.preference", "A preference of the caller.", get)
        .reply::<PreferenceView>()
        .put("/api/v1/preferences/{key}", "nodes.put_preference", "Keep a preference.", put)
        .body::<PreferenceBody>()
        .delete("/api/v1/preferences/{key}", "nodes.clear_preference", "Forget a preference.", clear)
        .get("/api/v1/config-templates", "nodes.templates", "Templates of flows and configurations, by name.", templates)
        .reply::<Vec<TemplateView>>()
        .post("/api/v1/config-templates", "nodes.create_template", "Keep a template.", create)
        .body::<TemplateBody>()
        .created::<TemplateView>()
        .get("/api/v1/config-templates/{id}", "nodes.template", "One template.", template)
        .reply::<TemplateView>()
        .put("/api/v1/config-templates/{id}", "nodes.update_template", "Change a template.", update)
        .body::<TemplateBody>()
        .reply::<TemplateView>()
        .delete("/api/v1/config-templates/{id}", "nodes.remove_template", "Remove a template.", remove)
        .done()
}

#[derive(Serialize, JsonSchema)]
struct PreferenceView {
    value: String,
}

#[derive(Deserialize, JsonSchema)]
struct PreferenceBody {
    value: String,
}

#[derive(Deserialize, JsonSchema)]
struct TemplateBody {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    category: String,
    template: Value,
}

#[derive(Serialize, JsonSchema)]
struct TemplateView {
    id: String,
    name: String,
    description: String,
    category: String,
    template: Value,
    created_by: String,
    created_at: String,
}

impl From<Template> for TemplateView {
    fn from(t: Template) -> Self {
        let created_at = t.created_at.rfc3339();
        Self {
            id: t.id,
            name: t.name,
            description: t.description,
            category: t.category,
            template: t.template,
            created_by: t.created_by,
            created_at,
        }
    }
}

fn bad(field: &str, text: &str) -> AppError {
    AppError::bad_request(text.to_owned()).code("invalid_field").with("field", field)
}

fn key(req: &Req) -> Result<&'static str> {
    let given = req.param("key");
    PREFERENCES.into_iter().find(|k| *k == given).ok_or_else(|| bad("key", "This preference is not known"))
}

async fn get(nodes: Service, req: Req) -> Result<Reply> {
    let value = views::preference(&nodes.platform.store.state, req.cx().user_id()?, key(&req)?).await?;
    let value = value.ok_or_else(|| AppError::not_found("This preference is not set"))?;
    Ok(Reply::json(&PreferenceView { value }))
}

async fn put(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: PreferenceBody = req.json().await?;
    let key = key(&req)?;
    if body.value.len() > VALUE_BYTES {
        return Err(AppError::new(ErrorKind::TooLarge, "value must be at most 50 KB").with("field", "value"));
    }
    views::put_preference(&nodes.platform.store.state, req.cx().user_id()?, key, &body.value, nodes.now()).await?;
    Ok(Reply::no_content())
}

async fn clear(nodes: Service, req: Req) -> Result<Reply> {
    views::clear_preference(&nodes.platform.store.state, req.cx().user_id()?, key(&req)?).await?;
    Ok(Reply::no_content())
}

async fn templates(nodes: Service, _req: Req) -> Result<Reply> {
    let all = views::templates(&nodes.platform.store.state).await?;
    Ok(Reply::json(&all.into_iter().map(TemplateView::from).collect::<Vec<_>>()))
}

fn judged(body: TemplateBody, mut template: Template) -> Result<Template> {
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(bad("name", "name must have 1 to 128 characters and no control characters"));
    }
    for (field, text, max) in [("description", &body.description, 512), ("category", &body.category, 64)] {
        if text.chars().count() > max {
            return Err(bad(field, &format!("{field} must have at most {max} characters")));
        }
    }
    if !body.template.is_object() || body.template.to_string().len() > VALUE_BYTES {
        return Err(bad("template", "template must be an object of at most 50 KB"));
    }
    (template.name, template.description, template.category) = (name.to_owned(), body.description, body.category);
    template.template = body.template;
    Ok(template)
}

fn entry(action: &str, t: &Template) -> Entry {
    Entry::new(action, Category::Config).target("node_template", &t.id).describe(format!("Template {}", t.name))
}

async fn save(nodes: &Service, req: &Req, template: &Template, action: &str) -> Result<()> {
    let actor = req.cx().actor();
    let mut m = nodes.platform.audit.begin(&actor).await?;
    views::put_template(&mut m, template).await?;
    m.commit(entry(action, template)).await
}

async fn create(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: TemplateBody = req.json().await?;
    if views::templates(&nodes.platform.store.state).await?.len() >= TEMPLATES_MAX {
        return Err(AppError::conflict("There are 500 templates already").code("too_many_templates"));
    }
    let blank = Template {
        id: nodes.random_uuid(),
        name: String::new(),
        description: String::new(),
        category: String::new(),
        template: Value::Null,
        created_by: req.cx().actor().name,
        created_at: nodes.now(),
    };
    let template = judged(body, blank)?;
    save(&nodes, &req, &template, "node_template.create").await?;
    Ok(Reply::created(&TemplateView::from(template)))
}

async fn find(nodes: &Service, req: &Req) -> Result<Template> {
    let all = views::templates(&nodes.platform.store.state).await?;
    all.into_iter().find(|t| t.id == req.param("id")).ok_or_else(|| AppError::not_found("Template not found"))
}

async fn template(nodes: Service, req: Req) -> Result<Reply> {
    Ok(Reply::json(&TemplateView::from(find(&nodes, &req).await?)))
}

async fn update(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: TemplateBody = req.json().await?;
    let template = judged(body, find(&nodes, &req).await?)?;
    save(&nodes, &req, &template, "node_template.update").await?;
    Ok(Reply::json(&TemplateView::from(template)))
}

async fn remove(nodes: Service, req: Req) -> Result<Reply> {
    let template = find(&nodes, &req).await?;
    let actor = req.cx().actor();
    let mut m = nodes.platform.audit.begin(&actor).await?;
    views::delete_template(&mut m, &template.id).await?;
    m.commit(entry("node_template.delete", &template)).await?;
    Ok(Reply::no_content())
}
