//! Every request of the protocol, to its line and back. Verbs are read whatever their case, names keep theirs.

use crate::error::ErrorToken;
use crate::line::{LineError, name, split, value};

/// One request.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    Ver,
    NetVer,
    Help,
    ListUps,
    ListVar(String),
    ListRw(String),
    ListCmd(String),
    ListEnum(String, String),
    ListRange(String, String),
    ListClient(String),
    GetVar(String, String),
    GetType(String, String),
    GetDesc(String, String),
    GetCmdDesc(String, String),
    GetUpsDesc(String),
    GetNumLogins(String),
    /// The state of one request, or whether tracking is on.
    GetTracking(Option<String>),
    Username(String),
    Password(String),
    Login(String),
    Primary(String),
    /// The old word for [`Command::Primary`].
    Master(String),
    Fsd(String),
    SetVar(String, String, String),
    SetTracking(bool),
    InstCmd(String, String, Option<String>),
    StartTls,
    Logout,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.verb())
    }
}

impl Command {
    /// The words before the arguments, e.g. `LIST VAR`.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Ver => "VER",
            Self::NetVer => "NETVER",
            Self::Help => "HELP",
            Self::ListUps => "LIST UPS",
            Self::ListVar(_) => "LIST VAR",
            Self::ListRw(_) => "LIST RW",
            Self::ListCmd(_) => "LIST CMD",
            Self::ListEnum(..) => "LIST ENUM",
            Self::ListRange(..) => "LIST RANGE",
            Self::ListClient(_) => "LIST CLIENT",
            Self::GetVar(..) => "GET VAR",
            Self::GetType(..) => "GET TYPE",
            Self::GetDesc(..) => "GET DESC",
            Self::GetCmdDesc(..) => "GET CMDDESC",
            Self::GetUpsDesc(_) => "GET UPSDESC",
            Self::GetNumLogins(_) => "GET NUMLOGINS",
            Self::GetTracking(_) => "GET TRACKING",
            Self::Username(_) => "USERNAME",
            Self::Password(_) => "PASSWORD",
            Self::Login(_) => "LOGIN",
            Self::Primary(_) => "PRIMARY",
            Self::Master(_) => "MASTER",
            Self::Fsd(_) => "FSD",
            Self::SetVar(..) => "SET VAR",
            Self::SetTracking(_) => "SET TRACKING",
            Self::InstCmd(..) => "INSTCMD",
            Self::StartTls => "STARTTLS",
            Self::Logout => "LOGOUT",
        }
    }

    /// The line to send, without its end. Refuses what would inject a second line.
    pub fn line(&self) -> Result<String, LineError> {
        let verb = self.verb();
        Ok(match self {
            Self::Ver | Self::NetVer | Self::Help | Self::ListUps | Self::StartTls | Self::Logout => verb.to_owned(),
            Self::ListVar(ups) | Self::ListRw(ups) | Self::ListCmd(ups) | Self::ListClient(ups) => format!("{verb} {}", name(ups)?),
            Self::GetUpsDesc(ups) | Self::GetNumLogins(ups) => format!("{verb} {}", name(ups)?),
            Self::Login(ups) | Self::Primary(ups) | Self::Master(ups) | Self::Fsd(ups) => format!("{verb} {}", name(ups)?),
            Self::ListEnum(ups, what) | Self::ListRange(ups, what) => format!("{verb} {} {}", name(ups)?, name(what)?),
            Self::GetVar(ups, what) | Self::GetType(ups, what) | Self::GetDesc(ups, what) | Self::GetCmdDesc(ups, what) => {
                format!("{verb} {} {}", name(ups)?, name(what)?)
            }
            Self::GetTracking(None) => verb.to_owned(),
            Self::GetTracking(Some(id)) => format!("{verb} {}", name(id)?),
            Self::Username(text) | Self::Password(text) => format!("{verb} {}", value(text)?),
            Self::SetVar(ups, what, text) => format!("{verb} {} {} {}", name(ups)?, name(what)?, value(text)?),
            Self::SetTracking(on) => format!("{verb} {}", if *on { "ON" } else { "OFF" }),
            Self::InstCmd(ups, what, None) => format!("{verb} {} {}", name(ups)?, name(what)?),
            Self::InstCmd(ups, what, Some(text)) => format!("{verb} {} {} {}", name(ups)?, name(what)?, value(text)?),
        })
    }

    /// Reads a request; the error is what a server answers.
    pub fn parse(line: &str) -> Result<Self, ErrorToken> {
        let words = split(line).map_err(|_| ErrorToken::InvalidArgument)?;
        let Some((verb, args)) = words.split_first() else { return Err(ErrorToken::UnknownCommand) };
        let verb = verb.to_ascii_uppercase();
        match verb.as_str() {
            "LIST" | "GET" | "SET" => Self::parse_pair(&verb, args),
            _ => Self::parse_single(&verb, args),
        }
    }

    fn parse_pair(verb: &str, args: &[String]) -> Result<Self, ErrorToken> {
        let (sub, args) = args.split_first().ok_or(ErrorToken::InvalidArgument)?;
        let sub = sub.to_ascii_uppercase();
        let own = String::clone;
        Ok(match (verb, sub.as_str(), args) {
            ("LIST", "UPS", []) => Self::ListUps,
            ("LIST", "VAR", [ups]) => Self::ListVar(own(ups)),
            ("LIST", "RW", [ups]) => Self::ListRw(own(ups)),
            ("LIST", "CMD", [ups]) => Self::ListCmd(own(ups)),
            ("LIST", "ENUM", [ups, var]) => Self::ListEnum(own(ups), own(var)),
            ("LIST", "RANGE", [ups, var]) => Self::ListRange(own(ups), own(var)),
            ("LIST", "CLIENT", [ups]) => Self::ListClient(own(ups)),
            ("GET", "VAR", [ups, var]) => Self::GetVar(own(ups), own(var)),
            ("GET", "TYPE", [ups, var]) => Self::GetType(own(ups), own(var)),
            ("GET", "DESC", [ups, var]) => Self::GetDesc(own(ups), own(var)),
            ("GET", "CMDDESC", [ups, cmd]) => Self::GetCmdDesc(own(ups), own(cmd)),
            ("GET", "UPSDESC", [ups]) => Self::GetUpsDesc(own(ups)),
            ("GET", "NUMLOGINS", [ups]) => Self::GetNumLogins(own(ups)),
            ("GET", "TRACKING", []) => Self::GetTracking(None),
            ("GET", "TRACKING", [id]) => Self::GetTracking(Some(own(id))),
            ("SET", "VAR", [ups, var, text]) => Self::SetVar(own(ups), own(var), own(text)),
            ("SET", "TRACKING", [word]) if word.eq_ignore_ascii_case("on") => Self::SetTracking(true),
            ("SET", "TRACKING", [word]) if word.eq_ignore_ascii_case("off") => Self::SetTracking(false),
            _ => return Err(ErrorToken::InvalidArgument),
        })
    }

    fn parse_single(verb: &str, args: &[String]) -> Result<Self, ErrorToken> {
        let own = String::clone;
        Ok(match (verb, args) {
            ("VER", []) => Self::Ver,
            ("NETVER" | "PROTVER", []) => Self::NetVer,
            ("HELP", _) => Self::Help,
            ("STARTTLS", []) => Self::StartTls,
            ("LOGOUT", []) => Self::Logout,
            ("USERNAME", [text]) => Self::Username(own(text)),
            // Some clients send a password with blanks unquoted.
            ("PASSWORD", [_, ..]) => Self::Password(args.join(" ")),
            ("LOGIN", [ups]) => Self::Login(own(ups)),
            ("PRIMARY", [ups]) => Self::Primary(own(ups)),
            ("MASTER", [ups]) => Self::Master(own(ups)),
            ("FSD", [ups]) => Self::Fsd(own(ups)),
            ("INSTCMD", [ups, cmd]) => Self::InstCmd(own(ups), own(cmd), None),
            ("INSTCMD", [ups, cmd, text]) => Self::InstCmd(own(ups), own(cmd), Some(own(text))),
            ("VER" | "NETVER" | "PROTVER" | "STARTTLS" | "LOGOUT", _) => return Err(ErrorToken::InvalidArgument),
            ("USERNAME" | "PASSWORD" | "LOGIN" | "PRIMARY" | "MASTER" | "FSD" | "INSTCMD", _) => {
                return Err(ErrorToken::InvalidArgument);
            }
            _ => return Err(ErrorToken::UnknownCommand),
        })
    }

    /// Whether its answer is a `BEGIN LIST` block.
    pub const fn is_list(&self) -> bool {
        matches!(
            self,
            Self::ListUps
                | Self::ListVar(_)
                | Self::ListRw(_)
                | Self::ListCmd(_)
                | Self::ListEnum(..)
                | Self::ListRange(..)
                | Self::ListClient(_)
        )
    }
}
