//! Names of tests as names in code.

/// `Sign in!` as `sign_in`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    match out.chars().next() {
        None => "test".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("t_{out}"),
        Some(_) => out.to_owned(),
    }
}

/// As a name of the environment.
pub(crate) fn shout(name: &str) -> String {
    snake(name).to_uppercase()
}
