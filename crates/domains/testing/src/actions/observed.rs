//! What a page shows to a visitor, in a browser context of its own: what a model is told so that it names what is there.

use std::time::Duration;

use argos_cdp::{CdpError, ContextOptions, LoadState, Viewport};
use argos_identity::{Project, ProjectValues};
use argos_kernel::Result;
use serde_json::{Value, json};

use crate::browser::dress;
use crate::browser::guard::Reach;
use crate::browser::proxy::Proxy;
use crate::model::settings;
use crate::service::Testing;

/// How long a browser is waited for, and a page.
const QUEUE: Duration = Duration::from_secs(10);
const GOTO: Duration = Duration::from_secs(20);
const CONTROLS_MAX: usize = 80;
const VIEW: (u32, u32) = (1_280, 800);

impl Testing {
    /// Address, title and controls of a page, each with the selector that names it alone, without the secrets of the project.
    /// The inner error says why it could not be seen.
    pub(crate) async fn observed(&self, project: &Project, values: &ProjectValues, url: &str) -> Result<Result<Value, String>> {
        let reach = Reach::of(self, &settings::allowed_hosts(&values.settings)).await?;
        if let Err(why) = reach.check(url).await {
            return Ok(Err(why));
        }
        self.pool.program()?;
        let Some(lease) = self.pool.lease_within(QUEUE).await? else { return Ok(Err("every browser is in use".to_owned())) };
        let proxy = Proxy::open(&self.platform.tasks, &reach).await?;
        let site = project.fields.app_url.as_deref();
        let options = ContextOptions {
            viewport: Some(Viewport::desktop(VIEW.0, VIEW.1)),
            guard: Some(reach.guard()),
            proxy: Some(proxy.address()),
            ..dress::context(values, site)
        };
        let looked = async {
            let context = lease.browser().new_context(options).await?;
            let page = context.new_page().await?;
            page.goto(url, LoadState::Load, GOTO).await?;
            let seen = argos_webtest::observe(&page, CONTROLS_MAX).await?;
            let controls: Vec<Value> = seen
                .into_iter()
                .filter_map(|s| {
                    let selector = s.selectors.into_iter().next()?.selector;
                    let name = s.look.accessible_name.or(s.look.text).or(s.look.placeholder);
                    Some(json!({ "selector": selector, "role": s.look.role, "name": name, "type": s.look.kind }))
                })
                .collect();
            let told = json!({ "url": page.url(), "title": page.title().await.unwrap_or_default(), "controls": controls });
            drop(context.close().await);
            Ok::<_, CdpError>(told)
        };
        let told = looked.await;
        drop(proxy);
        Ok(told.map(|told| dress::redactor(values, site).clean_value(&told)).map_err(|e| e.to_string()))
    }
}
