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

/// `sign_in` as `signIn`.
pub(crate) fn camel(snake: &str) -> String {
    let mut out = String::new();
    let mut begins = false;
    for c in snake.chars() {
        match c {
            '_' => begins = true,
            c if begins => {
                out.push(c.to_ascii_uppercase());
                begins = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// `sign_in` as `SignIn`.
pub(crate) fn pascal(snake: &str) -> String {
    camel(&format!("_{snake}"))
}

/// As a name of the environment.
pub(crate) fn shout(name: &str) -> String {
    snake(name).to_uppercase()
}
