//! `/api/crs/rules`: the rules of the core set by number, for whoever leaves one out.

use std::path::{Path, PathBuf};

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use crate::model::crs::{CoreRule, embedded, parse};

/// Bytes read of one file.
const FILE_MAX: u64 = 4 << 20;

pub(super) fn routes(edge: Service) -> Routes {
    Routes::new(edge)
        .get("/api/crs/rules", "edge.list_core_rules", "Rules of the core set that can be left out of a firewall.", list)
        .reply::<Vec<CoreRuleView>>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct CoreRuleView {
    id: i64,
    paranoia: i64,
    category: String,
    description: String,
    file: String,
}

/// Reads the directory of the core set; the rules that come with Argos when there is none. Blocks.
fn read(dir: &Path) -> Vec<CoreRule> {
    let Ok(entries) = std::fs::read_dir(dir) else { return embedded() };
    let is_rules = |path: &PathBuf| path.extension().is_some_and(|e| e == "conf");
    let is_small = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= FILE_MAX);
    let files = entries.filter_map(|entry| entry.ok().map(|e| e.path())).filter(|path| is_rules(path) && is_small(path));
    let of_file = |path: PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        parse(&name, &String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()))
    };
    let mut rules: Vec<CoreRule> = files.flat_map(of_file).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    if rules.is_empty() { embedded() } else { rules }
}

async fn list(edge: Service, _: Req) -> Result<Reply> {
    let rules = edge.core_rules.get_or_init(|| {
        let dir = edge.platform.settings.boot().text("crs.rules_dir").unwrap_or_default();
        tokio::task::block_in_place(|| read(Path::new(&dir)))
    });
    let view = |r: &CoreRule| CoreRuleView {
        id: r.id,
        paranoia: r.paranoia,
        category: r.category.clone(),
        description: r.description.clone(),
        file: r.file.clone(),
    };
    Ok(Reply::json(&rules.iter().map(view).collect::<Vec<_>>()))
}
