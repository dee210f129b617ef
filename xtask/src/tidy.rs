//! What clippy cannot check. Each rule returns its findings; any finding fails the run, warnings are only shown.

mod dependencies;
mod docs;
mod length;
mod migrations;
mod promises;
mod rooms;
mod sql;
mod words;

use crate::steps::Failed;
use crate::workspace::Workspace;

/// What one rule found.
#[derive(Default)]
pub(crate) struct Findings {
    faults: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}

type Rule = fn(&Workspace, &mut Findings) -> Result<(), Failed>;

pub(crate) fn run(workspace: &Workspace, bless: bool) -> Result<(), Failed> {
    if bless {
        migrations::bless(workspace)?;
    }
    let rules: [(&str, Rule); 8] = [
        ("rooms", rooms::check),
        ("sql", sql::check),
        ("length", length::check),
        ("migrations", migrations::check),
        ("dependencies", dependencies::check),
        ("words", words::check),
        ("docs", docs::check),
        ("promises", promises::check),
    ];
    let mut count = 0;
    for (name, rule) in rules {
        let mut findings = Findings::default();
        rule(workspace, &mut findings)?;
        for text in &findings.warnings {
            println!("warning: {name}: {text}");
        }
        for text in &findings.faults {
            println!("FAULT: {name}: {text}");
        }
        count += findings.faults.len();
    }
    if count == 0 { Ok(()) } else { Err(Failed::new(format!("tidy found {count} faults"))) }
}

/// A source file that a rule reads.
fn read(path: &std::path::Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|e| Failed::new(format!("{}: {e}", path.display())))
}
