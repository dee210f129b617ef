//! The audit log as one file: a million rows through the binary, how long it takes and what the server holds meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, Database};
use argos_store::Store;

use crate::report::figure;
use crate::{Outcome, process};

const ROWS: usize = 1_000_000;

pub(crate) fn run() -> Outcome {
    let config = ArgosConfig::with_database(Database::Sqlite).env("ARGOS_HTTP_RATE_LIMITING", "false");
    // The first start makes the schema.
    let stopped = config.try_start().map_err(|e| e.to_string())?.stop();
    tokio::runtime::Runtime::new()?.block_on(fill(stopped.config.dir()))?;
    let argos = stopped.restart();
    let token = argos.login("admin", ADMIN_PASSWORD);
    for (name, body) in [("csv", r#"{"format":"csv"}"#), ("json", r#"{"format":"json"}"#)] {
        measure(name, &argos, &token, body)?;
    }
    argos.stop();
    Ok(())
}

/// Rows as the log holds them; their chain of hashes is not made, since an export does not look at it.
async fn fill(dir: &std::path::Path) -> Outcome {
    let store = Store::open_sqlite(dir).await?;
    let script = format!(
        "insert into audit_log (uid, at, actor_name, actor_role, credential, action, category, target_type, target_id, description, after_json,
           status, severity, ip, user_agent, prev_hash, hash)
         with recursive n (i) as (select 1 union all select i + 1 from n where i < {ROWS})
         select printf('01890a5d-ac96-774b-bcce-%012x', i), 1790000000000000 + i * 1000000, 'person-' || (i * 7919 % 997), 'operator', 'cookie',
           'settings.update', 'config', 'setting', 'key-' || (i % 400), 'Setting key-' || (i % 400) || ' changed',
           '{{\"value\":' || i || '}}', 'success', 'info', '10.0.' || (i % 250) || '.7', 'Mozilla/5.0 (X11; Linux x86_64)', '', printf('%064x', i)
         from n"
    );
    store.state.script(&script).await?;
    store.close().await;
    Ok(())
}

fn measure(name: &str, argos: &Argos, token: &str, body: &str) -> Outcome {
    let pid = argos.pid();
    let (done, before, began) = (AtomicBool::new(false), process::rss_mib(pid)?, Instant::now());
    let (read, peak) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut peak = before;
            while !done.load(Ordering::SeqCst) {
                peak = process::rss_mib(pid).map_or(peak, |now| peak.max(now));
                std::thread::sleep(Duration::from_millis(20));
            }
            peak
        });
        let read = download(argos, token, body);
        done.store(true, Ordering::SeqCst);
        (read, watching.join().unwrap_or(f64::NAN))
    });
    let (lines, bytes) = read?;
    let took = began.elapsed().as_secs_f64();
    if lines < ROWS {
        return Err(format!("{name}: {lines} lines for {ROWS} rows").into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred megabytes")]
    let megabytes = bytes as f64 / 1e6;
    figure(&format!("export.{name}.seconds"), took, "s for a million rows");
    figure(&format!("export.{name}.rate"), megabytes / took, "MB/s");
    figure(&format!("export.{name}.rss"), peak - before, "MiB more resident memory at most");
    Ok(())
}

/// Lines and bytes of the answer.
fn download(argos: &Argos, token: &str, body: &str) -> Outcome<(usize, usize)> {
    let mut line = TcpStream::connect(argos.address())?;
    let length = body.len();
    write!(
        line,
        "POST /api/audit/export HTTP/1.0\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let (mut buffer, mut lines, mut bytes) = (vec![0_u8; 256 << 10], 0, 0);
    loop {
        let n = line.read(&mut buffer)?;
        let read = buffer.get(..n).unwrap_or_default();
        if bytes == 0 && !read.starts_with(b"HTTP/1.0 200") {
            return Err(String::from_utf8_lossy(read.get(..200.min(n)).unwrap_or_default()).into_owned().into());
        }
        if n == 0 {
            return Ok((lines, bytes));
        }
        // HTTP/1.0, so that no chunks of the transfer stand between the rows.
        lines += memchr::memchr_iter(b'\n', read).count();
        bytes += n;
    }
}
