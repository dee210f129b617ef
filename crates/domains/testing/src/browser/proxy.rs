//! The way of a browser's connections: a proxy of the attempt's own on loopback, which opens every one of them itself, to
//! an address that was judged. A guard sees addresses before they are resolved; this sees what is connected to, so a name
//! that changes its mind in between reaches nothing, and neither do WebSockets, which pass no guard. It must never open a
//! connection that [`Reach`] refuses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, Result, Tasks};
use argos_net::NetError;
use argos_webtest::{ErrorCode, Outcome, StepStatus};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::guard::Reach;
use super::proxy_head::{Asked, HEAD_BYTES_MAX, answered, asked, end_of_head};

/// Connections at once; further ones wait in the listener.
const CONNECTIONS_MAX: usize = 256;
/// What a browser may take to say what it wants.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After a connection that could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Failures that are remembered.
const FAILURES_MAX: usize = 20;

/// A connection that was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    place: String,
    why: String,
    refused: bool,
}

#[derive(Clone, Default)]
struct Failures(Arc<Mutex<VecDeque<Failure>>>);

impl Failures {
    fn note(&self, failure: Failure) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&failure) {
            all.truncate(FAILURES_MAX - 1);
            all.push_front(failure);
        }
    }
    fn all(&self) -> Vec<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The proxy of one attempt; its connections end when it is dropped.
pub(crate) struct Proxy {
    port: u16,
    failures: Failures,
    _open: DropGuard,
}

impl Proxy {
    /// Listens on a free port of loopback.
    pub(crate) async fn open(tasks: &Tasks, reach: &Reach) -> Result<Self> {
        let no = |e: std::io::Error| AppError::unavailable(format!("no proxy for the browser: {e}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(no)?;
        let port = listener.local_addr().map_err(no)?.port();
        let (over, failures) = (CancellationToken::new(), Failures::default());
        let work = serve(listener, reach.clone(), failures.clone());
        let ended = over.clone();
        tasks.once("testing-proxy", async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = work => {}
            }
        });
        Ok(Self { port, failures, _open: over.drop_guard() })
    }

    /// As a browser is told of it.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Says in a failure what the browser cannot know: why its connections were not made.
    pub(crate) fn explain(&self, outcome: &mut Outcome) {
        explain(outcome, &self.failures.all());
    }
}

fn explain(outcome: &mut Outcome, failures: &[Failure]) {
    let navigation = outcome.error_code == Some(ErrorCode::NavigationError);
    let Some(message) = &mut outcome.error_message else { return };
    // What the address rules refused comes first. Other failures matter where the browser could not go: it also makes
    // connections of its own that nobody asked for.
    let there = |f: &&Failure| navigation && f.place.rsplit_once(':').is_some_and(|(host, _)| message.contains(host));
    let Some(told) = failures.iter().find(|f| f.refused).or_else(|| failures.iter().find(there)) else { return };
    let words = if told.refused { " was refused: " } else { ": " };
    let why = format!(" ({}{words}{})", told.place, told.why);
    message.push_str(&why);
    let code = (navigation && told.refused).then_some(ErrorCode::BlockedUrl);
    outcome.error_code = code.or(outcome.error_code);
    let failed = outcome.step_results.iter_mut().rfind(|s| s.status == StepStatus::Failed);
    if let Some(step) = failed {
        step.error_code = code.or(step.error_code);
        if let Some(error) = &mut step.error {
            error.push_str(&why);
        }
    }
}

