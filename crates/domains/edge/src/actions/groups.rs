//! Pools and their backends.

use argos_kernel::{Actor, AppError, Result};
use argos_store::Tx;
use serde_json::json;

use super::{Done, GROUP_TAKEN, TARGET_TAKEN, entry, taken, undo};
use crate::model::bad;
use crate::model::group::{GroupBody, TARGETS_MAX, Target, TargetBody, TargetGroup, TargetSpec};
use crate::service::Edge;
use crate::store::groups;

pub(crate) fn no_group() -> AppError {
    AppError::not_found("target group not found")
}

pub(super) fn no_target() -> AppError {
    AppError::not_found("target not found")
}

/// Switching a backend on or off.
const SWITCH: &str = "target.toggle";

/// A pool with its backends.
pub(crate) type Filled = (TargetGroup, Vec<Target>);

impl Edge {
    pub(crate) async fn list_groups(&self) -> Result<Vec<Filled>> {
        let db = &self.platform.store.state;
        let (found, mut targets) = (groups::list(db).await?, groups::targets(db).await?);
        let mut take = |id: i64| {
            let (own, rest) = std::mem::take(&mut targets).into_iter().partition(|t: &Target| t.group_id == id);
            targets = rest;
            own
        };
        Ok(found
            .into_iter()
            .map(|g| {
                let own = take(g.id);
                (g, own)
            })
            .collect())
    }

    pub(crate) async fn get_group(&self, id: i64) -> Result<Filled> {
        let db = &self.platform.store.state;
        let group = groups::find(db, id).await?.ok_or_else(no_group)?;
        Ok((group, groups::targets_of(db, id).await?))
    }

    /// Writes a pool with its backends inside an open change.
    pub(crate) async fn insert_group(&self, tx: &mut Tx, body: &GroupBody) -> Result<(i64, String)> {
        let (name, spec, targets) = (body.name()?, body.spec()?, body.target_specs()?);
        let now = self.platform.clock.now();
        let id = groups::insert(tx, &name, &spec, now).await.map_err(|e| taken(e, &[GROUP_TAKEN]))?;
        for target in &targets {
            groups::insert_target(tx, id, target, now).await.map_err(|e| taken(e, &[TARGET_TAKEN]))?;
        }
        Ok((id, name))
    }

    pub(crate) async fn create_group(&self, actor: &Actor, body: &GroupBody) -> Result<Done<Filled>> {
        let mut m = self.begin(actor).await?;
        let (id, name) = self.insert_group(&mut m, body).await?;
        let text = format!("pool {name} created");
        let applied = self.finish(m, entry("target_group.create", "create", "target_group", id).describe(text)).await?;
        Ok(Done { value: self.get_group(id).await?, applied })
    }

    pub(crate) async fn update_group(&self, actor: &Actor, id: i64, body: &GroupBody) -> Result<Done<Filled>> {
        let name = body.name()?;
        let mut m = self.begin(actor).await?;
        let before = groups::find_in(&mut m, id).await?.ok_or_else(no_group)?;
        let spec = body.spec_over(Some(&before.spec))?;
        undo::offer_pool(&mut m, &before, &[]).await?;
        groups::update(&mut m, id, &name, &spec, self.platform.clock.now()).await.map_err(|e| taken(e, &[GROUP_TAKEN]))?;
        let line = entry("target_group.update", "update", "target_group", id).describe(format!("pool {name} changed"));
        let line = line.before(json!({ "name": before.name, "spec": before.spec })).after(json!({ "name": name, "spec": spec }));
        let applied = self.finish(m, line).await?;
        Ok(Done { value: self.get_group(id).await?, applied })
    }

    pub(crate) async fn delete_group(&self, actor: &Actor, id: i64) -> Result<bool> {
        let mut m = self.begin(actor).await?;
        let group = groups::find_in(&mut m, id).await?.ok_or_else(no_group)?;
        let (hosts, ruled) = groups::users(&mut m, id).await?;
        if hosts > 0 {
            return Err(AppError::conflict(format!("target group in use by {hosts} hosts")).code("in_use"));
        }
        if ruled > 0 {
            return Err(AppError::conflict(format!("target group in use by rules of {ruled} hosts")).code("in_use"));
        }
        let own: Vec<Target> = groups::targets_in(&mut m).await?.into_iter().filter(|t| t.group_id == id).collect();
        undo::offer_pool(&mut m, &group, &own).await?;
        groups::delete(&mut m, id).await?;
        let line = entry("target_group.delete", "delete", "target_group", id).describe(format!("pool {} deleted", group.name));
        self.finish(m, line.before(json!({ "name": group.name, "spec": group.spec }))).await
    }

