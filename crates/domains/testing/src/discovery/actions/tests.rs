//! Tests out of ways: running a way on request, changing it, and making it a test of the project.

use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_identity::ProjectAccess;
use argos_kernel::{AppError, Result, Uid};
use argos_sitegraph::{Flow, FlowKind, FlowStep, parameterized};
use argos_web::{OpCx, Req};
use argos_webtest::Plan;
use serde_json::{Map, Value, json};

use super::verify::{Rehearsal, test_document};
use crate::actions::artifacts::Owner;
use crate::actions::tests::{fault, write_version};
use crate::browser::guard::Reach;
use crate::discovery::model::{Auth, Discovery, StoredFlow, Validation, auth_place};
use crate::discovery::store::{flows, sessions};
use crate::model::input;
use crate::model::test::{Document, Priority, Source, Test};
use crate::service::Testing;
use crate::store::tests;

fn not_found() -> AppError {
    AppError::not_found("Flow not found")
}

/// What a person changes of a flow.
#[derive(Debug, Default)]
pub(crate) struct FlowChange {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) priority: Option<i64>,
    pub(crate) category: Option<FlowKind>,
    pub(crate) steps: Option<Vec<FlowStep>>,
}

/// How a test is made of a flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// It becomes a test of the project.
    pub(crate) save: bool,
    /// It claims what the flow saw.
    pub(crate) claims: bool,
    /// Its values are variables.
    pub(crate) parameterize: bool,
}

/// A test that a flow made.
pub(crate) struct Made {
    pub(crate) document: Value,
    pub(crate) test: Option<Test>,
    pub(crate) message: String,
}

const fn weight(priority: i64) -> Priority {
    match priority {
        ..=2 => Priority::Critical,
        3..=4 => Priority::High,
        5..=7 => Priority::Medium,
        _ => Priority::Low,
    }
}

impl Testing {
    /// A flow the caller may see, with its exploration.
    pub(crate) async fn flow_named(&self, req: &Req, text: &str) -> Result<(StoredFlow, Discovery, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| not_found())?;
        let (flow, session) = flows::find(&self.platform.store.state, uid).await?.ok_or_else(not_found)?;
        let found = sessions::find(&self.platform.store.state, session).await?.ok_or_else(not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((flow, found, project))
    }

    fn account_of(&self, d: &Discovery) -> Result<Option<Auth>> {
        let Some(sealed) = &d.auth_enc else { return Ok(None) };
        let open = self.platform.vault.open(&auth_place(&d.uid.to_string()), sealed)?;
        Ok(Some(serde_json::from_slice(open.reveal()).map_err(AppError::internal)?))
    }

    /// The way tests of this exploration sign in by; `None` when it needed none.
    async fn sign_in_of(&self, d: &Discovery) -> Result<Option<Flow>> {
        if d.wanted.auth_type.as_deref() != Some("form") {
            return Ok(None);
        }
        let all = flows::of(&self.platform.store.state, d.id).await?;
        Ok(all.into_iter().map(|f| f.flow).find(|f| f.kind == FlowKind::Authentication))
    }

    /// Runs a flow now and remembers how it ended.
    pub(crate) async fn validate_flow(
        &self,
        access: &ProjectAccess,
        d: &Discovery,
        flow: &StoredFlow,
        limit: Duration,
    ) -> Result<Validation> {
        let values = self.platform.identity.project_values(&access.project).await?;
        let reach = Reach::of(self, &super::crawl::hosts_of(&values)).await?;
        let auth = self.account_of(d)?;
        let sign_in = self.sign_in_of(d).await?;
        self.pool.program()?;
        let busy = || AppError::unavailable("Every browser is in use").code("pool_exhausted");
        let lease = self.pool.lease_within(limit).await?.ok_or_else(busy)?;
        let how = Rehearsal {
            owner: Owner { uid: d.uid, organization_id: d.organization_id, project_id: d.project_id },
            app_url: &super::crawl::base_of(&access.project, &d.app_url),
            values: &values,
            auth: auth.as_ref(),
            reach: &reach,
            limit,
        };
        let done = self.rehearse(lease.browser().clone(), &flow.flow, sign_in.as_ref(), &how).await?;
        flows::put_validation(&self.platform.store.state, flow.id, &done, self.platform.clock.now()).await?;
        Ok(done)
    }

