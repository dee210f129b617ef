//! What the views and boards of people leave in the audit log, and putting one back as it was before it was changed or
//! forgotten.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{AppError, Result, Timestamp};
use argos_store::StoreError;
use argos_web::OpCx;
use serde_json::{Value, json};

use crate::Inventory;
use crate::store::dashboards::{self as boards, Dashboard};
use crate::store::workspace::{self as views, View};

const VIEW: &str = "view.put_back";
const DASHBOARD: &str = "dashboard.put_back";

pub(crate) fn taken(e: StoreError) -> AppError {
    match e {
        StoreError::Unique(_) => AppError::conflict("There is a view of this name").code("view_exists").with("field", "name"),
        other => other.into(),
    }
}

pub(crate) fn view_entry(verb: &str, v: &View) -> Entry {
    let entry = Entry::new(format!("view.{verb}"), Category::Data).target("view", v.uid);
    entry.describe(format!("View {} of {}", v.name, v.page)).after(json!({ "query": v.query, "shared": v.shared }))
}

pub(crate) fn dashboard_entry(verb: &str, d: &Dashboard) -> Entry {
    let entry = Entry::new(format!("dashboard.{verb}"), Category::Data).alias(format!("dashboard_{verb}")).target("dashboard", d.id);
    entry.describe(format!("Dashboard {}", d.name)).after(json!({ "name": d.name, "shared": d.shared }))
}

fn unreadable() -> AppError {
    AppError::internal("an offer to undo cannot be read")
}

fn text(kept: &Value, name: &str) -> Result<String> {
    kept[name].as_str().map(str::to_owned).ok_or_else(unreadable)
}
fn number(kept: &Value, name: &str) -> Result<i64> {
    kept[name].as_i64().ok_or_else(unreadable)
}

pub(crate) async fn offer_view(change: &mut Mutation, v: &View) -> Result<()> {
    let kept = json!({ "uid": v.uid, "user_id": v.user_id, "username": v.username, "page": v.page, "name": v.name, "query": v.query, "shared": v.shared });
    change.offer_undo(VIEW, &format!("view:{}", v.uid), &kept).await
}

pub(crate) async fn offer_dashboard(change: &mut Mutation, d: &Dashboard) -> Result<()> {
    let kept = json!({ "id": d.id, "name": d.name, "owner_key": d.owner_key, "owner": d.owner, "config": d.config, "shared": d.shared, "created_at": d.created_at.micros() });
    change.offer_undo(DASHBOARD, &format!("dashboard:{}", d.id), &kept).await
}

impl Inventory {
    pub(crate) fn offer_workspace_undos(&self) {
        let audit = &self.0.audit;
        audit.undo_by(VIEW, &self.0, |own, cx, kept| Box::pin(async move { Self(own).put_view_back(&cx, &kept).await }));
        audit.undo_by(DASHBOARD, &self.0, |own, cx, kept| Box::pin(async move { Self(own).put_dashboard_back(&cx, &kept).await }));
    }

    async fn put_view_back(&self, cx: &OpCx, kept: &Value) -> Result<()> {
        let view = View {
            uid: text(kept, "uid")?.parse().map_err(|_| unreadable())?,
            user_id: number(kept, "user_id")?,
            username: text(kept, "username")?,
            page: text(kept, "page")?,
            name: text(kept, "name")?,
            query: text(kept, "query")?,
            shared: kept["shared"] == true,
            updated_at: self.0.clock.now(),
        };
        if view.user_id != cx.user_id()? {
            return Err(AppError::not_found("View not found"));
        }
        if view.shared {
            cx.require("dashboards:write")?;
        }
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        let written = match views::view_in(&mut change, view.uid).await? {
            Some(_) => views::change_view(&mut change, &view).await,
            None => views::add_view(&mut change, &view).await,
        };
        written.map_err(taken)?;
        change.commit(view_entry("restore", &view)).await
    }

    async fn put_dashboard_back(&self, cx: &OpCx, kept: &Value) -> Result<()> {
        cx.require("dashboards:write")?;
        let board = Dashboard {
            id: number(kept, "id")?,
            name: text(kept, "name")?,
            owner_key: text(kept, "owner_key")?,
            owner: text(kept, "owner")?,
            config: text(kept, "config")?,
            shared: kept["shared"] == true,
            created_at: Timestamp::from_micros(number(kept, "created_at")?),
            updated_at: self.0.clock.now(),
        };
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        match boards::get(&mut change, board.id).await? {
            Some(_) => boards::change(&mut change, &board).await?,
            None => boards::restore(&mut change, &board).await?,
        }
        change.commit(dashboard_entry("restore", &board)).await
    }
}
