//! The documents of an exploration and its parts, as routes and streams show them.

use argos_kernel::{Timestamp, Uid};
use argos_sitegraph::{Element, FlowStep, Form, Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Discovery, Findings, Page, Status, StoredFlow, Validation};

/// An exploration.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SessionView {
    pub(crate) id: String,
    project_id: String,
    status: Status,
    /// exploring, verifying or done
    phase: String,
    progress_percentage: f64,
    pages_found: i64,
    flows_found: i64,
    elements_found: i64,
    forms_found: i64,
    errors_count: i64,
    queued: i64,
    started_at: Option<String>,
    completed_at: Option<String>,
    created_at: String,
    created_by: String,
    app_url: String,
    mode: &'static str,
    strategy: &'static str,
    max_pages: i64,
    max_depth: i64,
    include_patterns: Vec<String>,
    exclude_patterns: Vec<String>,
    focus_areas: Vec<String>,
    respect_robots: bool,
    /// Of a `diff`: the exploration before, for `/discovery/projects/{pid}/compare`.
    compared_with: Option<String>,
    /// The kind of account it was given; the account itself is never shown.
    auth_type: Option<String>,
    current_url: Option<String>,
    current_depth: Option<i64>,
    /// Seconds; unknown before the first page.
    estimated_time_remaining: Option<i64>,
    /// Percent of what can be used that a flow or test uses; unknown until the site is known.
    coverage_score: Option<f64>,
    execution_context: String,
    video_artifact_id: Option<String>,
    recording_url: Option<String>,
    duration_ms: i64,
    error: Option<String>,
    robots: Option<Value>,
}

impl SessionView {
    pub(crate) fn of(d: Discovery) -> Self {
        Self {
            id: d.uid.to_string(),
            project_id: d.project_uid.to_string(),
            compared_with: d.wanted.compared_with.clone(),
            status: d.status,
            progress_percentage: d.progress(),
            estimated_time_remaining: d.remaining_s(),
            phase: d.phase,
            pages_found: d.found.pages,
            flows_found: d.found.flows,
            elements_found: d.found.elements,
            forms_found: d.found.forms,
            errors_count: d.found.errors,
            queued: d.found.queued,
            started_at: d.started_at.map(Timestamp::rfc3339),
            completed_at: d.completed_at.map(Timestamp::rfc3339),
            created_at: d.created_at.rfc3339(),
            created_by: d.created_by,
            app_url: d.app_url,
            mode: d.wanted.mode.as_str(),
            strategy: d.wanted.strategy.as_str(),
            max_pages: d.wanted.max_pages,
            max_depth: d.wanted.max_depth,
            include_patterns: d.wanted.include_patterns,
            exclude_patterns: d.wanted.exclude_patterns,
            focus_areas: d.wanted.focus_areas,
            respect_robots: d.wanted.respect_robots,
            auth_type: d.wanted.auth_type,
            current_url: d.current_url,
            current_depth: d.current_depth,
            coverage_score: d.coverage_score,
            execution_context: d.wanted.execution_context,
            video_artifact_id: None,
            recording_url: None,
            duration_ms: d.found.active_ms,
            error: d.error,
            robots: d.robots,
        }
    }
}

/// A page.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PageView {
    id: String,
    session_id: String,
    url: String,
    title: String,
    description: Option<String>,
    page_type: String,
    pub(crate) artifact_id: Option<String>,
    pub(crate) screenshot_url: Option<String>,
    elements_count: i64,
    forms_count: i64,
    links_count: i64,
    discovered_at: String,
    load_time_ms: i64,
    ai_analysis: Option<String>,
    depth: i64,
    status_code: Option<i64>,
    requires_auth: bool,
    canonical_url: Option<String>,
    structure_hash: String,
    lcp_ms: Option<f64>,
    cls_score: Option<f64>,
    console_errors: usize,
    failed_requests: usize,
}

impl PageView {
    /// Without the address of its picture, which is signed where it is shown.
    pub(crate) fn of(session: Uid, p: &Page) -> Self {
        Self {
            id: p.uid.to_string(),
            session_id: session.to_string(),
            url: p.url.clone(),
            title: p.title.clone(),
            description: p.seen.description.clone(),
            page_type: p.page_type.clone(),
            artifact_id: p.screenshot.clone(),
            screenshot_url: None,
            elements_count: p.elements_count,
            forms_count: p.forms_count,
            links_count: p.links_count,
            discovered_at: p.discovered_at.rfc3339(),
            load_time_ms: p.load_time_ms,
            ai_analysis: None,
            depth: p.depth,
            status_code: p.status_code,
            requires_auth: p.requires_auth,
            canonical_url: p.seen.canonical.clone(),
            structure_hash: p.structure_hash.clone(),
            lcp_ms: p.seen.lcp_ms,
            cls_score: p.seen.cls_score,
            console_errors: p.findings.console_errors.len(),
            failed_requests: p.findings.failed_requests.len(),
        }
    }
}

