//! A load generator: keep-alive connections, one thread each, a closed loop of one request at a time. Every answer must
//! be a whole 200 with a body.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Outcome;

/// What a run of requests showed.
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Sends `GET target` over `connections` connections for `length`, after a warm-up of a fifth of it.
pub(crate) fn run(address: SocketAddr, target: &str, headers: &[(&str, &str)], connections: usize, length: Duration) -> Outcome<Load> {
    let mut request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let begin = Instant::now();
    let (from, until) = (begin + length / 5, begin + length / 5 + length);
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let request = request.clone();
            std::thread::spawn(move || connection(address, &request, from, until).map_err(|e| e.to_string()))
        })
        .collect();
    let mut times: Vec<Duration> = Vec::new();
    for worker in workers {
        times.extend(worker.join().map_err(|_| "a connection thread panicked")??);
    }
    if times.is_empty() {
        return Err("no request was answered in time".into());
    }
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let per_second = times.len() as f64 / length.as_secs_f64();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    Ok(Load { per_second, p50_ms: at(50), p99_ms: at(99) })
}

/// The latency of every request sent and answered between `from` and `until`.
fn connection(address: SocketAddr, request: &str, from: Instant, until: Instant) -> Outcome<Vec<Duration>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::with_capacity(64 << 10, stream);
    let (mut line, mut body, mut times) = (String::new(), Vec::new(), Vec::with_capacity(1 << 16));
    loop {
        let sent = Instant::now();
        writer.write_all(request.as_bytes())?;
        answer(&mut reader, &mut line, &mut body)?;
        let now = Instant::now();
        if now >= until {
            return Ok(times);
        }
        if sent >= from {
            times.push(now - sent);
        }
    }
}

/// Reads one answer, framed by its length.
fn answer(reader: &mut BufReader<TcpStream>, line: &mut String, body: &mut Vec<u8>) -> Outcome {
    let mut length = None;
    let mut first = true;
    loop {
        line.clear();
        if reader.read_line(line)? == 0 {
            return Err("the server closed the connection".into());
        }
        let text = line.trim_end();
        if first {
            if !text.starts_with("HTTP/1.1 200") {
                return Err(format!("answered {text}").into());
            }
            first = false;
        } else if text.is_empty() {
            break;
        } else if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    body.resize(length.ok_or("an answer without a length")?, 0);
    reader.read_exact(body)?;
    if body.is_empty() { Err("an empty answer".into()) } else { Ok(()) }
}
