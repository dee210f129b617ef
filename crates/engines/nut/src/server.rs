//! The server's side of one connection, without I/O: requests in, answers out, and what only the owner can do named as a
//! step. Order of judgement: user name, password, right, UPS. It must never answer for a UPS the directory hides.

use std::collections::VecDeque;
use std::fmt;

use crate::command::Command;
use crate::error::ErrorToken;
use crate::reply::{render_error, render_list, render_row};

/// A variable as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub name: String,
    pub value: String,
    pub writable: bool,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right<'a> {
    Login,
    Primary,
    Fsd,
    Set,
    Command(&'a str),
}

/// What the session asks of its owner; every answer is of now.
pub trait Directory {
    /// Name and description of every UPS.
    fn list(&self) -> Vec<(String, String)>;
    /// `UNKNOWN-UPS`, `DATA-STALE` or `DRIVER-NOT-CONNECTED` when there are none to serve.
    fn variables(&self, ups: &str) -> Result<Vec<Served>, ErrorToken>;
    /// Name and description.
    fn commands(&self, ups: &str) -> Result<Vec<(String, String)>, ErrorToken>;
    /// Addresses of the clients that are logged in.
    fn clients(&self, ups: &str) -> Vec<String>;
    fn allows(&self, user: &str, password: &str, right: Right<'_>, ups: &str) -> bool;
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these lines.
    Reply(Vec<String>),
    /// Send these lines and close.
    Close(Vec<String>),
    /// A wrong credential: send the line after a pause.
    Refuse(String),
    /// Register this login, then answer `OK`.
    Login(String),
    /// Latch the forced shutdown, then answer `OK FSD-SET`.
    Fsd(String),
    Set(String, String, String),
    Run(String, String, Option<String>),
    /// Answer `OK STARTTLS`, shake hands, then call [`Session::encrypted`].
    StartTls,
}

/// One client.
#[derive(Default)]
pub struct Session {
    username: Option<String>,
    password: Option<String>,
    login: Option<String>,
    offers_tls: bool,
    is_encrypted: bool,
    tracking: bool,
    /// Ids of the last requests that succeeded.
    tracked: VecDeque<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("username", &self.username).field("login", &self.login).finish_non_exhaustive()
    }
}

/// Requests of one connection that can be asked about.
const TRACKED_MAX: usize = 64;
const SOFTWARE: &str = "Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/";
const HELP: &str = "Commands: HELP VER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS";

impl Session {
    pub fn new() -> Self {
        Self::default()
    }
    /// With a certificate at hand.
    #[must_use]
    pub fn offering_tls(mut self, offers: bool) -> Self {
        self.offers_tls = offers;
        self
    }
    /// The handshake is done. What was said before it counts no more: anybody could have said it.
    pub fn encrypted(&mut self) {
        *self = Self { offers_tls: self.offers_tls, is_encrypted: true, ..Self::default() };
    }
    /// The UPS this client is logged in to.
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The answer to a request that succeeded; `id` is new, and known to the client when it tracks its requests.
    pub fn succeeded(&mut self, id: String) -> String {
        if !self.tracking {
            return "OK".to_owned();
        }
        let answer = format!("OK TRACKING {id}");
        if self.tracked.len() >= TRACKED_MAX {
            self.tracked.pop_front();
        }
        self.tracked.push_back(id);
        answer
    }

    /// Judges one line.
    pub fn handle(&mut self, line: &str, directory: &dyn Directory) -> Step {
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(token) => return refused(token),
        };
        match self.judge(command, directory) {
            Ok(step) => step,
            Err(ErrorToken::AccessDenied) => Step::Refuse(render_error(ErrorToken::AccessDenied)),
            Err(token) => refused(token),
        }
    }

    fn judge(&mut self, command: Command, d: &dyn Directory) -> Result<Step, ErrorToken> {
        let line = |text: &str| Ok(Step::Reply(vec![text.to_owned()]));
        match command {
            Command::Ver => line(SOFTWARE),
            Command::NetVer => line("1.3"),
            Command::Help => line(HELP),
            Command::StartTls if self.is_encrypted => Err(ErrorToken::AlreadySslMode),
            Command::StartTls if !self.offers_tls => Err(ErrorToken::FeatureNotConfigured),
            Command::StartTls => Ok(Step::StartTls),
            Command::Logout => Ok(Step::Close(vec!["OK Goodbye".to_owned()])),
            Command::Username(_) if self.username.is_some() => Err(ErrorToken::AlreadySetUsername),
            Command::Username(name) => {
                self.username = Some(name);
                line("OK")
            }
            Command::Password(_) if self.password.is_some() => Err(ErrorToken::AlreadySetPassword),
            Command::Password(text) => {
                self.password = Some(text);
                line("OK")
            }
            Command::Login(_) if self.login.is_some() => Err(ErrorToken::AlreadyLoggedIn),
            Command::Login(ups) => {
                self.allowed(d, Right::Login, &ups)?;
                self.login = Some(ups.clone());
                Ok(Step::Login(ups))
            }
            Command::Primary(ups) => self.allowed(d, Right::Primary, &ups).and_then(|()| line("OK PRIMARY-GRANTED")),
            Command::Master(ups) => self.allowed(d, Right::Primary, &ups).and_then(|()| line("OK MASTER-GRANTED")),
            Command::Fsd(ups) => self.allowed(d, Right::Fsd, &ups).map(|()| Step::Fsd(ups)),
            Command::SetVar(ups, name, value) => {
                self.allowed(d, Right::Set, &ups)?;
                let variables = d.variables(&ups)?;
                let found = variables.iter().find(|v| v.name == name).ok_or(ErrorToken::VarNotSupported)?;
                if found.writable { Ok(Step::Set(ups, name, value)) } else { Err(ErrorToken::ReadOnly) }
            }
            Command::InstCmd(ups, name, value) => {
                self.allowed(d, Right::Command(&name), &ups)?;
                let known = d.commands(&ups)?.iter().any(|(n, _)| *n == name);
                if known { Ok(Step::Run(ups, name, value)) } else { Err(ErrorToken::CmdNotSupported) }
            }
            Command::SetTracking(on) => {
                self.tracking = on;
                line("OK")
            }
            Command::GetTracking(None) => line(if self.tracking { "ON" } else { "OFF" }),
            // Requests are answered once their outcome is known: what has an id has succeeded.
            Command::GetTracking(Some(id)) if self.tracked.contains(&id) => line("SUCCESS"),
            Command::GetTracking(Some(_)) => Err(ErrorToken::Unknown),
            read => answer(&read, d).map(Step::Reply),
        }
    }

    fn allowed(&self, d: &dyn Directory, right: Right<'_>, ups: &str) -> Result<(), ErrorToken> {
        let user = self.username.as_deref().ok_or(ErrorToken::UsernameRequired)?;
        let password = self.password.as_deref().ok_or(ErrorToken::PasswordRequired)?;
        if !d.allows(user, password, right, ups) {
            return Err(ErrorToken::AccessDenied);
        }
        known(d, ups)
    }
}

