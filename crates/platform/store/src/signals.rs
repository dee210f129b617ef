//! Wake-ups between processes that share one PostgreSQL, and which of them leads. A signal is a hint to look, never
//! data: it may be lost, so whoever waits for one also looks now and then by itself.
//!
//! Both hang on one session: when it ends, its lock is free for another process.

use std::pin::Pin;
use std::time::Duration;

use argos_kernel::Shutdown;
use futures_util::StreamExt;
use tokio_postgres::{AsyncMessage, Client};

use crate::StoreError;
use crate::database::{Database, Inner};
use crate::postgres::{PostgresDatabase, map};

/// Key of the advisory lock the leader holds.
const LEADER_LOCK: i64 = 280_267_669_844;
/// How often a follower tries the lock, and the leader proves that its session lives.
const BEAT: Duration = Duration::from_secs(2);
/// A session that does not answer for this long is given up.
const SILENCE: Duration = Duration::from_secs(6);

/// What a session tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The session stands and hears what is said from now on: whatever was said before may be missed.
    Connected,
    /// Something of this topic changed, here or in another process.
    Changed(String),
    /// The answer to who leads.
    Leads(bool),
}

/// `name` as the server shows it: it keeps 63 bytes of printable ASCII for the name of a session.
pub fn replica_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).take(48).collect()
}

type Step<'a> = Pin<Box<dyn Future<Output = Result<Option<bool>, StoreError>> + Send + 'a>>;

impl Database {
    /// Hears signals until the stop or until the session is lost. On SQLite there is one process, which leads.
    ///
    /// `name`: what the process is called, see [`replica_name`].
    pub async fn hear(&self, name: &str, stop: &Shutdown, on: impl Fn(Signal) + Send) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(_) => {
                on(Signal::Leads(true));
                stop.wait().await;
                Ok(())
            }
            Inner::Postgres(db) => hear(db, name, stop, on).await,
        }
    }
}

async fn hear(db: &PostgresDatabase, name: &str, stop: &Shutdown, on: impl Fn(Signal) + Send) -> Result<(), StoreError> {
    let (client, mut connection) = db.session().await?;
    let mut messages = std::pin::pin!(futures_util::stream::poll_fn(move |cx| connection.poll_message(cx)));
    let mut step: Option<Step<'_>> = Some(Box::pin(set_up(&client, name)));
    let (mut ready, mut leads) = (false, false);
    let mut deadline = Box::pin(tokio::time::sleep(SILENCE));
    loop {
        let running = step.is_some();
        tokio::select! {
            () = stop.wait() => return Ok(()),
            done = async { match step.as_mut() { Some(step) => step.await, None => std::future::pending().await } } => {
                step = None;
                let got = done?;
                if !ready {
                    ready = true;
                    on(Signal::Connected);
                }
                if let Some(got) = got {
                    leads = got;
                    on(Signal::Leads(got));
                }
                deadline = Box::pin(tokio::time::sleep(if ready && leads { BEAT } else { BEAT / 2 }));
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(note))) => on(Signal::Changed(note.payload().to_owned())),
                Some(Ok(_)) => {}
                Some(Err(e)) => return Err(map("signals", &e)),
                None => return Err(StoreError::Unavailable("the session of the signals has ended".to_owned())),
            },
            () = &mut deadline => {
                if running {
                    return Err(StoreError::Unavailable("the session of the signals does not answer".to_owned()));
                }
                step = Some(if leads { Box::pin(prove(&client)) } else { Box::pin(try_lead(&client)) });
                deadline = Box::pin(tokio::time::sleep(SILENCE));
            }
        }
    }
}

/// The server gives a lost session up soon, so that its lock is free again.
async fn set_up(client: &Client, name: &str) -> Result<Option<bool>, StoreError> {
    const SET_UP: &str = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3; \
         listen argos";
    client.batch_execute(SET_UP).await.map_err(|e| map("signals", &e))?;
    let shown = format!("argos-replica:{}", replica_name(name));
    client.query_one("select set_config('application_name', $1, false)", &[&shown]).await.map_err(|e| map("signals", &e))?;
    try_lead(client).await
}

async fn try_lead(client: &Client) -> Result<Option<bool>, StoreError> {
    let row = client.query_one("select pg_try_advisory_lock($1)", &[&LEADER_LOCK]).await.map_err(|e| map("leader", &e))?;
    row.try_get(0).map(Some).map_err(|e| map("leader", &e))
}

async fn prove(client: &Client) -> Result<Option<bool>, StoreError> {
    client.batch_execute("select 1").await.map(|()| None).map_err(|e| map("signals", &e))
}
