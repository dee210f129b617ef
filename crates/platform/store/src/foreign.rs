//! Reading rows of a PostgreSQL that is not ours: one statement in a transaction that only reads, over a connection somebody else
//! made, within limits that hold on the wire. Functions of the server act all the same (`dblink_exec`, `pg_terminate_backend`): the
//! address must be of a role that may only read. Nothing here touches our own tables.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use argos_kernel::Secret;
use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config};

use crate::postgres::tls;

const PORT: u16 = 5_432;
/// What comes besides the rows: encryption, greeting, notices.
const BESIDE: usize = 1 << 20;

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct ForeignLimits {
    /// Another row is an error.
    pub rows: usize,
    /// Of all rows together, as JSON.
    pub bytes: usize,
    /// Of the whole: greeting, statement and rows.
    pub time: Duration,
}

/// A connection that gives no more than so many bytes. A message is held whole before anybody sees it, and it may have a gigabyte.
struct Bounded {
    stream: TcpStream,
    left: usize,
    /// What it says once there are more.
    why: String,
}

impl AsyncRead for Bounded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        match self.left.checked_sub(buf.filled().len() - before) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(io::Error::other(self.why.clone()))),
        }
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A database of somebody else. Its address has a password in it, so it is never shown.
pub struct ForeignDatabase {
    config: Config,
    host: String,
    port: u16,
}

impl ForeignDatabase {
    /// Reads an address such as `postgres://reader:word@db.example:5432/shop?sslmode=require`; the error never holds it.
    pub fn parse(address: &Secret<String>) -> Result<Self, &'static str> {
        let config = Config::from_str(address.reveal()).map_err(|_| "it is no address of a PostgreSQL")?;
        let host = match config.get_hosts() {
            [Host::Tcp(host)] => host.clone(),
            [] => return Err("it names no host"),
            _ => return Err("it names several hosts, or a socket of this machine"),
        };
        let port = config.get_ports().first().copied().unwrap_or(PORT);
        if config.get_user().is_none() {
            return Err("it names no user");
        }
        Ok(Self { config, host, port })
    }

    /// Where the connection has to go.
    pub fn place(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// What a query answers, as a JSON list of objects; in words why it does not.
    pub async fn rows(mut self, stream: TcpStream, query: &str, limits: ForeignLimits) -> Result<String, String> {
        let late = |_| format!("the database did not answer within {} s", limits.time.as_secs());
        let whole = async {
            self.config.application_name("argos").connect_timeout(limits.time);
            // Encrypted where the server offers it, and always where the address demands it.
            let mut tls = tls().map_err(|e| e.to_string())?;
            let connector = MakeTlsConnect::<Bounded>::make_tls_connect(&mut tls, &self.host).map_err(|e| e.to_string())?;
            let left = limits.bytes.saturating_mul(2).saturating_add(BESIDE);
            let stream = Bounded { stream, left, why: too_much(limits) };
            let (client, connection) = self.config.connect_raw(stream, connector).await.map_err(|e| said(&e))?;
            tokio::select! {
                rows = read(&client, query, limits) => rows,
                ended = connection => Err(ended.err().map_or_else(|| "the database closed the connection".to_owned(), |e| said(&e))),
            }
        };
        tokio::time::timeout(limits.time, whole).await.map_err(late)?
    }
}

async fn read(client: &Client, query: &str, limits: ForeignLimits) -> Result<String, String> {
    let begin = format!("begin read only; set local statement_timeout = {}", limits.time.as_millis());
    client.batch_execute(&begin).await.map_err(|e| said(&e))?;
    // A prepared statement is one statement. The line break ends what a comment at the end would swallow.
    let query = query.trim().trim_end_matches(';');
    let wrapped = format!("select row_to_json(argos_row)::text from ({query}\n) as argos_row limit {}", limits.rows + 1);
    let statement = client.prepare(&wrapped).await.map_err(|e| said(&e))?;
    let found = client.query_raw(&statement, std::iter::empty::<i32>()).await.map_err(|e| said(&e))?;
    let mut found = std::pin::pin!(found);
    let (mut rows, mut list) = (0, String::from("["));
    while let Some(row) = found.try_next().await.map_err(|e| said(&e))? {
        rows += 1;
        let text: &str = row.try_get(0).map_err(|e| said(&e))?;
        if rows > limits.rows {
            return Err(format!("the query has more than {} rows", limits.rows));
        }
        if list.len() + text.len() > limits.bytes {
            return Err(too_much(limits));
        }
        if rows > 1 {
            list.push(',');
        }
        list.push_str(text);
    }
    list.push(']');
    Ok(list)
}

