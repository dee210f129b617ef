//! SQL stands only in `store` rooms. A string literal that reads like a statement anywhere else is a fault.

use super::{Findings, read};
use crate::steps::Failed;
use crate::workspace::Workspace;

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    for path in workspace.files("crates", &[".rs"]) {
        let name = workspace.relative(&path).into_owned();
        if name.contains("/store/") || name.ends_with("/store.rs") || name.contains("/tests/") {
            continue;
        }
        let text = read(&path)?;
        // Unit tests stand at the end of their file and may arrange what they like.
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (line, literal) in literals(code) {
            if is_statement(&literal) {
                findings.fault(format!(
                    "{name}:{line}: SQL outside a store module: {:.60}",
                    literal.split_whitespace().collect::<Vec<_>>().join(" ")
                ));
            }
        }
        if code.contains("statements!") {
            findings.fault(format!("{name}: statements are declared in a store module"));
        }
    }
    Ok(())
}

fn is_statement(literal: &str) -> bool {
    let text = literal.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let begins = |word: &str| text.starts_with(word);
    (begins("select ") && text.contains(" from "))
        || begins("insert into ")
        || begins("delete from ")
        || (begins("update ") && text.contains(" set ") && text.contains('='))
        || begins("create table ")
        || begins("alter table ")
        || begins("create index ")
        || (begins("with ") && text.contains(" as (") && text.contains("select "))
}

/// The double-quoted literals of Rust source with the line they begin on; comments and character literals are passed over.
fn literals(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        line += 1;
                        break;
                    }
                }
            }
            '\'' if chars.peek() == Some(&'"') => {
                chars.next();
            }
            '"' => {
                let (began, mut text) = (line, String::new());
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {
                            line += usize::from(c == '\n');
                            text.push(c);
                        }
                    }
                }
                found.push((began, text));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{is_statement, literals};

    #[test]
    fn statement_in_a_literal_is_found_and_prose_is_not() {
        for sql in ["select id from users", "INSERT INTO users values ($1)", "update users\n set name = $1", "delete from users"] {
            assert!(is_statement(sql), "{sql}");
        }
        assert!(is_statement("select a host from the list"), "prose with both words is to be rephrased");
        for prose in ["selects nothing", "update available", "deleted from the list", "with love"] {
            assert!(!is_statement(prose), "{prose}");
        }
    }

    #[test]
    fn literals_of_source_skip_comments_and_keep_lines() {
        let code = "// \"select a from b\"\nlet q = '\"';\nlet s = \"one \\\" two\";\n";
        assert_eq!(literals(code), [(3, "one  two".to_owned())]);
    }
}
