//! Judging the accessibility of an address.

use argos_a11y::{Audit, Level, Options, audit};
use argos_identity::Project;
use argos_kernel::Result;
use argos_web::OpCx;

use super::capture::Order;
use crate::service::Testing;
use crate::visual::model::record::Snapshot;
use crate::visual::page::shot::{self, Wanted};
use crate::visual::page::visit::{fault, screen, shot_fault};

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    pub(crate) level: Level,
    pub(crate) best_practices: bool,
    pub(crate) keyboard: bool,
}

impl Testing {
    /// Opens an address, keeps its picture as a snapshot and judges it.
    pub(crate) async fn audit_address(&self, cx: &OpCx, project: &Project, order: &Order, judged: Judged) -> Result<(Snapshot, Audit)> {
        let visit = Box::pin(self.visit(project, &order.address)).await?;
        let v = &order.address.viewport;
        let wanted = Wanted { whole: true, scale: v.device_scale_factor, limit: std::time::Duration::from_secs(30), ..Wanted::default() };
        let taken = Box::pin(shot::take(&visit.page, &wanted)).await;
        let options = Options {
            level: judged.level,
            best_practices: judged.best_practices,
            keyboard: judged.keyboard,
            narrow: Some(screen(v)),
            scope: None,
            ignore_rules: Vec::new(),
        };
        let found = Box::pin(audit(&visit.page, &options)).await;
        let status = visit.status;
        visit.end().await;
        let mut shot = taken.map_err(|e| shot_fault(&e))?;
        shot.facts.http_status = status;
        let found = found.map_err(|e| fault(&e))?;
        let snapshot = self.keep_snapshot(cx, project, &Order { full_page: true, ..order.clone() }, &shot).await?;
        Ok((snapshot, found))
    }
}
