//! The routes of tests and runs, one file per group. Handlers parse, call an action and render.

mod artifacts;
mod browser;
mod browser_steps;
mod bulk;
mod chat;
mod data_help;
mod data_tests;
mod data_view;
mod deep;
mod described;
mod driving;
mod export;
mod export_any;
mod export_data;
mod files;
mod healing;
mod healing_figures;
mod healing_help;
mod healing_view;
mod history;
mod recording_upload;
mod recordings;
mod run_plan;
mod runs;
mod sessions;
mod start;
mod stream;
mod tests;
mod threads;
mod trace;
mod versions;
pub(crate) mod view;

use std::sync::Arc;

use argos_kernel::Result;
use argos_web::{Req, Routes};

pub(crate) use recordings::project_of as recording_project;

use crate::actions::tests::fault;
use crate::service::Testing;

pub(crate) type Service = Arc<Testing>;

pub(crate) fn routes(testing: &Service) -> Routes {
    let t = || Arc::clone(testing);
    Routes::new(())
        .join(tests::routes(t()))
        .join(data_tests::routes(t()))
        .join(data_help::routes(t()))
        .join(described::routes(t()))
        .join(bulk::routes(t()))
        .join(versions::routes(t()))
        .join(history::routes(t()))
        .join(start::routes(t()))
        .join(run_plan::routes(t()))
        .join(runs::routes(t()))
        .join(stream::routes(t()))
        .join(threads::routes(t()))
        .join(chat::routes(t()))
        .join(artifacts::routes(t()))
        .join(trace::routes(t()))
        .join(browser::routes(t()))
        .join(files::routes(t()))
        .join(export::routes(t()))
        .join(export_any::routes(t()))
        .join(export_data::routes(t()))
        .join(crate::discovery::routes::routes(testing))
        .join(sessions::routes(t()))
        .join(driving::routes(t()))
        .join(browser_steps::routes(t()))
        .join(healing::routes(t()))
        .join(healing_figures::routes(t()))
        .join(healing_help::routes(t()))
        .join(recordings::routes(t()))
        .join(recording_upload::routes(t()))
        .join(crate::extension::routes::routes(t()))
        .done()
        .join(crate::visual::routes::routes(testing))
}

/// The project of the organization when it has one only; 422 on `project_id` otherwise.
pub(crate) async fn only_project(testing: &Testing, req: &Req) -> Result<String> {
    let identity = &testing.platform.identity;
    let organization = identity.organization_of(req).await?.organization.id;
    match identity.projects_of(organization, Some(true)).await?.as_slice() {
        [one] => Ok(one.uid.to_string()),
        [] => Err(fault("project_id", "project_id is required: the organization has no project")),
        _ => Err(fault("project_id", "project_id is required: the organization has several projects")),
    }
}