fn refused(token: ErrorToken) -> Step {
    Step::Reply(vec![render_error(token)])
}

fn known(d: &dyn Directory, ups: &str) -> Result<(), ErrorToken> {
    if d.list().iter().any(|(name, _)| name == ups) { Ok(()) } else { Err(ErrorToken::UnknownUps) }
}

fn variable(d: &dyn Directory, ups: &str, name: &str) -> Result<Served, ErrorToken> {
    d.variables(ups)?.into_iter().find(|v| v.name == name).ok_or(ErrorToken::VarNotSupported)
}

/// Whatever only reads.
fn answer(command: &Command, d: &dyn Directory) -> Result<Vec<String>, ErrorToken> {
    let one = |text: String| Ok(vec![text]);
    match command {
        Command::ListUps => Ok(render_list("UPS", d.list().iter().map(|(name, text)| render_row(&["UPS", name], &[text])))),
        Command::ListVar(ups) => {
            let rows = d.variables(ups)?;
            Ok(render_list(&format!("VAR {ups}"), rows.iter().map(|v| render_row(&["VAR", ups, &v.name], &[&v.value]))))
        }
        Command::ListRw(ups) => {
            let rows = d.variables(ups)?;
            let writable = rows.iter().filter(|v| v.writable);
            Ok(render_list(&format!("RW {ups}"), writable.map(|v| render_row(&["RW", ups, &v.name], &[&v.value]))))
        }
        Command::ListCmd(ups) => {
            let rows = d.commands(ups)?;
            Ok(render_list(&format!("CMD {ups}"), rows.iter().map(|(name, _)| render_row(&["CMD", ups, name], &[]))))
        }
        Command::ListEnum(ups, name) => variable(d, ups, name).map(|_| render_list(&format!("ENUM {ups} {name}"), [])),
        Command::ListRange(ups, name) => variable(d, ups, name).map(|_| render_list(&format!("RANGE {ups} {name}"), [])),
        Command::ListClient(ups) => {
            known(d, ups)?;
            Ok(render_list(&format!("CLIENT {ups}"), d.clients(ups).iter().map(|ip| render_row(&["CLIENT", ups, ip], &[]))))
        }
        Command::GetVar(ups, name) => one(render_row(&["VAR", ups, name], &[&variable(d, ups, name)?.value])),
        Command::GetType(ups, name) => {
            let v = variable(d, ups, name)?;
            let kind = if v.value.trim().parse::<f64>().is_ok() { "NUMBER" } else { "STRING:255" };
            one(if v.writable { format!("TYPE {ups} {name} RW {kind}") } else { format!("TYPE {ups} {name} {kind}") })
        }
        Command::GetDesc(ups, name) => {
            known(d, ups)?;
            one(render_row(&["DESC", ups, name], &["Description unavailable"]))
        }
        Command::GetCmdDesc(ups, name) => {
            let commands = d.commands(ups)?;
            let text = commands.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str()).filter(|t| !t.is_empty());
            one(render_row(&["CMDDESC", ups, name], &[text.unwrap_or("Unavailable")]))
        }
        Command::GetUpsDesc(ups) => {
            let list = d.list();
            let text = list.iter().find(|(name, _)| name == ups).map(|(_, text)| text.as_str()).ok_or(ErrorToken::UnknownUps)?;
            one(render_row(&["UPSDESC", ups], &[text]))
        }
        Command::GetNumLogins(ups) => {
            known(d, ups)?;
            one(format!("NUMLOGINS {ups} {}", d.clients(ups).len()))
        }
        _ => Err(ErrorToken::InvalidArgument),
    }
}