    /// Changes a flow; what is known of its runs is forgotten.
    pub(crate) async fn change_flow(&self, cx: &OpCx, d: &Discovery, old: &StoredFlow, change: FlowChange) -> Result<StoredFlow> {
        let mut flow = old.flow.clone();
        flow.name = change.name.unwrap_or(flow.name);
        flow.description = change.description.unwrap_or(flow.description);
        flow.priority = change.priority.unwrap_or(flow.priority);
        flow.kind = change.category.unwrap_or(flow.kind);
        if let Some(steps) = change.steps {
            flow.steps = steps.into_iter().zip(1..).map(|(s, order)| FlowStep { order, ..s }).collect();
            // Nobody knows what the new steps do.
            flow.harmless = false;
        }
        if let Err(problems) = Plan::parse(&test_document(&flow, None, true)) {
            return Err(AppError::invalid(problems.into_iter().map(input::field_error).collect()));
        }
        let mut tx = self.platform.audit.begin(&cx.actor()).await?;
        flows::edit(&mut tx, old.id, &flow, cx.now()).await?;
        let entry = Entry::new("discovery.flow_update", Category::Data)
            .organization(d.organization_id)
            .target("discovery_flow", old.uid)
            .describe(format!("Flow {} of the exploration of {} changed", flow.name, d.app_url))
            .before(json!({ "name": old.flow.name, "steps": old.flow.steps.len() }))
            .after(json!({ "name": flow.name, "steps": flow.steps.len() }));
        tx.commit(entry).await?;
        let (stored, _) = flows::find(&self.platform.store.state, old.uid).await?.ok_or_else(not_found)?;
        Ok(stored)
    }

    /// Makes the test of a flow; a test whose flow does not run to its end is kept switched off.
    pub(crate) async fn test_of_flow(
        &self,
        cx: &OpCx,
        access: &ProjectAccess,
        d: &Discovery,
        flow: &StoredFlow,
        wish: Wish,
    ) -> Result<Made> {
        let sign_in = self.sign_in_of(d).await?;
        let document = test_document(&flow.flow, sign_in.as_ref(), wish.claims);
        let document = if wish.parameterize { parameterized(document) } else { document };
        if !wish.save {
            return Ok(Made { document, test: None, message: "Nothing was saved".to_owned() });
        }
        let db = &self.platform.store.state;
        if let Some(uid) = flow.test_uid
            && let Some(test) = tests::find(db, uid).await?
        {
            return self.test_made_before(cx, flow, document, test).await;
        }
        let works = flow.validated == Some(true);
        let mut body: Map<String, Value> = document.as_object().cloned().unwrap_or_default();
        let name: String = flow.flow.name.chars().take(255).collect();
        body.insert("name".to_owned(), name.into());
        let about = format!("{} Found by exploring {}.", flow.flow.description, d.app_url);
        body.insert("description".to_owned(), about.chars().take(2_000).collect::<String>().into());
        body.insert("priority".to_owned(), weight(flow.flow.priority).as_str().into());
        body.insert("source".to_owned(), Source::Discovered.as_str().into());
        body.insert("tags".to_owned(), json!(["discovered", flow.flow.kind.as_str()]));
        body.insert("is_active".to_owned(), works.into());
        let fresh = Document { is_active: works, source: Source::Discovered, ..Document::default() };
        let made = input::apply(&fresh, &body).map_err(AppError::invalid)?;
        let test = self.insert_test(cx, &access.project, made, "made from a discovered flow").await?;
        flows::put_test(db, flow.id, test.uid, cx.now()).await?;
        let message = match flow.validated {
            Some(true) => "The test was run and passed".to_owned(),
            Some(false) => "The flow did not run to its end, so the test is switched off".to_owned(),
            None => "The flow was not run yet, so the test is switched off".to_owned(),
        };
        Ok(Made { document, test: Some(test), message })
    }

    /// The test a flow made earlier. It is switched on once the flow ran to its end, unless somebody changed it since.
    async fn test_made_before(&self, cx: &OpCx, flow: &StoredFlow, document: Value, test: Test) -> Result<Made> {
        let waits = !test.document.is_active && test.version == 1;
        if flow.validated != Some(true) || !waits {
            return Ok(Made { document, test: Some(test), message: "The flow is a test already".to_owned() });
        }
        let on = Document { is_active: true, ..test.document.clone() };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        let who = cx.caller.username.clone();
        write_version(&mut change, &test, &on, "its flow ran to its end", (&who, cx.now())).await?;
        let entry = Entry::new("test.update", Category::Data)
            .organization(test.organization_id)
            .target("test", test.uid)
            .describe(format!("Test {} was switched on: its flow ran to its end", test.document.name))
            .before(json!({ "is_active": false }))
            .after(json!({ "is_active": true }));
        change.commit(entry).await?;
        let test = tests::find(&self.platform.store.state, test.uid).await?;
        Ok(Made { document, test, message: "The test was run and passed".to_owned() })
    }
}

/// 422 unless a text has 1 to `max` characters.
pub(crate) fn bounded(field: &str, text: Option<String>, max: usize) -> Result<Option<String>> {
    match text {
        Some(t) if t.trim().is_empty() || t.chars().count() > max => Err(fault(field, format!("{field} must be 1-{max} characters"))),
        other => Ok(other),
    }
}
