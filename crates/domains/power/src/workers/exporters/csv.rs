//! The CSV file: rows appended and written through to the disk, the file put aside when it is full, old ones deleted.

use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;

use super::{Failure, unreadable};
use crate::model::export::{Point, csv};
use crate::service::Power;

/// The file, by its directory and name.
fn place(power: &Power) -> Result<(PathBuf, String), Failure> {
    let path = power.settings().boot().path("power.csv.path").ok_or_else(|| Failure::Later("power.csv.path is not set".to_owned()))?;
    let name = path.file_name().and_then(|n| n.to_str()).map(str::to_owned);
    let name = name.ok_or_else(|| Failure::Later("power.csv.path names no file".to_owned()))?;
    Ok((path.parent().map(Path::to_path_buf).unwrap_or_default(), name))
}

fn io(error: &std::io::Error) -> Failure {
    Failure::Later(format!("the CSV file cannot be written: {error}"))
}

pub(super) async fn append(power: &Power, points: &[Point]) -> Result<(), Failure> {
    let (dir, name) = place(power)?;
    let s = power.settings();
    let bytes_max = s.i64("power.csv.max_size_mb").map_err(|e| unreadable(&e))?.unsigned_abs() << 20;
    let days = s.i64("power.csv.retention_days").map_err(|e| unreadable(&e))?;
    let now = power.platform.clock.now();
    write(&dir, &name, &csv::lines(points)).await.map_err(|e| io(&e))?;
    let file = dir.join(&name);
    let size = tokio::fs::metadata(&file).await.map_err(|e| io(&e))?.len();
    if size >= bytes_max {
        tokio::fs::rename(&file, dir.join(csv::rotated_name(&name, now))).await.map_err(|e| io(&e))?;
        forget(&dir, &name, now.minus_secs(days * 86_400)).await.map_err(|e| io(&e))?;
    }
    Ok(())
}

async fn write(dir: &Path, name: &str, rows: &str) -> std::io::Result<()> {
    tokio::fs::create_dir_all(dir).await?;
    let mut file = tokio::fs::OpenOptions::new().create(true).append(true).open(dir.join(name)).await?;
    if file.metadata().await?.len() == 0 {
        file.write_all(csv::HEADER.as_bytes()).await?;
    }
    file.write_all(rows.as_bytes()).await?;
    file.flush().await?;
    file.sync_data().await
}

/// Deletes files of ours that were put aside before a moment.
async fn forget(dir: &Path, name: &str, before: argos_kernel::Timestamp) -> std::io::Result<()> {
    let mut entries = tokio::fs::read_dir(dir).await?;
    while let Some(entry) = entries.next_entry().await? {
        let closed = entry.file_name().to_str().and_then(|other| csv::rotated_at(name, other));
        if closed.is_some_and(|at| at < before) {
            tokio::fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}

/// Whether the file can be written; leaves at most a file with its header.
pub(super) async fn attempt(power: &Power) -> Result<(), Failure> {
    let (dir, name) = place(power)?;
    write(&dir, &name, "").await.map_err(|e| io(&e))
}

#[cfg(test)]
mod tests {
    use argos_kernel::Timestamp;

    use super::*;

    #[tokio::test]
    async fn rows_are_appended_under_one_header_and_only_old_files_of_ours_go() {
        let dir = std::env::temp_dir().join(format!("argos-csv-{}", std::process::id()));
        write(&dir, "a.csv", "1\r\n").await.unwrap();
        write(&dir, "a.csv", "2\r\n").await.unwrap();
        let text = std::fs::read_to_string(dir.join("a.csv")).unwrap();
        assert_eq!(text, format!("{}1\r\n2\r\n", csv::HEADER));
        for name in ["a.20250101-000000.csv", "a.20260101-000000.csv", "b.20250101-000000.csv"] {
            std::fs::write(dir.join(name), "x").unwrap();
        }
        forget(&dir, "a.csv", Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()).await.unwrap();
        let mut left: Vec<String> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(left, ["a.20260101-000000.csv", "a.csv", "b.20250101-000000.csv"]);
    }
}
