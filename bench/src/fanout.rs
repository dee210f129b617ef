//! Live events: published and stored in batches while a thousand streams follow them. A stream that misses one, or gets
//! one twice or out of order, ends the run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use argos_audit::Audit;
use argos_events::{Events, NewEvent, Source};
use argos_kernel::{Clock, CredentialKind, Rng, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::Store;
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use http_body_util::BodyExt;

use crate::Outcome;
use crate::report::figure;

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
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(fan_out())
}

/// Reads one stream until it has seen every event; an error tells what was wrong.
async fn follow(client: TestClient) -> Result<(), String> {
    let (status, _, mut body) = client.open("GET", "/api/events/stream", None).await;
    if status != 200 {
        return Err(format!("a stream was answered with {status}"));
    }
    let (mut rest, mut expected) = (String::new(), 1);
    while expected <= EVENTS {
        let frame = body.frame().await.ok_or("a stream ended")?.map_err(|e| e.to_string())?;
        let Ok(data) = frame.into_data() else { continue };
        rest.push_str(std::str::from_utf8(&data).map_err(|e| e.to_string())?);
        let mut left = rest.as_str();
        while let Some((one, more)) = left.split_once("\n\n") {
            left = more;
            let Some(id) = one.strip_prefix("id: ").and_then(|t| t.split('\n').next()?.parse::<usize>().ok()) else { continue };
            if id != expected {
                return Err(format!("event {id} came where {expected} was due"));
            }
            expected += 1;
        }
        rest = left.to_owned();
    }
    Ok(())
}

async fn fan_out() -> Outcome {
    let dir = tempfile::Builder::new().prefix("argos-bench-").tempdir()?;
    let store = Store::open_sqlite(dir.path()).await?;
    store.migrate(&[argos_events::MIGRATIONS, argos_audit::MIGRATIONS].concat(), Timestamp::from_secs(1_767_225_600)).await?;
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SeededRng::new(1)));
    let events = Events::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let audit = Audit::new(store.state.clone(), Arc::clone(&clock), Arc::clone(&rng));
    let tasks = Tasks::new(Arc::clone(&clock), Arc::clone(&rng), Shutdown::new());
    let web = Web::builder().mount(argos_events::routes(events.clone(), Arc::new(audit))).authenticator(Arc::new(Everybody));
    let client = TestClient::new(Arc::new(web.build(clock, rng, tasks).map_err(|e| e.to_string())?));
    let mut streams = tokio::task::JoinSet::new();
    for n in 0..CLIENTS {
        streams.spawn(follow(client.bearer(&format!("{:064x}", n + 1))));
    }
    // Every stream stands before the first event.
    tokio::time::sleep(Duration::from_secs(2)).await;
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
    #[expect(clippy::cast_precision_loss, reason = "a few millions")]
    let (all, frames) = (EVENTS as f64, (EVENTS * CLIENTS) as f64);
    figure("fanout.published", all / published.as_secs_f64(), "events/s stored while a thousand streams follow");
    figure("fanout.frames", frames / began.elapsed().as_secs_f64(), "frames/s to the streams, none lost");
    figure("fanout.lag", began.elapsed().saturating_sub(published).as_secs_f64(), "s until the last stream had the last event");
    store.close().await;
    Ok(())
}
