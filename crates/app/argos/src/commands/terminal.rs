//! Asking a person at a terminal. Questions go to standard error, so that standard output stays what a program reads.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::exit::Failure;

/// Whether somebody can be asked.
pub(super) fn is_there() -> bool {
    std::io::stdin().is_terminal()
}

/// What was typed; `default` for an empty line.
pub(super) fn ask(what: &str, default: &str) -> Result<String, Failure> {
    let shown = if default.is_empty() { format!("{what}: ") } else { format!("{what} [{default}]: ") };
    let typed = line(&shown)?;
    Ok(if typed.is_empty() { default.to_owned() } else { typed })
}

/// A secret, typed twice without being shown.
pub(super) fn ask_secret(what: &str) -> Result<String, Failure> {
    let hidden = Hidden::begin()?;
    let first = line(&format!("{what}: "))?;
    let second = line(&format!("\n{what}, again: "))?;
    drop(hidden);
    line_end()?;
    if first == second { Ok(first) } else { Err(Failure::configuration("nothing was changed: the two are not equal")) }
}

fn line(question: &str) -> Result<String, Failure> {
    let mut err = std::io::stderr().lock();
    write!(err, "{question}").and_then(|()| err.flush()).map_err(Failure::runtime)?;
    let mut typed = String::new();
    if std::io::stdin().lock().read_line(&mut typed).map_err(Failure::runtime)? == 0 {
        return Err(Failure::configuration("nothing was changed: the input ended"));
    }
    Ok(typed.trim_end_matches(['\r', '\n']).trim().to_owned())
}

fn line_end() -> Result<(), Failure> {
    writeln!(std::io::stderr().lock()).map_err(Failure::runtime)
}

/// What is typed is not shown until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self, Failure> {
        let before = tcgetattr(std::io::stdin()).map_err(Failure::runtime)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).map_err(Failure::runtime)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Nothing more can be done for a terminal that is gone.
        let _gone = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}
