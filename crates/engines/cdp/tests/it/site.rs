//! The server of the fixture applications: files of the fixtures folder and a few answers that are made up, slow or odd.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Site {
    port: u16,
    pub(crate) hits: Arc<AtomicUsize>,
}

struct Reply {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
}

impl Site {
    #[expect(clippy::disallowed_methods, reason = "the server of a test lives as long as its runtime")]
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = hits.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, counted.clone()));
            }
        });
        Self { port, hits }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn serve(mut stream: TcpStream, hits: Arc<AtomicUsize>) {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => head.push_str(&line),
            }
        }
        let target = head.split(' ').nth(1).unwrap_or("/").to_owned();
        // A proxy is asked with the whole address.
        let target =
            target.strip_prefix("http://").and_then(|rest| rest.split_once('/')).map_or(target.clone(), |(_, path)| format!("/{path}"));
        let length = header(&head, "content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).await.is_err() {
            return;
        }
        let Some(reply) = answer(&target, &head, &body, &hits).await else { return };
        let text = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n{}\r\n", reply.status, reply.body.len(), reply.headers);
        if writer.write_all(text.as_bytes()).await.is_err() || writer.write_all(&reply.body).await.is_err() {
            return;
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()))
}

fn parameter(target: &str, name: &str) -> Option<String> {
    let query = target.split_once('?')?.1;
    query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v.replace("%2F", "/").replace("%3A", ":")))
}

fn text(status: &'static str, body: impl Into<String>) -> Reply {
    Reply {
        status,
        headers: "content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n".to_owned(),
        body: body.into().into_bytes(),
    }
}

/// `None` breaks the connection.
async fn answer(target: &str, head: &str, body: &[u8], hits: &AtomicUsize) -> Option<Reply> {
    let path = target.split('?').next().unwrap_or("/");
    Some(match path {
        "/slow" => {
            let millis = parameter(target, "ms").and_then(|ms| ms.parse().ok()).unwrap_or(200);
            // The slowness is what is served.
            tokio::time::sleep(Duration::from_millis(millis)).await;
            text("200 OK", "slow")
        }
        "/never" => std::future::pending().await,
        "/redirect" => {
            let to = parameter(target, "to").unwrap_or_default();
            Reply { status: "302 Found", headers: format!("location: {to}\r\n"), body: Vec::new() }
        }
        "/status" => text("503 Service Unavailable", "unavailable"),
        "/nocontent" => text("204 No Content", ""),
        "/break" => return None,
        "/flaky" => {
            let count = hits.fetch_add(1, Ordering::SeqCst);
            if count < 2 { text("500 Internal Server Error", "try again") } else { text("200 OK", "fine") }
        }
        "/echo" => {
            let shown = ["x-extra", "user-agent", "accept-language", "cookie", "authorization"];
            let lines: String = shown.iter().filter_map(|n| Some(format!("{n}: {}\n", header(head, n)?))).collect();
            text("200 OK", format!("{lines}{}", String::from_utf8_lossy(body)))
        }
        "/secret" => match header(head, "authorization") {
            // user:pass
            Some("Basic dXNlcjpwYXNz") => text("200 OK", "welcome"),
            _ => {
                let mut reply = text("401 Unauthorized", "who are you");
                reply.headers.push_str("www-authenticate: Basic realm=\"r\"\r\n");
                reply
            }
        },
        "/cookie" => {
            let mut reply = text("200 OK", "cookie set");
            reply.headers.push_str("set-cookie: visited=yes; Path=/\r\n");
            reply
        }
        "/download" => {
            let name = parameter(target, "name").unwrap_or_default();
            let size = parameter(target, "size").and_then(|s| s.parse().ok()).unwrap_or(10);
            Reply { status: "200 OK", headers: format!("content-disposition: attachment; filename=\"{name}\"\r\n"), body: vec![b'x'; size] }
        }
        "/csp.html" => Reply {
            status: "200 OK",
            headers: "content-type: text/html\r\ncontent-security-policy: default-src 'none'\r\n".to_owned(),
            body: b"<title>CSP</title><button>Strict</button>".to_vec(),
        },
        _ => {
            let file = format!("{}/fixtures{path}", env!("CARGO_MANIFEST_DIR"));
            match std::fs::read(file) {
                Ok(body) => Reply { status: "200 OK", headers: "content-type: text/html; charset=utf-8\r\n".to_owned(), body },
                Err(_) => text("404 Not Found", "not here"),
            }
        }
    })
}
