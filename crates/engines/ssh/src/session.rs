//! One logged-in connection: commands and subsystem streams on it. It is closed when dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg, Disconnect, MethodKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::command::{Exit, Output};
use crate::error::SshError;
use crate::target::{Credential, HostKey, Limits, Target};

/// How long a silent host is asked before it counts as gone: this often, three times.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long the end of the connection may lag behind the end of a command's channel.
const CLOSING: Duration = Duration::from_millis(500);
/// Questions of a keyboard-interactive login that are answered with the password.
const PROMPT_ROUNDS_MAX: usize = 4;

/// A byte stream of the other side.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// Judges the host key before any credential leaves.
struct KeyCheck {
    expected: HostKey,
    shown: Arc<Mutex<Option<String>>>,
}

impl client::Handler for KeyCheck {
    type Error = SshError;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, SshError> {
        let shown = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.fingerprint(HashAlg::Sha256),
            PublicKeyOrCertificate::Certificate(certificate) => certificate.public_key().fingerprint(HashAlg::Sha256),
        }
        .to_string();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown.clone());
        match &self.expected {
            HostKey::TrustFirst => Ok(true),
            HostKey::Pinned(pinned) if *pinned == shown => Ok(true),
            HostKey::Pinned(pinned) => Err(SshError::HostKeyChanged { pinned: pinned.clone(), shown }),
        }
    }
}

/// A logged-in connection.
pub struct Session {
    handle: Handle<KeyCheck>,
    fingerprint: String,
    output_bytes: usize,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects, judges the host key and logs in.
    ///
    /// # Errors
    /// When the host does not answer in time, shows another key than the pinned one, or refuses the credential.
    pub async fn connect(target: &Target) -> Result<Self, SshError> {
        let dial = async {
            let address = (target.host.trim_start_matches('[').trim_end_matches(']'), target.port);
            TcpStream::connect(address).await.map_err(SshError::Connect)
        };
        let stream = timeout(target.limits.connect, dial).await.map_err(|_| SshError::Timeout("no connection"))??;
        Self::connect_over(stream, target).await
    }

    /// The same over a connection somebody else opened, for callers that judge addresses first.
    ///
    /// # Errors
    /// As `connect`.
    pub async fn connect_over(stream: TcpStream, target: &Target) -> Result<Self, SshError> {
        let (handle, fingerprint) = Self::greet(stream, &target.host_key, target.limits).await?;
        let mut session = Self { handle, fingerprint, output_bytes: target.limits.output_bytes };
        let login = session.login(&target.user, &target.credential);
        if timeout(target.limits.login, login).await.map_err(|_| SshError::Timeout("the login"))?? {
            Ok(session)
        } else {
            Err(SshError::Refused { user: target.user.clone() })
        }
    }

    /// The fingerprint the other side of this connection shows; nothing is logged in.
    ///
    /// # Errors
    /// When it does not speak SSH in time.
    pub async fn learn_host_key(stream: TcpStream, limits: Limits) -> Result<String, SshError> {
        let (handle, fingerprint) = Self::greet(stream, &HostKey::TrustFirst, limits).await?;
        drop(handle.disconnect(Disconnect::ByApplication, "", "en").await);
        Ok(fingerprint)
    }

    async fn greet(stream: TcpStream, expected: &HostKey, limits: Limits) -> Result<(Handle<KeyCheck>, String), SshError> {
        let config = client::Config {
            keepalive_interval: Some(KEEPALIVE),
            nodelay: true,
            client_id: russh::SshId::Standard("SSH-2.0-Argos".into()),
            ..client::Config::default()
        };
        let shown = Arc::new(Mutex::new(None));
        let check = KeyCheck { expected: expected.clone(), shown: Arc::clone(&shown) };
        let greeting = client::connect_stream(Arc::new(config), stream, check);
        let handle = timeout(limits.connect, greeting).await.map_err(|_| SshError::Timeout("the key exchange"))??;
        let fingerprint = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The library calls the check in every key exchange; without a fingerprint nothing was checked.
        let fingerprint = fingerprint.ok_or_else(|| SshError::Protocol("the host showed no key".to_owned()))?;
        Ok((handle, fingerprint))
    }

