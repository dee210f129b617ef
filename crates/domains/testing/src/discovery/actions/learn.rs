//! What the pages teach together: the ways through the site, how much of it they use, and which of them work. Only ways
//! that change nothing are run unasked, and signing in where there is an account for it.

use std::time::Duration;

use argos_kernel::{AppError, Result, Uid};
use argos_sitegraph::{Flow, FlowKind, coverage, flows};
use serde_json::{Value, json};

use super::crawl::{Ended, Explorer, Prepared, base_of};
use super::tell;
use super::verify::{Rehearsal, has_account};
use crate::discovery::model::{Discovery, StoredFlow};
use crate::discovery::store::{self, pages, sessions};
use crate::store::tests;

/// Ways that are run at once, where so many browsers are free.
const AT_ONCE: usize = 2;
/// One way may take this long.
const LIMIT: Duration = Duration::from_secs(120);

/// Every selector of the tests there are.
fn targets(document: &Value) -> Vec<String> {
    let steps = document.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    steps.iter().filter_map(|s| s.get("target").and_then(Value::as_str)).map(str::to_owned).collect()
}

impl Explorer<'_> {
    pub(super) async fn learn(&self, prepared: &Prepared) -> Result<Ended> {
        let (db, id) = (self.db(), self.session.id);
        let now = sessions::find(db, self.session.uid).await?.ok_or_else(|| AppError::not_found("The exploration is gone"))?;
        if now.phase == "exploring" && !self.draw_up(prepared).await? {
            return Ok(Ended::Left);
        }
        let all = store::flows::of(db, id).await?;
        let sign_in = self.sign_in_flow(prepared, &all);
        let account = has_account(&prepared.values, prepared.auth.as_ref());
        let wanted = |f: &&StoredFlow| f.flow.harmless || (f.flow.kind == FlowKind::Authentication && account);
        let open: Vec<&StoredFlow> = all.iter().filter(|f| f.validated.is_none()).filter(wanted).collect();
        // Two that sign in may end each other's sessions.
        let at_once = if sign_in.is_some() { 1 } else { AT_ONCE };
        for flows in open.chunks(at_once) {
            if !sessions::is_held(db, id, self.ctx.job().id).await? || self.ctx.is_cancelled() {
                return Ok(Ended::Left);
            }
            futures_util::future::try_join_all(flows.iter().map(|flow| self.run_one(prepared, flow, sign_in.as_ref()))).await?;
        }
        Ok(Ended::Done)
    }

    /// The way by which tests sign in, when the exploration itself had to.
    fn sign_in_flow(&self, prepared: &Prepared, all: &[StoredFlow]) -> Option<Flow> {
        let by_form = prepared.auth.as_ref().is_some_and(|a| a.kind == "form");
        all.iter().find(|f| by_form && f.flow.kind == FlowKind::Authentication).map(|f| f.flow.clone())
    }

    async fn draw_up(&self, prepared: &Prepared) -> Result<bool> {
        let (db, id) = (self.db(), self.session.id);
        let seen: Vec<_> = pages::all(db, id).await?.into_iter().map(|p| p.seen).collect();
        let mut drawn = flows(&base_of(&prepared.project, &self.session.app_url), &seen);
        self.name_flows(prepared, &mut drawn).await;
        let own = tests::active_of(db, prepared.project.id).await?;
        let known: Vec<String> = own.iter().flat_map(|t| targets(&t.document.plan())).collect();
        let score = coverage(&seen, &drawn, &known).score();
        let platform = &self.testing.platform;
        let named: Vec<(Uid, &Flow)> = drawn.iter().map(|f| (Uid::mint(&*platform.clock, &*platform.rng), f)).collect();
        let mut tx = db.begin().await?;
        store::flows::replace(&mut tx, id, &named, self.ctx.now()).await?;
        let count = i64::try_from(named.len()).unwrap_or(i64::MAX);
        if !sessions::put_learned(&mut tx, id, self.ctx.job().id, count, score).await? {
            drop(tx);
            return Ok(false);
        }
        tx.commit().await?;
        for (flow, n) in store::flows::of(db, id).await?.iter().zip(1..) {
            let document = tell::flow(self.session.uid, flow);
            self.recorder.say("flow_discovered", json!({ "session_id": self.session.uid.to_string(), "flow": document, "total_flows": n }));
        }
        // What comes again, and what healing should know of the elements.
        self.testing.keep_patterns(&self.session).await?;
        self.testing.share_selectors(&self.session).await?;
        if let Some(d) = sessions::find(db, self.session.uid).await? {
            self.recorder.say("progress", tell::progress(&Discovery { current_url: None, ..d }));
        }
        Ok(true)
    }

    async fn run_one(&self, prepared: &Prepared, flow: &StoredFlow, sign_in: Option<&Flow>) -> Result<()> {
        let lease = tokio::select! {
            lease = self.testing.pool.lease() => lease?,
            () = self.ctx.cancelled() => return Ok(()),
        };
        let how = Rehearsal {
            owner: self.owner(),
            app_url: &base_of(&prepared.project, &self.session.app_url),
            values: &prepared.values,
            auth: prepared.auth.as_ref(),
            reach: &prepared.reach,
            limit: LIMIT,
        };
        let done = tokio::select! {
            done = self.testing.rehearse(lease.browser().clone(), &flow.flow, sign_in, &how) => done?,
            () = self.ctx.cancelled() => return Ok(()),
        };
        store::flows::put_validation(self.db(), flow.id, &done, self.ctx.now()).await?;
        self.recorder.say(
            "flow_validated",
            json!({ "session_id": self.session.uid.to_string(), "flow_id": flow.uid.to_string(), "name": flow.flow.name, "success": done.success }),
        );
        Ok(())
    }
}
