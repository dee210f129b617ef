//! A small async client: one connection, one request after the other (or a pipeline of them). It reconnects nothing
//! and retries nothing; whoever owns it does. Credentials never leave before TLS when TLS is demanded.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::client_error::ClientError;
use crate::command::Command;
use crate::error::{ErrorToken, NutError};
use crate::line::LINE_BYTES_MAX;
use crate::reply::{Collector, Reply};

/// A connection that is silent for this long is asked whether the other side is still there, and this often after that.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(10);

/// When to use TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    #[default]
    Off,
    /// When the server offers it.
    Prefer,
    Require,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connect: Duration,
    pub reply: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), reply: Duration::from_secs(10) }
    }
}

/// Where to connect and as whom.
#[derive(Clone, Default)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub username: Option<String>,
    pub password: Option<String>,
    pub tls: TlsMode,
    /// Needed unless `tls` is off.
    pub tls_config: Option<Arc<ClientConfig>>,
    /// The name in the certificate; the host when absent.
    pub server_name: Option<String>,
    pub limits: Limits,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A UPS the server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ups {
    pub name: String,
    /// `None` when the server has no description.
    pub description: Option<String>,
}

/// An open connection.
pub struct Client {
    stream: BufReader<Box<dyn Stream>>,
    limits: Limits,
    tls: bool,
    /// The line that was read last.
    line: Vec<u8>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("tls", &self.tls).finish_non_exhaustive()
    }
}