    async fn login(&mut self, user: &str, credential: &Credential) -> Result<bool, SshError> {
        match credential {
            Credential::Key(key) => {
                let hash = self.handle.best_supported_rsa_hash().await?.flatten();
                let key = PrivateKeyWithHashAlg::new(Arc::clone(&key.0), hash);
                Ok(self.handle.authenticate_publickey(user, key).await?.success())
            }
            Credential::Password(password) => match self.handle.authenticate_password(user, password.as_str()).await? {
                AuthResult::Success => Ok(true),
                AuthResult::Failure { remaining_methods, .. } => {
                    if remaining_methods.contains(&MethodKind::KeyboardInteractive) {
                        self.answer_prompts(user, password).await
                    } else {
                        Ok(false)
                    }
                }
            },
        }
    }

    /// Hosts that hide the password behind keyboard-interactive ask for it once, without echo.
    async fn answer_prompts(&mut self, user: &str, password: &str) -> Result<bool, SshError> {
        let mut reply = self.handle.authenticate_keyboard_interactive_start(user, None).await?;
        for _ in 0..PROMPT_ROUNDS_MAX {
            reply = match reply {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let answer = |echo: bool| if echo { String::new() } else { password.to_owned() };
                    let answers = prompts.iter().map(|prompt| answer(prompt.echo)).collect();
                    self.handle.authenticate_keyboard_interactive_respond(answers).await?
                }
            };
        }
        Ok(matches!(reply, KeyboardInteractiveAuthResponse::Success))
    }

    /// The fingerprint of the host's key, as `ssh-keygen -l` writes it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Runs one command line and waits for its end.
    ///
    /// # Errors
    /// When the host refuses to run it, or it has not ended after `limit`.
    pub async fn exec(&self, command: &str, limit: Duration) -> Result<Output, SshError> {
        timeout(limit, self.run(command)).await.map_err(|_| SshError::Timeout("the command did not end"))?
    }

    async fn run(&self, command: &str) -> Result<Output, SshError> {
        let mut channel = self.open().await?;
        channel.exec(true, command).await?;
        let mut output = Output::new();
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::Data { data } => output.keep(false, &data, self.output_bytes),
                ChannelMsg::ExtendedData { data, .. } => output.keep(true, &data, self.output_bytes),
                ChannelMsg::ExitStatus { exit_status } => output.exit = Exit::Status(exit_status),
                ChannelMsg::ExitSignal { signal_name, .. } => output.exit = Exit::Signal(format!("{signal_name:?}")),
                ChannelMsg::Failure => return Err(SshError::Unavailable("commands".to_owned())),
                _ => {}
            }
        }
        if output.exit == Exit::Unknown && self.is_gone().await {
            output.exit = Exit::Closed;
        }
        Ok(output)
    }

    /// Whether the connection has ended, after a moment for the end to arrive.
    async fn is_gone(&self) -> bool {
        let ended = async {
            while !self.handle.is_closed() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(CLOSING, ended).await.is_ok()
    }

    /// Opens a subsystem such as `sftp` and hands out its byte stream; the session must outlive it.
    ///
    /// # Errors
    /// When the host does not offer it.
    pub async fn subsystem(&self, name: &str) -> Result<Box<dyn Stream>, SshError> {
        let mut channel = self.open().await?;
        channel.request_subsystem(true, name).await?;
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => return Ok(Box::new(channel.into_stream())),
                Some(ChannelMsg::Failure) => return Err(SshError::Unavailable(format!("the subsystem {name}"))),
                Some(_) => {}
                None => return Err(SshError::Closed),
            }
        }
    }

    async fn open(&self) -> Result<Channel<client::Msg>, SshError> {
        Ok(self.handle.channel_open_session().await?)
    }

    /// Says goodbye; dropping the session ends it as well.
    pub async fn close(self) {
        // The host may be gone already, and that is what was asked for.
        drop(self.handle.disconnect(Disconnect::ByApplication, "", "en").await);
    }
}