async fn serve(listener: TcpListener, reach: Reach, failures: Failures) {
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if open.len() < CONNECTIONS_MAX => match accepted {
                Ok((browser, _)) => open.push(connection(browser, &reach, &failures)),
                Err(error) => {
                    // Too many open files, for one; it goes on when others were closed.
                    tracing::warn!(%error, "the proxy of a browser could not take a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(()) = open.next(), if !open.is_empty() => {}
        }
    }
}

/// One connection of the browser. What breaks ends it: the browser sees that, and says so.
async fn connection(mut browser: TcpStream, reach: &Reach, failures: &Failures) {
    let head = tokio::time::timeout(HEAD_TIMEOUT, read_head(&mut browser, Vec::new())).await;
    let Ok(Some((head, rest))) = head else { return };
    let ended = match asked(&head) {
        Some(Asked::Tunnel { host, port }) => tunnel(&mut browser, &rest, dial(reach, failures, &host, port).await).await,
        Some(Asked::Forward { host, port, head, body }) => match dial(reach, failures, &host, port).await {
            Ok(server) => forward(&mut browser, server, &head, rest, body).await,
            // No answer at all: a page of ours would be taken for the site's.
            Err(_) => Ok(()),
        },
        None => browser.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await,
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection of a browser broke");
    }
}

async fn dial(reach: &Reach, failures: &Failures, host: &str, port: u16) -> Result<TcpStream, NetError> {
    let dialled = reach.dial(host, port).await;
    if let Err(error) = &dialled {
        let (refused, why) = match error {
            NetError::Blocked(reason) => (true, reason.to_string()),
            other => (false, other.to_string()),
        };
        failures.note(Failure { place: format!("{host}:{port}"), why, refused });
    }
    dialled
}

async fn tunnel(browser: &mut TcpStream, rest: &[u8], server: Result<TcpStream, NetError>) -> std::io::Result<()> {
    let refuse = |line: &str| format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let mut server = match server {
        Ok(server) => server,
        Err(NetError::Blocked(_)) => return browser.write_all(refuse("403 Forbidden").as_bytes()).await,
        Err(_) => return browser.write_all(refuse("502 Bad Gateway").as_bytes()).await,
    };
    browser.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await?;
    server.write_all(rest).await?;
    tokio::io::copy_bidirectional(browser, &mut server).await.map(drop)
}

/// One request and its answer. Nothing the browser sends behind it is passed on.
async fn forward(browser: &mut TcpStream, server: TcpStream, head: &[u8], mut rest: Vec<u8>, body: u64) -> std::io::Result<()> {
    let (mut from_browser, mut to_browser) = browser.split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = async {
        to_server.write_all(head).await?;
        rest.truncate(usize::try_from(body).unwrap_or(usize::MAX));
        to_server.write_all(&rest).await?;
        let left = body - rest.len() as u64;
        tokio::io::copy(&mut (&mut from_browser).take(left), &mut to_server).await?;
        // Whatever else comes is read and dropped, so that the end of the browser's side is heard.
        tokio::io::copy(&mut from_browser, &mut tokio::io::sink()).await
    };
    let answering = async {
        let mut bytes = Vec::new();
        while let Some((head, rest)) = read_head(&mut from_server, bytes).await {
            // What is no answer is passed on as it is; the browser says what it thinks of it.
            let (status, head) = answered(&head).unwrap_or((0, head));
            to_browser.write_all(&head).await?;
            if !(100..200).contains(&status) {
                to_browser.write_all(&rest).await?;
                return tokio::io::copy(&mut from_server, &mut to_browser).await.map(drop);
            }
            bytes = rest;
        }
        Ok(())
    };
    tokio::pin!(answering);
    tokio::select! {
        ended = &mut answering => ended,
        asked = asking => match asked {
            // The browser is gone.
            Ok(_) => Ok(()),
            // The server reads no more, but may have answered.
            Err(_) => answering.await,
        },
    }
}

/// A head with what came behind it, beginning with what was read before; `None` when the other side ended, or says too
/// much.
async fn read_head(stream: &mut (impl AsyncReadExt + Unpin), mut bytes: Vec<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
    loop {
        if let Some(end) = end_of_head(&bytes) {
            let rest = bytes.split_off(end);
            return Some((bytes, rest));
        }
        if bytes.len() > HEAD_BYTES_MAX || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use argos_kernel::{BoxFuture, SeededRng, Shutdown, SystemClock};
    use argos_net::{Class, Lookup, Net, Policy};

    use super::*;

    /// Answers `rebind.test` in turn with an address nobody has and with this machine; everything else is this machine.
    #[derive(Default)]
    struct Turns(AtomicUsize);

    impl Lookup for Turns {
        fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
            let turn = self.0.fetch_add(1, Ordering::SeqCst);
            let elsewhere = host == "rebind.test" && turn.is_multiple_of(2);
            let ip = if elsewhere { Ipv4Addr::new(192, 0, 2, 1) } else { Ipv4Addr::LOCALHOST };
            Box::pin(async move { Ok(vec![IpAddr::V4(ip)]) })
        }
    }

    async fn open(allowed: &[&str]) -> (Proxy, Reach, Tasks) {
        let tasks = Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new());
        let net = Net::with_lookup(Policy::default(), Arc::new(Turns::default()));
        let reach = Reach::with(net, Class::Browser { shared: true }, allowed.iter().map(|a| a.parse().unwrap()).collect());
        (Proxy::open(&tasks, &reach).await.unwrap(), reach, tasks)
    }

    async fn ask(proxy: &Proxy, text: &str) -> String {
        let mut browser = TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
        browser.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        browser.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// A server of one answer; what it was asked.
    async fn site(answer: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        #[expect(clippy::disallowed_methods, reason = "a test peer, not a part of the product")]
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (head, mut rest) = read_head(&mut stream, Vec::new()).await.unwrap();
            let mut body = [0; 2];
            while rest.len() < 2 && stream.read_exact(&mut body).await.is_ok() {
                rest.extend_from_slice(&body);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8([head, rest].concat()).unwrap()
        });
        (port, asked)
    }

    #[tokio::test]
    async fn plain_request_is_passed_on_and_its_connection_ends_with_the_answer() {
        let (port, asked) =
            site("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok").await;
        let (proxy, _, _tasks) = open(&["127.0.0.1"]).await;
        let text = format!("POST http://site.test:{port}/x HTTP/1.1\r\nHost: site.test\r\nContent-Length: 2\r\n\r\nhiGET http://other/");
        let answer = ask(&proxy, &text).await;
        assert!(answer.ends_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), "{answer}");
        let seen = asked.await.unwrap();
        assert!(seen.starts_with("POST /x HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nhi"), "{seen}");
    }

    #[tokio::test]
    async fn tunnel_to_a_private_place_is_refused_and_the_failure_says_why() {
        let (proxy, _, _tasks) = open(&[]).await;
        let answer = ask(&proxy, "CONNECT 10.0.0.7:80 HTTP/1.1\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert_eq!(ask(&proxy, "GET http://10.0.0.7/ HTTP/1.1\r\n\r\n").await, "", "no page of ours is taken for the site's");
        assert!(ask(&proxy, "GET / HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
        let mut outcome = crate::actions::attempt::cancelled();
        outcome.error_code = Some(ErrorCode::NavigationError);
        proxy.explain(&mut outcome);
        assert_eq!(outcome.error_code, Some(ErrorCode::BlockedUrl));
        let message = outcome.error_message.unwrap();
        assert!(message.contains("10.0.0.7:80 was refused: private network targets need"), "{message}");
        let failed = |place: &str| Failure { place: place.into(), why: "timed out".into(), refused: false };
        let mut closed = crate::actions::attempt::cancelled();
        closed.error_code = Some(ErrorCode::NavigationError);
        closed.error_message = Some("http://shop.test/ cannot be opened".into());
        explain(&mut closed, &[failed("elsewhere.test:443"), failed("shop.test:80")]);
        assert_eq!(closed.error_message.as_deref(), Some("http://shop.test/ cannot be opened (shop.test:80: timed out)"));
        assert_eq!(closed.error_code, Some(ErrorCode::NavigationError));
    }

    #[tokio::test]
    async fn name_that_leads_here_after_it_was_judged_is_judged_again() {
        let (port, _asked) = site("HTTP/1.1 200 OK\r\n\r\n").await;
        let (proxy, reach, _tasks) = open(&[]).await;
        reach.check(&format!("http://rebind.test:{port}/")).await.unwrap();
        assert_eq!(ask(&proxy, &format!("CONNECT rebind.test:{port} HTTP/1.1\r\n\r\n")).await.get(..12), Some("HTTP/1.1 403"));
    }

    #[tokio::test]
    async fn tunnel_carries_bytes_both_ways_and_ends_with_its_proxy() {
        let (port, asked) = site("HTTP/1.1 101 Switching Protocols\r\n\r\n").await;
        let (proxy, _, tasks) = open(&["127.0.0.1"]).await;
        let text = format!("CONNECT socket.test:{port} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n!!");
        let answer = ask(&proxy, &text).await;
        assert_eq!(answer, "HTTP/1.1 200 Connection Established\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n");
        assert!(asked.await.unwrap().contains("Upgrade: websocket"));
        let port = proxy.port;
        drop(proxy);
        assert!(tasks.join(Duration::from_secs(10)).await, "its task ended");
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    }
}
