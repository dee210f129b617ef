//! What a custom rule of the firewall may say: SecRule, SecAction and SecMarker with an id of its own, nothing that
//! switches the engine, runs a program or reads files. It judges the text only; the rule engine judges the meaning.

use std::ops::RangeInclusive;

/// Ids for people's own rules.
const IDS: RangeInclusive<u64> = 100_000..=899_999;
const CHARS_MAX: usize = 20_000;
const DIRECTIVES: [&str; 3] = ["secrule", "secaction", "secmarker"];
/// Parts of a rule that reach beyond the request.
const FORBIDDEN: [&str; 3] = ["ctl:ruleengine", "exec:", "@inspectfile"];

/// The ids of the rules in a text, or why it is refused.
pub(crate) fn check(text: &str) -> Result<Vec<u64>, String> {
    if text.chars().count() > CHARS_MAX {
        return Err(format!("at most {CHARS_MAX} characters"));
    }
    let lines = logical_lines(text);
    if lines.is_empty() {
        return Err("it holds no directive".to_owned());
    }
    let mut ids = Vec::new();
    for line in &lines {
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        if !DIRECTIVES.contains(&word.as_str()) {
            return Err(format!("every directive must be SecRule, SecAction or SecMarker, not {:?}", word.escape_debug().to_string()));
        }
        if line.matches('"').count() % 2 != 0 || line.matches('\'').count() % 2 != 0 {
            return Err("its quotes do not match".to_owned());
        }
        let squeezed: String = line.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(part) = FORBIDDEN.iter().find(|part| squeezed.contains(**part)) {
            return Err(format!("{} is not allowed", part.trim_end_matches(':')));
        }
        ids.extend(id_of(&squeezed)?);
    }
    if ids.is_empty() {
        return Err("it needs id:<n> with n from 100000 to 899999".to_owned());
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first().copied()) {
        Some(twice) => Err(format!("id {twice} is used twice")),
        None => Ok(ids),
    }
}

/// The ids of the rules in a text that refuse by themselves. `block` does not: it is what the core set counts for.
pub(crate) fn refusing_ids(text: &str) -> Vec<u64> {
    let squeeze = |line: &String| -> String { line.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect() };
    let refuses = |line: &String| {
        let mut parts = line.split([',', '"', '\'']);
        parts.any(|part| part == "deny" || part == "drop" || part.starts_with("redirect:"))
    };
    logical_lines(text).iter().map(squeeze).filter(refuses).filter_map(|line| id_of(&line).ok().flatten()).collect()
}

/// Lines with their continuations joined; blank ones and comments left out.
fn logical_lines(text: &str) -> Vec<String> {
    let (mut lines, mut open) = (Vec::new(), String::new());
    for line in text.lines() {
        let trimmed = line.trim();
        if open.is_empty() && (trimmed.is_empty() || trimmed.starts_with('#')) {
            continue;
        }
        match trimmed.strip_suffix('\\') {
            Some(more) => open.extend([more, " "]),
            None => {
                open.push_str(trimmed);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    if !open.trim().is_empty() {
        lines.push(open);
    }
    lines
}

/// The id of one directive in lower case without spaces.
fn id_of(line: &str) -> Result<Option<u64>, String> {
    let starts = |at: usize| at == 0 || line.as_bytes().get(at - 1).is_some_and(|b| matches!(b, b'"' | b',' | b'\''));
    let Some(at) = line.match_indices("id:").map(|(at, _)| at).find(|at| starts(*at)) else { return Ok(None) };
    let digits: String = line
        .chars()
        .skip(line.get(..at + 3).map_or(0, |head| head.chars().count()))
        .skip_while(|c| *c == '\'')
        .take_while(char::is_ascii_digit)
        .collect();
    match digits.parse::<u64>() {
        Ok(id) if IDS.contains(&id) => Ok(Some(id)),
        _ => Err("id must be 100000 to 899999".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{check, refusing_ids};

    #[test]
    fn own_rules_are_taken_with_their_ids() {
        let text = "# mine\nSecRule ARGS \"@contains x\" \\\n  \"id:100001,phase:2,deny\"\n\nSecAction \"id:100002,phase:1,pass,nolog\"\nSecMarker END";
        assert_eq!(check(text), Ok(vec![100_001, 100_002]));
    }

    #[test]
    fn rules_that_refuse_are_told_from_those_that_note_or_count() {
        let text = "SecRule ARGS \"@contains deny\" \\\n  \"id:100001, phase:2, Deny, status:403\"\nSecRule ARGS \"@contains denyx\" \"id:100002,pass\"\n\
            SecRule ARGS \"@rx a\" \"id:100003,block\"\nSecRule ARGS \"@rx b\" \"id:100004,redirect:/x\"";
        assert_eq!(refusing_ids(text), [100_001, 100_004]);
    }

    #[test]
    fn what_reaches_further_is_refused() {
        for (text, why) in [
            ("# nothing", "no directive"),
            ("SecRuleEngine Off", "must be SecRule"),
            ("SecRule ARGS \"@rx a\" \"phase:2,deny\"", "needs id"),
            ("SecRule ARGS \"@rx a\" \"id:900001,phase:2\"", "id must be"),
            ("SecRule ARGS \"@rx a\" \"id:100001,phase:2", "quotes"),
            ("SecRule ARGS \"@rx a\" \"id:100001,ctl:ruleEngine=Off\"", "ctl:ruleengine"),
            ("SecRule ARGS \"@rx a\" \"id:100001,exec:/bin/sh\"", "exec"),
            ("SecRule FILES \"@inspectFile /x\" \"id:100001\"", "@inspectfile"),
            ("SecAction \"id:100001\"\nSecAction \"id:100001\"", "twice"),
            ("SecAction \"id:100001\"\nInclude /etc/passwd", "must be SecRule"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_check(text in "(?s).{0,200}", rule in "SecRule.{0,60}id:[0-9']{0,9}.{0,20}") {
            drop((check(&text), check(&rule), refusing_ids(&text), refusing_ids(&rule)));
        }
    }
}
