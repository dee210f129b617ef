//! Lists the built user interface (`web/dist`, gzipped by its own build) as a table of embedded files.
//! Without a build the table is empty and the server says so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // The folder is named by `.cargo/config.toml`: two checkouts that share a target directory embed each its own build.
    println!("cargo::rerun-if-env-changed=ARGOS_UI_DIST");
    let named = env::var_os("ARGOS_UI_DIST").map(PathBuf::from);
    let dist = named.unwrap_or_else(|| PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../../web/dist"));
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.join("index.html.gz").is_file() {
        collect(&dist, &dist, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in &files {
        let tag = fnv1a(&fs::read(path)?);
        let (name, path) = (format!("/{name}"), path.display().to_string());
        let line = writeln!(table, "    Asset {{ path: {name:?}, etag: \"\\\"{tag:016x}\\\"\", gz: include_bytes!({path:?}) }},");
        line.map_err(io::Error::other)?;
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("assets.rs"), table)
}

fn collect(base: &Path, dir: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path().canonicalize()?;
        if path.is_dir() {
            collect(base, &path, files)?;
        } else if path.extension().is_some_and(|e| e == "gz") {
            let relative = path.strip_prefix(base.canonicalize()?).map_err(io::Error::other)?;
            files.push((relative.with_extension("").display().to_string(), path));
        }
    }
    Ok(())
}

/// FNV-1a 64: a name for a version of a file, no protection against anybody.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}
