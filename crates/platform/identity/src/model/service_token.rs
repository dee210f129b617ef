//! Service tokens: `svc_...` credentials of programs, read from a file at the start (platform spec 1.7). One a line,
//! `name:token:scopes`; blank lines and lines that start with `#` are skipped. Only hashes are kept.

use super::api_key;
use super::scope;

const TOKEN_PREFIX: &str = "svc_";
/// Shorter tokens could be guessed.
const TOKEN_LENGTH_MIN: usize = 32;

/// One program that may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceToken {
    pub name: String,
    pub hash: [u8; 32],
    pub scopes: Vec<String>,
}

/// Reads the file's text. The error names the line and never shows a token.
pub fn parse(text: &str) -> Result<Vec<ServiceToken>, String> {
    let mut tokens: Vec<ServiceToken> = Vec::new();
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#'));
    for (index, line) in lines {
        let token = parse_line(line).map_err(|why| format!("line {}: {why}", index + 1))?;
        if tokens.iter().any(|t| t.name == token.name || t.hash == token.hash) {
            return Err(format!("line {}: the name or token stands there twice", index + 1));
        }
        tokens.push(token);
    }
    Ok(tokens)
}

fn parse_line(line: &str) -> Result<ServiceToken, String> {
    let mut parts = line.splitn(3, ':');
    let (Some(name), Some(token), Some(scopes)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("name:token:scopes is expected".to_owned());
    };
    let name = api_key::check_name(name).map_err(|e| e.message().to_owned())?.to_owned();
    let token = token.trim();
    if !token.starts_with(TOKEN_PREFIX) || token.len() < TOKEN_LENGTH_MIN {
        return Err(format!("the token must start with {TOKEN_PREFIX} and have at least {TOKEN_LENGTH_MIN} characters"));
    }
    let scopes: Vec<String> = scopes.split([',', ' ']).map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() {
        return Err("at least one scope is needed".to_owned());
    }
    if let Some(bad) = scopes.iter().find(|s| scope::expand(s, true).is_none()) {
        return Err(format!("Invalid scope: {bad}"));
    }
    Ok(ServiceToken { name, hash: api_key::hash(token), scopes })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "svc_0123456789abcdef0123456789abcdef";

    #[test]
    fn lines_name_a_program_its_token_and_its_scopes() {
        let tokens = parse(&format!("# programs\n\nci runner:{TOKEN}:read, tests\nother:{TOKEN}x:*\n")).unwrap();
        assert_eq!((tokens[0].name.as_str(), tokens[0].scopes.clone()), ("ci runner", vec!["read".to_owned(), "tests".to_owned()]));
        assert_eq!((tokens.len(), tokens[0].hash), (2, api_key::hash(TOKEN)));
    }

    #[test]
    fn bad_line_is_named_without_its_token() {
        for (line, why) in [
            ("ci".to_owned(), "name:token:scopes is expected"),
            ("ci:svc_short:read".to_owned(), "at least 32 characters"),
            (format!("ci:{TOKEN}:fly"), "Invalid scope: fly"),
            (format!("ci:{TOKEN}: ,"), "at least one scope"),
            (format!("a:{TOKEN}:read\nb:{TOKEN}:read"), "line 2: the name or token stands there twice"),
        ] {
            let error = parse(&line).unwrap_err();
            assert!(error.contains(why) && !error.contains("0123456789"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "(?s).{0,300}") {
            if let Ok(tokens) = parse(&text) {
                prop_assert!(tokens.iter().all(|t| !t.scopes.is_empty() && !t.name.is_empty()));
            }
        }
    }
}
