//! A webhook receiver: an HTTP/1.1 server that answers as told and remembers what it got.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argos_kernel::Tasks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
}

impl Receiver {
    /// Answers with `answers` in order (`500 Oops`, `429 Slow\r\nRetry-After: 1`), then always 204.
    pub(crate) async fn start(tasks: &Tasks, answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, got: Arc::default(), answers: Arc::new(Mutex::new(answers.iter().copied().collect())) };
        let (own, stop) = (receiver.clone(), tasks.shutdown().clone());
        let serving = tasks.clone();
        tasks.once("receiver", async move {
            loop {
                let socket = tokio::select! {
                    () = stop.wait() => return,
                    accepted = listener.accept() => accepted.unwrap().0,
                };
                let one = own.clone();
                serving.once("receiver.connection", async move { one.answer(socket).await });
            }
        });
        receiver
    }

    async fn answer(&self, mut socket: TcpStream) {
        let mut raw = Vec::new();
        let mut piece = [0_u8; 4096];
        let (head, body) = loop {
            let n = socket.read(&mut piece).await.unwrap();
            if n == 0 {
                return;
            }
            raw.extend_from_slice(&piece[..n]);
            let text = String::from_utf8_lossy(&raw).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .lines()
                .filter_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").and_then(|v| v.trim().parse().ok()))
                .next();
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        };
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())).collect();
        self.got.lock().unwrap().push(Got { line, headers, body });
        let status = self.answers.lock().unwrap().pop_front().unwrap_or("204 No Content");
        let reply = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        drop(socket.write_all(reply.as_bytes()).await);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// Waits until `count` requests came.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Got> {
        for _ in 0..1000 {
            let got = self.got();
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} requests came, {count} were expected", self.got().len());
    }
}