fn too_much(limits: ForeignLimits) -> String {
    format!("the rows have more than {} MiB", limits.bytes >> 20)
}

/// What the database says, without the statement; what the connection says where it is the one.
fn said(error: &tokio_postgres::Error) -> String {
    let own = || error.source().and_then(|e| e.downcast_ref::<io::Error>()).filter(|e| e.kind() == io::ErrorKind::Other);
    let other = || own().map_or_else(|| error.to_string(), ToString::to_string);
    error.as_db_error().map_or_else(other, |db| db.message().to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    const LIMITS: ForeignLimits = ForeignLimits { rows: 3, bytes: 1_000, time: Duration::from_secs(60) };

    #[test]
    fn address_names_one_host_and_a_user_and_is_never_shown() {
        let read = |text: &str| ForeignDatabase::parse(&Secret::new(text.to_owned()));
        let own = read("postgres://reader:word@db.example:6432/shop?sslmode=require").ok().unwrap();
        assert_eq!(own.place(), ("db.example", 6432));
        assert_eq!(read("host=db.example user=reader").ok().unwrap().place(), ("db.example", 5432));
        for bad in ["", "postgres://reader:hush@a,b/shop", "host=/run/postgresql user=reader", "postgres://db.example/shop", "reader:hush"]
        {
            let why = read(bad).err().unwrap();
            assert!(!why.contains("hush"), "{bad}: {why}");
        }
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the other side of the connection is a task of the test")]
    async fn message_without_end_is_not_read_to_its_end() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // A notice of a gigabyte, during the greeting.
            stream.write_all(b"N\x3f\xff\xff\xff").await.unwrap();
            let mut sent = 0_usize;
            while let Ok(n) = stream.write(&[b'x'; 65_536]).await {
                sent += n;
            }
            sent
        });
        let database = ForeignDatabase::parse(&Secret::new("postgres://reader@127.0.0.1/shop?sslmode=disable".to_owned())).ok().unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let said = database.rows(stream, "select 1", LIMITS).await.unwrap_err();
        assert!(said.contains("MiB"), "{said}");
        // What lay in the buffers of the system between the two was sent as well.
        assert!(server.await.unwrap() < 100 << 20);
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the test command names its server in the environment")]
    async fn query_is_one_that_reads_within_limits() {
        // The suite starts a server; without one there is nothing to ask.
        let Ok(url) = std::env::var("ARGOS_TEST_POSTGRES_URL") else { return };
        let ask = async |query: &str| {
            let database = ForeignDatabase::parse(&Secret::new(url.clone())).ok().unwrap();
            let (host, port) = database.place();
            let stream = TcpStream::connect((host, port)).await.unwrap();
            database.rows(stream, query, LIMITS).await
        };
        let rows = ask("select n, 'row ' || n as name from generate_series(1, 2) as n; -- the first two").await;
        assert!(rows.as_ref().is_err_and(|why| why.contains("syntax")), "a second part is refused: {rows:?}");
        assert_eq!(
            ask("select n, 'row ' || n as name from generate_series(1, 2) as n -- two\n;").await.unwrap(),
            r#"[{"n":1,"name":"row 1"},{"n":2,"name":"row 2"}]"#
        );
        let refused = [
            ("select 1; drop table nothing", "syntax"),
            ("delete from pg_class returning 1", "syntax"),
            ("select n from generate_series(1, 9) as n", "more than 3 rows"),
            ("select repeat('x', 5000) as x", "MiB"),
            ("select repeat('x', 100000000) as x", "MiB"),
            ("select set_config('x.y', '1', false), nextval('nothing')", "nothing"),
        ];
        for (query, why) in refused {
            let said = ask(query).await.unwrap_err();
            assert!(said.contains(why), "{query}: {said}");
        }
    }
}
