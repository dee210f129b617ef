//! The interface: installed when its lockfile changed, built when a source is newer than the build.

use std::path::Path;
use std::time::SystemTime;

use crate::steps::{Failed, Tool};
use crate::workspace::Workspace;

/// Copy of the lockfile that `node_modules` was installed from.
const INSTALLED: &str = "node_modules/.argos-package-lock.json";

pub(crate) fn npm(workspace: &Workspace, args: &[&str]) -> Tool {
    Tool::new("npm", &workspace.root.join("web")).args(args)
}

/// `npm ci`, unless the modules of this very lockfile are there.
pub(crate) fn install(workspace: &Workspace) -> Result<(), Failed> {
    let web = workspace.root.join("web");
    let read = |name: &str| std::fs::read(web.join(name)).ok();
    let lock = read("package-lock.json").ok_or_else(|| Failed::new("web/package-lock.json is missing"))?;
    if read(INSTALLED).is_some_and(|installed| installed == lock) {
        return Ok(());
    }
    npm(workspace, &["ci", "--no-audit", "--no-fund"]).run()?;
    std::fs::write(web.join(INSTALLED), lock).map_err(|e| Failed::new(format!("web/{INSTALLED}: {e}")))
}

/// `npm run build`, unless `web/dist` is newer than everything it is made from.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failed> {
    let web = workspace.root.join("web");
    let built = modified(&web.join("dist/index.html.gz"));
    let sources = ["src", "public", "scripts", "index.html", "package-lock.json", "vite.config.ts", "tsconfig.json"];
    let newest =
        sources.iter().filter_map(|name| newest(&web.join(name))).chain(modified(&workspace.root.join("contract/openapi.json"))).max();
    if built.is_some_and(|built| newest.is_some_and(|newest| newest <= built)) {
        return Ok(());
    }
    npm(workspace, &["run", "build"]).run()
}

/// The interface's types from `contract/openapi.json`.
pub(crate) fn generate(workspace: &Workspace) -> Result<(), Failed> {
    install(workspace)?;
    npm(workspace, &["run", "gen"]).run()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    std::fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max()
}
