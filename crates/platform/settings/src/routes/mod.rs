//! The routes of the settings: the list view with canonical keys, the flat map of the ops part, and the change log.

mod changelog;
mod document;
mod history_files;
mod list;
mod map;
mod nodes;

use argos_kernel::{AppError, CredentialKind, Result};
use argos_web::{Reply, Req, Routes};

pub use nodes::NODE_KEYS;

use crate::{SettingView, Settings, VersionView};

/// All routes of this crate.
pub fn routes(settings: &Settings) -> Routes {
    Routes::new(settings.clone())
        .get("/api/settings", "settings.list", "All settings: an array of canonical keys, or the flat ops map.", all)
        .param("format", "list or map; without it a cookie gets the list and a header credential the map")
        .param("prefix", "only keys that start with this; implies list")
        .reply::<Vec<SettingView>>()
        .post("/api/settings", "settings.update_map", "Write members of the flat ops map.", map::update)
        .body::<map::FlatSettings>()
        .reply::<map::Saved>()
        .get("/api/settings/{key}", "settings.get", "One setting.", list::get)
        .reply::<SettingView>()
        .put("/api/settings/{key}", "settings.set", "Write one setting; null returns to the default.", list::set)
        .body::<list::SetValue>()
        .reply::<SettingView>()
        .get("/api/settings/{key}/history", "settings.history", "The last 50 versions of a setting.", list::history)
        .reply::<Vec<VersionView>>()
        .get("/api/config/changelog", "settings.changelog", "The last 100 changes of settings.", changelog::changelog)
        .reply::<Vec<changelog::ChangeSet>>()
        .post("/api/config/changelog/{id}/revert", "settings.revert", "Take one change back.", document::revert)
        .reply::<document::Reverted>()
        .get("/api/config/effective", "settings.effective", "Every setting in force as text, secrets masked.", document::effective)
        .post("/api/config/reload", "settings.reload", "Read the configuration file again.", document::reload)
        .reply::<document::Status>()
        .get("/api/config/backup", "settings.backup", "The stored settings as YAML, secrets sealed.", document::backup)
        .post("/api/config/restore", "settings.restore", "Write settings from YAML, all or nothing.", document::restore)
        .body_limit(document::DOCUMENT_MAX)
        .reply::<document::Status>()
        .get("/api/settings/backup", "settings.backup_alias", "The same as `/api/config/backup`.", document::backup)
        .post("/api/settings/restore", "settings.restore_alias", "The same as `/api/config/restore`.", document::restore)
        .body_limit(document::DOCUMENT_MAX)
        .reply::<document::Status>()
        .get("/api/backup/config-history", "settings.list_states", "Older states of the settings, newest first.", history_files::list)
        .reply::<history_files::History>()
        .get("/api/backup/config-history/{filename}", "settings.get_state", "One of them as YAML.", history_files::download)
        .get("/api/v1/settings", "settings.nodes", "The settings of the nodes part.", nodes::get)
        .put("/api/v1/settings", "settings.set_nodes", "Write settings of the nodes part, all or nothing.", nodes::put)
        .body::<nodes::NodeSettings>()
        .done()
}

/// Platform spec 3.9: two documented shapes share this path.
async fn all(settings: Settings, req: Req) -> Result<Reply> {
    let query = req.query();
    let prefix = query.text("prefix");
    let as_list = match query.text("format") {
        Some("list") => true,
        Some("map") => false,
        Some(_) => return Err(AppError::bad_request("format must be list or map").code("invalid_parameter").with("field", "format")),
        None => prefix.is_some() || req.cx().caller.credential == CredentialKind::Cookie,
    };
    let reply = if as_list { list::list(&settings, prefix.unwrap_or_default()).await? } else { map::map(&settings).await? };
    Ok(reply.header("vary", "Cookie, Authorization"))
}
