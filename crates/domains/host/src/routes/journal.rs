//! The system journal (ops spec C.15): read through `journalctl`, never stored.

use argos_hostinfo::systemd::parse_list;
use argos_jobs::JobFilter;
use argos_kernel::{AppError, ErrorKind, PageRequest, Result};
use argos_net::process::ProcessError;
use argos_web::{Query, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Host;
use crate::probes;

/// Characters of journal text sent at most; the newest are kept.
const TEXT_MAX: usize = 65_536;
const UNITS_MAX: usize = 200;
const PRIORITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

#[derive(Serialize, JsonSchema)]
struct UnitView {
    name: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ContentView {
    content: String,
}

pub(crate) fn routes(machine: Host) -> Routes<Host> {
    Routes::new(machine)
        .get("/api/journal", "host.get_journal", "Newest journal lines as text.", journal)
        .param("unit", "One unit")
        .param("priority", "0-7 or its name")
        .param("lines", "1-500, default 50")
        .param("since", "<n> sec|min|hour|day ago")
        .param("grep", "Pattern of at most 100 characters")
        .get("/api/log-viewer", "host.view_log", "The last lines of one log as text.", log_viewer)
        .param("type", "syserr (default), action, backup or cloud")
        .param("lines", "1-500; default 25 for syserr, else 30")
        .param("format", "text: the bare text; so does `Accept: text/plain`")
        .reply::<ContentView>()
        .get("/api/journal/units", "host.list_units", "Units of the service manager.", units)
        .reply::<Vec<UnitView>>()
}

fn bad(field: &str, text: &str) -> AppError {
    AppError::bad_request(text).code("invalid_parameter").with("field", field)
}

/// The arguments of `journalctl` for a query; every value is one argument and checked.
fn arguments(q: &Query) -> Result<Vec<String>> {
    let lines = q.int_clamped("lines", 50, 1, 500)?;
    let mut args: Vec<String> = ["--no-pager", "--output=short-iso", "--quiet"].map(str::to_owned).to_vec();
    args.push(format!("--lines={lines}"));
    if let Some(unit) = q.filled("unit") {
        let fine = unit.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.@-".contains(&b)) && !unit.starts_with('-') && unit.len() <= 256;
        if !fine {
            return Err(bad("unit", "Invalid unit name"));
        }
        args.push(format!("--unit={unit}"));
    }
    if let Some(priority) = q.filled("priority") {
        let known = PRIORITIES.contains(&priority) || matches!(priority.parse::<u8>(), Ok(0..=7));
        if !known {
            return Err(bad("priority", "Invalid priority"));
        }
        args.push(format!("--priority={priority}"));
    }
    if let Some(since) = q.filled("since") {
        let words: Vec<&str> = since.split_whitespace().collect();
        let fine = matches!(words[..], [n, unit, "ago"] if n.parse::<u32>().is_ok() && matches!(unit.trim_end_matches('s'), "sec" | "min" | "hour" | "day"));
        if !fine {
            return Err(bad("since", "Invalid since: <n> sec|min|hour|day ago"));
        }
        args.push(format!("--since={since}"));
    }
    if let Some(pattern) = q.filled("grep") {
        // Repetition inside repetition is what makes a backtracking engine hang.
        if pattern.chars().count() > 100 || pattern.contains(")+") || pattern.contains(")*") {
            return Err(bad("grep", "Invalid grep pattern"));
        }
        args.push(format!("--grep={pattern}"));
    }
    Ok(args)
}

async fn journal(_: Host, req: Req) -> Result<Reply> {
    let output = match probes::ask("journalctl", arguments(req.query())?).await {
        Ok(output) => output,
        Err(ProcessError::NotFound(_)) => return Ok(Reply::text("journalctl not available")),
        Err(e) => return Err(e.into()),
    };
    if output.timed_out {
        return Err(AppError::new(ErrorKind::UpstreamTimeout, "journalctl did not answer in time"));
    }
    let text = output.stdout_text();
    if text.trim().is_empty() {
        let why = output.stderr_text();
        let nothing = output.success() || why.trim().is_empty() || why.contains("No journal files");
        return if nothing { Ok(Reply::text("No entries.")) } else { Err(bad("grep", why.lines().next().unwrap_or_default())) };
    }
    let surplus = text.chars().count().saturating_sub(TEXT_MAX);
    Ok(Reply::text(text.chars().skip(surplus).collect::<String>()))
}

async fn log_viewer(machine: Host, req: Req) -> Result<Reply> {
    let q = req.query();
    let content = match q.filled("type").unwrap_or("syserr") {
        "syserr" => system_errors(q.int_clamped("lines", 25, 1, 500)?).await?,
        "action" => newest_script(&machine, q.int_clamped("lines", 30, 1, 500)?).await?,
        // Nothing protects other machines' files yet, so nothing wrote such a log.
        "backup" | "cloud" => String::new(),
        _ => "Unknown log type.".to_owned(),
    };
    let content = if content.trim().is_empty() { "No log.".to_owned() } else { content };
    let plain = q.text("format") == Some("text") || req.header("accept").is_some_and(|a| a.starts_with("text/plain"));
    Ok(if plain { Reply::text(content) } else { Reply::json(&ContentView { content }) })
}

/// The newest lines of the journal of priority error and above; empty without a journal.
async fn system_errors(lines: i64) -> Result<String> {
    let args = ["--no-pager".to_owned(), "--quiet".to_owned(), "--priority=3".to_owned(), format!("--lines={lines}")];
    match probes::ask("journalctl", args.to_vec()).await {
        Ok(output) => Ok(output.stdout_text()),
        Err(ProcessError::NotFound(_)) => Ok(String::new()),
        Err(e) => Err(e.into()),
    }
}

/// The last lines of the script that ran last.
async fn newest_script(machine: &Host, lines: i64) -> Result<String> {
    let jobs = &machine.platform.jobs;
    let filter = JobFilter { states: Vec::new(), kind: None, pool: Some("script".to_owned()), schedule_id: None, organizations: false };
    let Some(job) = jobs.list(&filter, PageRequest { limit: 1, offset: 0 }).await?.items.pop() else { return Ok(String::new()) };
    let all = jobs.output(job.id, 0, 10_000).await?;
    let skipped = all.len().saturating_sub(usize::try_from(lines).unwrap_or(usize::MAX));
    Ok(all.into_iter().skip(skipped).map(|line| line.text + "\n").collect())
}

async fn units(_: Host, _: Req) -> Result<Reply> {
    let args = ["list-units", "--all", "--type=service,timer,socket", "--no-pager", "--plain", "--no-legend"];
    let listed = match probes::ask("systemctl", args.map(str::to_owned).to_vec()).await {
        Ok(output) if output.success() => parse_list(&output.stdout_text()),
        // Without systemd there are no units to list.
        Ok(_) | Err(ProcessError::NotFound(_)) => Vec::new(),
        Err(e) => return Err(e.into()),
    };
    let views = listed.into_iter().take(UNITS_MAX).map(|u| UnitView {
        name: u.name,
        status: u.active,
        description: Some(u.description).filter(|d| !d.is_empty()),
    });
    Ok(Reply::json(&views.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked_one_by_one() {
        let args = |q: &str| arguments(&Query::parse(Some(q)));
        assert!(args("unit=nginx.service&priority=err&lines=9999&since=5+min+ago").unwrap().contains(&"--lines=500".to_owned()));
        for (q, field) in
            [("unit=a;b", "unit"), ("unit=-x", "unit"), ("priority=9", "priority"), ("since=now", "since"), ("grep=(a%2B)%2B", "grep")]
        {
            assert_eq!(args(q).unwrap_err().extra()["field"], field, "{q}");
        }
    }
}
