//! Live events: published and stored in batches while a thousand streams follow them, first inside this process, where
//! every id is checked (one that is missing, twice or out of order ends the run), then over loopback connections, whose
//! readers only count frames: they share the two cores with the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use argos_audit::Audit;
use argos_events::{Events, NewEvent, Source};
use argos_kernel::{Clock, CredentialKind, Rng, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::Store;
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, ServeOptions, Web, serve};
use http_body_util::BodyExt;
use memchr::memmem::Finder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::report::figure;
use crate::{Outcome, process};

const CLIENTS: usize = 1_000;
const EVENTS: usize = 5_000;
const AT_ONCE: usize = 100;
const LIMIT: Duration = Duration::from_secs(300);

struct Everybody;

impl Authenticator for Everybody {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(
        &'a self,
        given: &'a Presented,
        _: &'a ClientInfo,
    ) -> BoxFuture<'a, argos_kernel::Result<Arc<Caller>, AuthFailure>> {
        let grants = Grants::new(["events:read"]);
        // A thousand people: opening streams is counted for each.
        let user_id = match given {
            Presented::Session { token, .. } => i64::from_str_radix(token.trim_start_matches('0'), 16).ok(),
            _ => None,
        };
        let caller =
            Caller { user_id, username: format!("bench {user_id:?}"), credential: CredentialKind::Session, grants, ..Caller::anonymous() };
        Box::pin(async move { Ok(Arc::new(caller)) })
    }
}

pub(crate) fn run() -> Outcome {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime()?.block_on(fan_out(Way::Inside))?;
    runtime()?.block_on(fan_out(Way::Wire))
}

/// How the streams reach their readers.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Inside,
    Wire,
}

fn token(n: usize) -> String {
    format!("{:064x}", n + 1)
}

/// Reads one stream until it has seen every event; an error tells what was wrong.
async fn follow(client: TestClient) -> Result<(), String> {
    let (status, _, mut body) = client.open("GET", "/api/events/stream", None).await;
    if status != 200 {
        return Err(format!("a stream was answered with {status}"));
    }
    let (end, mut expected) = (Finder::new("\n\n"), 1);
    while expected <= EVENTS {
        let piece = body.frame().await.ok_or("a stream ended")?.map_err(|e| e.to_string())?;
        let Ok(data) = piece.into_data() else { continue };
        // Pieces of a body end where a frame ends.
        let mut left = &data[..];
        while let Some(at) = end.find(left) {
            let (frame, more) = left.split_at(at + 2);
            left = more;
            let Some(rest) = frame.strip_prefix(b"id: ") else { continue };
            let id = rest.iter().take_while(|b| b.is_ascii_digit()).fold(0, |n, b| n * 10 + usize::from(b - b'0'));
            if id != expected {
                return Err(format!("event {id} came where {expected} was due"));
            }
            expected += 1;
        }
        if !left.is_empty() {
            return Err("a piece ends within a frame".to_owned());
        }
    }
    Ok(())
}

/// The same over a connection, counting alone.
async fn count(address: std::net::SocketAddr, token: String) -> Result<(), String> {
    let failed = |e: std::io::Error| e.to_string();
    let mut line = TcpStream::connect(address).await.map_err(failed)?;
    let asked = format!("GET /api/events/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n");
    line.write_all(asked.as_bytes()).await.map_err(failed)?;
    // The greeting is a frame as well.
    let (end, mut buffer, mut seen) = (Finder::new("\n\n"), vec![0_u8; 64 << 10], 0);
    let mut last = 0_u8;
    while seen <= EVENTS {
        let n = line.read(&mut buffer).await.map_err(failed)?;
        let Some(read) = buffer.get(..n).filter(|r| !r.is_empty()) else { return Err("a stream ended".to_owned()) };
        seen += usize::from(last == b'\n' && read.first() == Some(&b'\n')) + end.find_iter(read).count();
        last = read.last().copied().unwrap_or_default();
    }
    if seen > EVENTS + 1 { Err(format!("{seen} frames came instead of {}", EVENTS + 1)) } else { Ok(()) }
}

async fn fan_out(way: Way) -> Outcome {
    let dir = tempfile::Builder::new().prefix("argos-bench-").tempdir()?;
    let store = Store::open_sqlite(dir.path()).await?;
    store.migrate(&[argos_events::MIGRATIONS, argos_audit::MIGRATIONS].concat(), Timestamp::from_secs(1_767_225_600)).await?;
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SeededRng::new(1)));
    let events = Events::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let audit = Audit::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let shutdown = Shutdown::new();
    let tasks = Tasks::new(Arc::clone(&clock), Arc::clone(&rng), shutdown.clone());
    let routes = argos_events::routes(events.clone(), Arc::new(audit), tasks.clone());
    let web = Web::builder().mount(routes).authenticator(Arc::new(Everybody));
    let web = Arc::new(web.build(clock, rng, tasks.clone()).map_err(|e| e.to_string())?);
    let mut streams = JoinSet::new();
    match way {
        Way::Inside => {
            let client = TestClient::new(web);
            for n in 0..CLIENTS {
                streams.spawn(follow(client.bearer(&token(n))));
            }
        }
        Way::Wire => {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            tasks.once("bench-server", serve(listener, web, ServeOptions::default(), shutdown.clone()));
            for n in 0..CLIENTS {
                streams.spawn(count(address, token(n)));
            }
        }
    }
    // Every stream stands before the first event.
    tokio::time::sleep(Duration::from_secs(2)).await;
    measure(&store, &events, streams, way).await?;
    shutdown.trigger();
    store.close().await;
    Ok(())
}

async fn measure(store: &Store, events: &Events, mut streams: JoinSet<Result<(), String>>, way: Way) -> Outcome {
    let began = Instant::now();
    for part in 0..EVENTS / AT_ONCE {
        let mut tx = store.state.begin().await?;
        for n in 0..AT_ONCE {
            let message = format!("event {} of the benchmark", part * AT_ONCE + n);
            let event = NewEvent::new(Source::Ops, "alert.firing", message).subject("host", "web-1", "web-1");
            events.publish(&mut tx, event).await?;
        }
        tx.commit().await?;
    }
    let published = began.elapsed();
    while let Some(done) = tokio::time::timeout(LIMIT, streams.join_next()).await? {
        done??;
    }
    let took = began.elapsed();
    let name = if way == Way::Inside { "fanout" } else { "fanout.wire" };
    #[expect(clippy::cast_precision_loss, reason = "a few millions")]
    let (all, frames) = (EVENTS as f64, (EVENTS * CLIENTS) as f64);
    figure(&format!("{name}.published"), all / published.as_secs_f64(), "events/s stored while a thousand streams follow");
    figure(&format!("{name}.frames"), frames / took.as_secs_f64(), "frames/s to the streams, none lost");
    figure(&format!("{name}.lag"), took.saturating_sub(published).as_secs_f64(), "s until the last stream had the last event");
    figure(&format!("{name}.rss"), process::rss_mib(std::process::id())?, "MiB resident, server and readers");
    Ok(())
}
