//! The rules of the OWASP core rule set, read out of its `*.conf` files: what a person may leave out of a firewall.

/// A rule that finds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreRule {
    pub(crate) id: i64,
    pub(crate) paranoia: i64,
    pub(crate) category: String,
    pub(crate) description: String,
    pub(crate) file: String,
}

/// Settings of the set itself, which are no rules to leave out.
const SETUP: std::ops::RangeInclusive<i64> = 900_000..=909_999;

/// The rules of the set by number, for servers without its directory.
const EMBEDDED: &str = include_str!("../../assets/core-rules.tsv");

/// The rules that come with Argos.
pub(crate) fn embedded() -> Vec<CoreRule> {
    let rule = |line: &str| {
        let mut cells = line.splitn(4, '\t');
        let (id, paranoia) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        let file = cells.next()?;
        Some(CoreRule { id, paranoia, category: category(file), description: cells.next()?.to_owned(), file: file.to_owned() })
    };
    EMBEDDED.lines().filter(|line| !line.starts_with('#')).filter_map(rule).collect()
}

/// The rules of one file. What is no rule with an id and a message is passed over.
pub(crate) fn parse(file: &str, text: &str) -> Vec<CoreRule> {
    let category = category(file);
    let rule = |line: &String| {
        let directive = line.trim_start();
        if !directive.starts_with("SecRule ") && !directive.starts_with("SecAction ") {
            return None;
        }
        let id: i64 = value(directive, "id:")?.parse().ok()?;
        let description = value(directive, "msg:").filter(|text| !text.is_empty())?;
        let paranoia = value(directive, "tag:'paranoia-level/").and_then(|level| level.parse().ok()).unwrap_or(1);
        let known = CoreRule { id, paranoia, category: category.clone(), description, file: file.to_owned() };
        (!SETUP.contains(&id)).then_some(known)
    };
    logical_lines(text).iter().filter_map(rule).collect()
}

/// `REQUEST-942-APPLICATION-ATTACK-SQLI.conf` is `application-attack-sqli`.
fn category(file: &str) -> String {
    let name = file.strip_suffix(".conf").unwrap_or(file);
    let mut parts = name.splitn(3, '-');
    let numbered = (parts.next(), parts.next(), parts.next());
    let bare = match numbered {
        (Some("REQUEST" | "RESPONSE"), Some(number), Some(rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => name,
    };
    bare.to_ascii_lowercase()
}

/// Lines with their continuations; comments are left out.
fn logical_lines(text: &str) -> Vec<String> {
    let (mut lines, mut open) = (Vec::new(), String::new());
    for line in text.lines() {
        if open.is_empty() && line.trim_start().starts_with('#') {
            continue;
        }
        match line.trim_end().strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    lines
}

/// The value of an action: up to its closing quote when it is quoted, else up to the next action.
fn value(directive: &str, name: &str) -> Option<String> {
    // An action begins its list, or follows a comma; the same letters inside an expression do not.
    let begins = |at: usize| {
        let before = directive.get(..at).unwrap_or_default().trim_end();
        before.ends_with(',') || before.ends_with('"')
    };
    let (at, _) = directive.match_indices(name).find(|(at, _)| begins(*at))?;
    let rest = directive.get(at + name.len()..)?;
    let (text, ends): (&str, &[char]) = match rest.strip_prefix('\'') {
        Some(quoted) => (quoted, &['\'']),
        None if name.contains('\'') => (rest, &['\'']),
        None => (rest, &[',', '"', ' ']),
    };
    Some(text.split(ends).next().unwrap_or(text).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_with_messages_are_read_over_several_lines() {
        let text = "# SecRule X \"@rx a\" \"id:1,msg:'no'\"\nSecRule ARGS \"@rx id:7\" \\\n    \"id:942100,\\\n    phase:2,\\\n    msg:'SQL Injection, found',\\\n    tag:'paranoia-level/2',\\\n    severity:'CRITICAL'\"\nSecRule TX:X \"@lt 1\" \"id:942011,phase:1,pass,nolog,skipAfter:END\"\nSecAction \"id:900110,phase:1,msg:'setup'\"\nSecRule A \"@eq 1\" \"phase:1, id:942200, msg:'Second'\"";
        let found = parse("REQUEST-942-APPLICATION-ATTACK-SQLI.conf", text);
        let told: Vec<_> = found.iter().map(|r| (r.id, r.paranoia, r.description.as_str())).collect();
        assert_eq!(told, [(942_100, 2, "SQL Injection, found"), (942_200, 1, "Second")]);
        assert_eq!(found[0].category, "application-attack-sqli");
        assert_eq!((category("RESPONSE-950-DATA-LEAKAGES.conf"), category("mine.conf")), ("data-leakages".to_owned(), "mine".to_owned()));
    }

    #[test]
    fn embedded_rules_are_all_read_in_order_and_their_licence_is_named() {
        let rules = embedded();
        assert_eq!(rules.len(), EMBEDDED.lines().filter(|line| !line.starts_with('#')).count());
        assert!(rules.is_sorted_by_key(|rule| rule.id) && rules.iter().all(|rule| (1..=4).contains(&rule.paranoia)));
        let sql = rules.iter().find(|rule| rule.id == 942_100).unwrap();
        assert_eq!((sql.category.as_str(), sql.paranoia), ("application-attack-sqli", 1));
        assert!(sql.description.contains("libinjection") && EMBEDDED.contains("Apache License 2.0"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(file in ".{0,20}", text in "(?s).{0,200}", tail in ".{0,60}") {
            drop((parse(&file, &text), parse(&file, &format!("SecRule X \"id:{tail}"))));
        }
    }
}