/// Something a person can use on a page.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ElementView {
    /// The steadiest one; null when nothing names it alone.
    selector: Option<String>,
    xpath: Option<String>,
    category: String,
    label: String,
    role: Option<String>,
    tag: String,
    kind: String,
    /// x, y, width and height in CSS pixels.
    bounds: Option<(f64, f64, f64, f64)>,
    stability_score: Option<f64>,
    alternatives: Vec<SelectorView>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct SelectorView {
    selector: String,
    strategy: String,
    confidence: f64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct FormView {
    name: Option<String>,
    title: Option<String>,
    method: String,
    action: Option<String>,
    fields: Vec<String>,
}

/// A page with what is on it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PageDetailView {
    #[serde(flatten)]
    page: PageView,
    elements: Vec<ElementView>,
    forms: Vec<FormView>,
    headings: Vec<String>,
    findings: Findings,
}

fn element(e: &Element) -> ElementView {
    let selector = |s: &Selector| SelectorView { selector: s.selector.clone(), strategy: s.strategy.clone(), confidence: s.confidence };
    ElementView {
        selector: e.primary().map(str::to_owned),
        xpath: e.fingerprint.xpath.clone(),
        category: e.category.clone(),
        label: e.name().to_owned(),
        role: e.fingerprint.role.clone(),
        tag: e.tag().to_owned(),
        kind: e.kind.clone(),
        bounds: e.bounds,
        stability_score: e.selectors.first().map(|s| s.confidence),
        alternatives: e.selectors.iter().skip(1).map(selector).collect(),
    }
}

impl PageDetailView {
    pub(crate) fn of(page: PageView, p: &Page) -> Self {
        let fields = |n: usize| p.seen.elements.iter().filter(move |e| e.form == Some(n) && e.kind == "field").map(|e| e.name().to_owned());
        let form = |(n, f): (usize, &Form)| FormView {
            name: f.name.clone(),
            title: f.title.clone(),
            method: f.method.clone(),
            action: f.action.clone(),
            fields: fields(n).collect(),
        };
        Self {
            page,
            elements: p.seen.elements.iter().map(element).collect(),
            forms: p.seen.forms.iter().enumerate().map(form).collect(),
            headings: p.seen.headings.clone(),
            findings: p.findings.clone(),
        }
    }
}

/// A step of a flow.
#[derive(Serialize, Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(crate) struct StepView {
    order: i64,
    action: String,
    target: Option<String>,
    value: Option<String>,
    page_url: Option<String>,
    description: Option<String>,
    /// Of an assert: the claim and what it expects, such as `url_contains /about`.
    expected_result: Option<String>,
    wait_condition: Option<String>,
}

impl StepView {
    fn of(s: &FlowStep) -> Self {
        let s = s.clone();
        Self {
            order: s.order,
            action: s.action,
            target: s.target,
            value: s.value,
            page_url: s.page_url,
            description: s.description,
            expected_result: s.expected_result,
            wait_condition: s.wait_condition,
        }
    }

    pub(crate) fn into_step(self) -> FlowStep {
        FlowStep {
            order: self.order,
            action: self.action,
            target: self.target,
            value: self.value,
            page_url: self.page_url,
            description: self.description,
            expected_result: self.expected_result,
            wait_condition: self.wait_condition,
        }
    }
}

/// A flow.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FlowView {
    id: String,
    session_id: String,
    name: String,
    description: String,
    category: String,
    /// 1 matters most, 10 least.
    priority: i64,
    start_url: String,
    steps: Vec<StepView>,
    pages_involved: Vec<String>,
    /// Seconds.
    estimated_duration: i64,
    complexity_score: f64,
    confidence_score: f64,
    success_criteria: Vec<String>,
    /// Running it changes nothing at the site.
    harmless: bool,
    test_generated: bool,
    generated_test_id: Option<String>,
    /// Whether it ran to its end; null before it was run.
    validated: Option<bool>,
    validation_result: Option<Validation>,
    created_at: String,
    updated_at: String,
}

fn round(n: f64) -> f64 {
    (n * 100.0).round() / 100.0
}

impl FlowView {
    pub(crate) fn of(session: Uid, f: &StoredFlow) -> Self {
        Self {
            id: f.uid.to_string(),
            session_id: session.to_string(),
            name: f.flow.name.clone(),
            description: f.flow.description.clone(),
            category: f.flow.kind.as_str().to_owned(),
            priority: f.flow.priority,
            start_url: f.flow.start_url.clone(),
            steps: f.flow.steps.iter().map(StepView::of).collect(),
            pages_involved: f.flow.pages.clone(),
            estimated_duration: f.flow.estimated_duration_s(),
            complexity_score: round(f.flow.complexity()),
            confidence_score: round(f.flow.confidence),
            success_criteria: f.flow.success_criteria.clone(),
            harmless: f.flow.harmless,
            test_generated: f.test_uid.is_some(),
            generated_test_id: f.test_uid.map(|u| u.to_string()),
            validated: f.validated,
            validation_result: f.validation.clone(),
            created_at: f.created_at.rfc3339(),
            updated_at: f.updated_at.rfc3339(),
        }
    }

    /// With the addresses of pictures in the place of their names.
    pub(crate) fn signed(mut self, sign: impl Fn(&str) -> String) -> Self {
        if let Some(v) = &mut self.validation_result {
            for picture in &mut v.screenshots {
                *picture = sign(picture);
            }
        }
        self
    }
}
