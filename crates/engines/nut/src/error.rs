//! The error answers of the protocol: `ERR <token> [text]`.

use std::fmt;

macro_rules! tokens {
    ($($name:ident = $text:literal;)*) => {
        /// What the other side refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorToken { $($name,)* }
        impl ErrorToken {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

tokens! {
    AccessDenied = "ACCESS-DENIED";
    UnknownUps = "UNKNOWN-UPS";
    VarNotSupported = "VAR-NOT-SUPPORTED";
    CmdNotSupported = "CMD-NOT-SUPPORTED";
    InvalidArgument = "INVALID-ARGUMENT";
    InstcmdFailed = "INSTCMD-FAILED";
    SetFailed = "SET-FAILED";
    ReadOnly = "READONLY";
    TooLong = "TOO-LONG";
    FeatureNotSupported = "FEATURE-NOT-SUPPORTED";
    FeatureNotConfigured = "FEATURE-NOT-CONFIGURED";
    AlreadySslMode = "ALREADY-SSL-MODE";
    DriverNotConnected = "DRIVER-NOT-CONNECTED";
    DataStale = "DATA-STALE";
    AlreadyLoggedIn = "ALREADY-LOGGED-IN";
    InvalidPassword = "INVALID-PASSWORD";
    AlreadySetPassword = "ALREADY-SET-PASSWORD";
    InvalidUsername = "INVALID-USERNAME";
    AlreadySetUsername = "ALREADY-SET-USERNAME";
    UsernameRequired = "USERNAME-REQUIRED";
    PasswordRequired = "PASSWORD-REQUIRED";
    UnknownCommand = "UNKNOWN-COMMAND";
    InvalidValue = "INVALID-VALUE";
    // Answers to GET TRACKING.
    Unknown = "UNKNOWN";
    Failed = "FAILED";
}

/// A refusal as it was received: a token of the RFC, or one this client does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NutError {
    pub token: Option<ErrorToken>,
    /// The token as received, and the free text behind it.
    pub text: String,
}

impl NutError {
    pub(crate) fn of(words: &[String]) -> Self {
        let token = words.first().and_then(|w| ErrorToken::ALL.iter().copied().find(|t| t.as_str() == w.as_str()));
        Self { token, text: words.join(" ") }
    }
    pub fn is(&self, token: ErrorToken) -> bool {
        self.token == Some(token)
    }
}

impl fmt::Display for NutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