    pub(crate) async fn create_target(&self, actor: &Actor, group_id: i64, body: &TargetBody) -> Result<Done<Target>> {
        let spec = body.spec()?;
        let mut m = self.begin(actor).await?;
        let group = groups::find_in(&mut m, group_id).await?.ok_or_else(no_group)?;
        let now = self.platform.clock.now();
        let id = groups::insert_target(&mut m, group_id, &spec, now).await.map_err(|e| taken(e, &[TARGET_TAKEN]))?;
        let target = groups::find_target(&mut m, group_id, id).await?.ok_or_else(no_target)?;
        let count = groups::targets_in(&mut m).await?.iter().filter(|t| t.group_id == group_id).count();
        if count > TARGETS_MAX {
            return Err(bad("host", format!("a target group holds at most {TARGETS_MAX} targets")));
        }
        let text = format!("target {} added to pool {}", target.address(), group.name);
        let line = entry("target.create", "create", "target", id).describe(text).after(shown(&target));
        let applied = self.finish(m, line).await?;
        Ok(Done { value: target, applied })
    }

    /// Changes a backend by what `change` makes of it.
    async fn change_target(
        &self,
        actor: &Actor,
        (group_id, id): (i64, i64),
        action: (&str, &str),
        change: impl FnOnce(&Target) -> TargetSpec,
    ) -> Result<Done<Target>> {
        let mut m = self.begin(actor).await?;
        groups::find_in(&mut m, group_id).await?.ok_or_else(no_group)?;
        let before = groups::find_target(&mut m, group_id, id).await?.ok_or_else(no_target)?;
        if action.0 == SWITCH {
            undo::offer_target_switch(&mut m, &before).await?;
        } else {
            undo::offer_target(&mut m, &before).await?;
        }
        let spec = change(&before);
        groups::update_target(&mut m, id, &spec, self.platform.clock.now()).await.map_err(|e| taken(e, &[TARGET_TAKEN]))?;
        let after = groups::find_target(&mut m, group_id, id).await?.ok_or_else(no_target)?;
        let line = entry(action.0, action.1, "target", id).describe(format!("target {} changed", after.address()));
        let applied = self.finish(m, line.before(shown(&before)).after(shown(&after))).await?;
        Ok(Done { value: after, applied })
    }

    pub(crate) async fn update_target(&self, actor: &Actor, place: (i64, i64), body: &TargetBody) -> Result<Done<Target>> {
        let spec = body.spec()?;
        self.change_target(actor, place, ("target.update", "update"), |_| spec).await
    }

    pub(crate) async fn toggle_target(&self, actor: &Actor, place: (i64, i64)) -> Result<Done<Target>> {
        let flipped = |t: &Target| TargetSpec { host: t.host.clone(), port: t.port, weight: t.weight, enabled: !t.enabled };
        self.change_target(actor, place, (SWITCH, "toggle"), flipped).await
    }

    pub(crate) async fn delete_target(&self, actor: &Actor, group_id: i64, id: i64) -> Result<bool> {
        let mut m = self.begin(actor).await?;
        groups::find_in(&mut m, group_id).await?.ok_or_else(no_group)?;
        let target = groups::find_target(&mut m, group_id, id).await?.ok_or_else(no_target)?;
        undo::offer_target(&mut m, &target).await?;
        groups::delete_target(&mut m, id).await?;
        let text = format!("target {} removed", target.address());
        self.finish(m, entry("target.delete", "delete", "target", id).describe(text).before(shown(&target))).await
    }
}

fn shown(t: &Target) -> serde_json::Value {
    json!({ "host": t.host, "port": t.port, "weight": t.weight, "enabled": t.enabled })
}