impl Client {
    /// Connects, upgrades to TLS when wanted, and names the user.
    pub async fn connect(target: &Target) -> Result<Self, ClientError> {
        let connecting = TcpStream::connect((target.host.as_str(), target.port));
        let tcp = timeout(target.limits.connect, connecting).await.map_err(|_| ClientError::Timeout("connect"))??;
        tcp.set_nodelay(true)?;
        SockRef::from(&tcp).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_AGAIN))?;
        let mut client = Self::upgrade(tcp, target).await?;
        if let Some(username) = &target.username {
            client.expect_ok(Command::Username(username.clone())).await?;
            if let Some(password) = &target.password {
                client.expect_ok(Command::Password(password.clone())).await?;
            }
        }
        Ok(client)
    }

    async fn upgrade(tcp: TcpStream, target: &Target) -> Result<Self, ClientError> {
        let limits = target.limits;
        let plain: Box<dyn Stream> = Box::new(tcp);
        let mut client = Self { stream: BufReader::new(plain), limits, tls: false, line: Vec::new() };
        if target.tls == TlsMode::Off {
            return Ok(client);
        }
        match client.request(&Command::StartTls).await {
            Ok(_) => {}
            Err(ClientError::Refused(_)) if target.tls == TlsMode::Prefer => return Ok(client),
            Err(ClientError::Refused(e)) => return Err(ClientError::Tls(format!("the server offers none ({e})"))),
            Err(other) => return Err(other),
        }
        // Bytes sent before the handshake would be taken for protected ones.
        if !client.stream.buffer().is_empty() {
            return Err(ClientError::Tls("the server spoke before the handshake".to_owned()));
        }
        let config = target.tls_config.clone().ok_or_else(|| ClientError::Tls("no trust settings were given".to_owned()))?;
        let name = target.server_name.clone().unwrap_or_else(|| target.host.clone());
        let name = ServerName::try_from(name).map_err(|e| ClientError::Tls(e.to_string()))?;
        let handshake = TlsConnector::from(config).connect(name, client.stream.into_inner());
        let tls = timeout(limits.connect, handshake).await.map_err(|_| ClientError::Timeout("TLS handshake"))?;
        let tls: Box<dyn Stream> = Box::new(tls.map_err(handshake_failed)?);
        Ok(Self { stream: BufReader::new(tls), limits, tls: true, line: Vec::new() })
    }

    /// Whether the connection is encrypted.
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// One request and its answer; a refusal is an error.
    pub async fn request(&mut self, command: &Command) -> Result<Reply, ClientError> {
        self.send(std::slice::from_ref(command)).await?;
        self.collect(command).await
    }

    /// Several requests in one go, their answers in order.
    pub async fn pipeline(&mut self, commands: &[Command]) -> Result<Vec<Result<Reply, NutError>>, ClientError> {
        self.send(commands).await?;
        let mut replies = Vec::with_capacity(commands.len());
        for command in commands {
            replies.push(match self.collect(command).await {
                Ok(reply) => Ok(reply),
                Err(ClientError::Refused(e)) => Err(e),
                Err(other) => return Err(other),
            });
        }
        Ok(replies)
    }

    async fn send(&mut self, commands: &[Command]) -> Result<(), ClientError> {
        let mut text = String::new();
        for command in commands {
            text.push_str(&command.line().map_err(|e| ClientError::Invalid(e.to_string()))?);
            text.push('\n');
        }
        let writing = async {
            self.stream.write_all(text.as_bytes()).await?;
            self.stream.flush().await
        };
        timeout(self.limits.reply, writing).await.map_err(|_| ClientError::Timeout("send"))??;
        Ok(())
    }

    async fn collect(&mut self, command: &Command) -> Result<Reply, ClientError> {
        let limit = self.limits.reply;
        let reading = async {
            let mut collector = Collector::new(command);
            loop {
                let line = self.read_line().await?;
                if let Some(reply) = collector.feed(&line)? {
                    return Ok::<Reply, ClientError>(reply);
                }
            }
        };
        match timeout(limit, reading).await.map_err(|_| ClientError::Timeout("reply"))?? {
            Reply::Refused(e) => Err(ClientError::Refused(e)),
            reply => Ok(reply),
        }
    }

    async fn read_line(&mut self) -> Result<Cow<'_, str>, ClientError> {
        let bytes = &mut self.line;
        bytes.clear();
        let most = u64::try_from(LINE_BYTES_MAX + 2).unwrap_or(u64::MAX);
        let n = (&mut self.stream).take(most).read_until(b'\n', bytes).await?;
        if n == 0 {
            return Err(ClientError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        if bytes.pop() != Some(b'\n') {
            return Err(ClientError::Protocol("a line without end".to_owned()));
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(String::from_utf8_lossy(bytes))
    }

    async fn expect_ok(&mut self, command: Command) -> Result<Vec<String>, ClientError> {
        match self.request(&command).await? {
            Reply::Ok(words) => Ok(words),
            _ => Err(ClientError::Protocol("OK was expected".to_owned())),
        }
    }

    async fn rows(&mut self, command: Command) -> Result<Vec<Vec<String>>, ClientError> {
        match self.request(&command).await? {
            Reply::List(rows) => Ok(rows),
            _ => Err(ClientError::Protocol("a list was expected".to_owned())),
        }
    }

    async fn last_word(&mut self, command: Command) -> Result<String, ClientError> {
        match self.request(&command).await? {
            Reply::Row(words) => Ok(words.into_iter().next_back().unwrap_or_default()),
            Reply::Text(text) => Ok(text),
            _ => Err(ClientError::Protocol("a value was expected".to_owned())),
        }
    }

    /// The server's software, as it names itself.
    pub async fn version(&mut self) -> Result<String, ClientError> {
        self.last_word(Command::Ver).await
    }

    pub async fn list_ups(&mut self) -> Result<Vec<Ups>, ClientError> {
        let known = |text: &String| !text.is_empty() && text != "Description unavailable";
        let ups = |row: Vec<String>| {
            let mut words = row.into_iter();
            Some(Ups { name: words.next()?, description: words.next().filter(known) })
        };
        Ok(self.rows(Command::ListUps).await?.into_iter().filter_map(ups).collect())
    }

    /// Every variable and its value.
    pub async fn list_vars(&mut self, ups: &str) -> Result<Vec<(String, String)>, ClientError> {
        Ok(self.rows(Command::ListVar(ups.to_owned())).await?.into_iter().filter_map(pair).collect())
    }

    /// The variables of several UPSes, asked for in one go: one of them may refuse, the others are read all the same.
    pub async fn list_vars_of(&mut self, names: &[&str]) -> Result<Vec<Result<Vec<(String, String)>, NutError>>, ClientError> {
        let commands: Vec<Command> = names.iter().map(|ups| Command::ListVar((*ups).to_owned())).collect();
        let of = |reply| match reply {
            Ok(Reply::List(rows)) => Ok(Ok(rows.into_iter().filter_map(pair).collect())),
            Ok(_) => Err(ClientError::Protocol("a list was expected".to_owned())),
            Err(refused) => Ok(Err(refused)),
        };
        self.pipeline(&commands).await?.into_iter().map(of).collect()
    }

    /// The variables that can be set.
    pub async fn list_writable(&mut self, ups: &str) -> Result<Vec<(String, String)>, ClientError> {
        Ok(self.rows(Command::ListRw(ups.to_owned())).await?.into_iter().filter_map(pair).collect())
    }

    pub async fn list_commands(&mut self, ups: &str) -> Result<Vec<String>, ClientError> {
        Ok(self.rows(Command::ListCmd(ups.to_owned())).await?.into_iter().filter_map(|r| r.into_iter().next()).collect())
    }

    pub async fn command_description(&mut self, ups: &str, command: &str) -> Result<String, ClientError> {
        self.last_word(Command::GetCmdDesc(ups.to_owned(), command.to_owned())).await
    }

    pub async fn variable_description(&mut self, ups: &str, name: &str) -> Result<String, ClientError> {
        self.last_word(Command::GetDesc(ups.to_owned(), name.to_owned())).await
    }

    /// Several variables at once; `None` where the device has none.
    pub async fn get_vars(&mut self, ups: &str, names: &[&str]) -> Result<Vec<Option<String>>, ClientError> {
        let commands: Vec<Command> = names.iter().map(|n| Command::GetVar(ups.to_owned(), (*n).to_owned())).collect();
        let mut values = Vec::with_capacity(names.len());
        for reply in self.pipeline(&commands).await? {
            values.push(match reply {
                Ok(Reply::Row(words)) => words.into_iter().next(),
                Err(e) if e.is(ErrorToken::VarNotSupported) => None,
                Err(e) => return Err(ClientError::Refused(e)),
                Ok(_) => return Err(ClientError::Protocol("a value was expected".to_owned())),
            });
        }
        Ok(values)
    }

    pub async fn number_of_logins(&mut self, ups: &str) -> Result<u32, ClientError> {
        let text = self.last_word(Command::GetNumLogins(ups.to_owned())).await?;
        text.parse().map_err(|_| ClientError::Protocol("a number was expected".to_owned()))
    }

    /// Holds the login that makes a primary wait for this client.
    pub async fn login(&mut self, ups: &str) -> Result<(), ClientError> {
        self.expect_ok(Command::Login(ups.to_owned())).await.map(drop)
    }

    /// Claims the primary role, by its old word where the server knows no other.
    pub async fn primary(&mut self, ups: &str) -> Result<(), ClientError> {
        match self.expect_ok(Command::Primary(ups.to_owned())).await {
            Err(e) if e.token() == Some(ErrorToken::UnknownCommand) => self.expect_ok(Command::Master(ups.to_owned())).await.map(drop),
            other => other.map(drop),
        }
    }

    pub async fn force_shutdown(&mut self, ups: &str) -> Result<(), ClientError> {
        self.expect_ok(Command::Fsd(ups.to_owned())).await.map(drop)
    }

    /// Sets a variable; waits for the driver's own word where the server tracks it.
    pub async fn set_var(&mut self, ups: &str, name: &str, value: &str, patience: Duration) -> Result<Option<String>, ClientError> {
        self.tracked(Command::SetVar(ups.to_owned(), name.to_owned(), value.to_owned()), patience).await
    }

    /// Runs a command; waits for the driver's own word where the server tracks it.
    pub async fn run(&mut self, ups: &str, command: &str, value: Option<&str>, patience: Duration) -> Result<Option<String>, ClientError> {
        self.tracked(Command::InstCmd(ups.to_owned(), command.to_owned(), value.map(str::to_owned)), patience).await
    }

    /// `Some("SUCCESS")` when the driver confirmed it, `None` when the server cannot say.
    async fn tracked(&mut self, command: Command, patience: Duration) -> Result<Option<String>, ClientError> {
        let tracking = match self.expect_ok(Command::SetTracking(true)).await {
            Ok(_) => true,
            Err(ClientError::Refused(_)) => false,
            Err(other) => return Err(other),
        };
        let words = self.expect_ok(command).await?;
        let id = match words.as_slice() {
            [word, id] if tracking && word == "TRACKING" => id.clone(),
            _ => return Ok(None),
        };
        let asking = async {
            loop {
                let state = self.last_word(Command::GetTracking(Some(id.clone()))).await?;
                if state != "PENDING" {
                    return Ok(Some(state));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(patience, asking).await.map_err(|_| ClientError::Timeout("the driver's answer"))?
    }

    /// Says goodbye; errors on the way out do not matter.
    pub async fn logout(mut self) {
        drop(self.request(&Command::Logout).await);
    }
}

/// A server that nobody trusts is told apart from one that went away in the middle.
fn handshake_failed(error: std::io::Error) -> ClientError {
    if error.kind() == std::io::ErrorKind::InvalidData { ClientError::Tls(error.to_string()) } else { ClientError::Io(error) }
}

fn pair(row: Vec<String>) -> Option<(String, String)> {
    let mut words = row.into_iter();
    Some((words.next()?, words.next()?))
}
