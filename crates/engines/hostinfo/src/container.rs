//! Containers from the output of `docker ps` or `podman ps` with `--format json`.
//!
//! docker prints an object per line and lower-case hex of 12, podman one array and the long id; both
//! become the same rows.

use serde::Serialize;
use serde_json::Value;

/// One container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// First 12 characters of the id.
    pub id: String,
    /// First name.
    pub name: String,
    pub image: String,
    /// `running`, `exited`, `paused`, `created`, `restarting`, `dead`.
    pub state: String,
    /// For people, such as `Up 2 hours (healthy)`.
    pub status: String,
}

/// Parses either output; what is no container is left out.
#[must_use]
pub fn parse_list(text: &str) -> Vec<Container> {
    if text.trim_start().starts_with('[') {
        let rows: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
        return rows.iter().filter_map(parse).collect();
    }
    text.lines().filter_map(|line| parse(&serde_json::from_str(line).ok()?)).collect()
}

fn parse(row: &Value) -> Option<Container> {
    const ID_CHARS: usize = 12;
    let text = |keys: [&str; 2]| keys.into_iter().find_map(|key| row.get(key)?.as_str()).map(str::to_owned);
    let names = row.get("Names").or_else(|| row.get("Name"))?;
    let name = match names {
        Value::Array(names) => names.first()?.as_str()?,
        // docker lists link aliases after a comma.
        other => other.as_str()?.split(',').next()?,
    };
    let status = text(["Status", "Status"]).unwrap_or_default();
    let state = text(["State", "State"]).unwrap_or_else(|| state_of(&status).to_owned());
    Some(Container {
        id: text(["ID", "Id"])?.chars().take(ID_CHARS).collect(),
        name: name.trim_start_matches('/').to_owned(),
        image: text(["Image", "ImageName"]).unwrap_or_default(),
        state: state.to_ascii_lowercase(),
        status,
    })
}

/// Versions before docker 20.10 print no state, but it can be read off the status.
fn state_of(status: &str) -> &'static str {
    match status.split_whitespace().next() {
        Some("Up") if status.ends_with("(Paused)") => "paused",
        Some("Up") => "running",
        Some("Exited") => "exited",
        Some("Created") => "created",
        Some("Restarting") => "restarting",
        Some("Dead") => "dead",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_lines_are_read() {
        let text = "{\"Command\":\"nginx\",\"ID\":\"8a1b2c3d4e5f\",\"Image\":\"nginx:1.27\",\"Names\":\"web,other/alias\",\"State\":\"running\",\"Status\":\"Up 2 hours\"}\nnot json\n{\"ID\":\"ffffffffffff\",\"Image\":\"old\",\"Names\":\"db\",\"Status\":\"Exited (0) 3 days ago\"}\n";
        let rows = parse_list(text);
        let [web, db] = rows.as_slice() else { panic!("two containers") };
        assert_eq!((web.name.as_str(), web.state.as_str()), ("web", "running"));
        assert_eq!((db.name.as_str(), db.state.as_str()), ("db", "exited"));
    }

    #[test]
    fn podman_array_is_read() {
        let text = r#"[{"Id":"0123456789abcdef0123456789abcdef","Image":"docker.io/library/caddy:2","Names":["edge"],"State":"Running","Status":"Up 5 minutes"},{"Id":"x","Names":[]}]"#;
        let rows = parse_list(text);
        let [edge] = rows.as_slice() else { panic!("one container") };
        assert_eq!((edge.id.as_str(), edge.name.as_str()), ("0123456789ab", "edge"));
        assert_eq!((edge.state.as_str(), edge.status.as_str()), ("running", "Up 5 minutes"));
    }

    #[test]
    fn other_output_is_no_container() {
        for text in ["", "[]", "[", "Cannot connect to the Docker daemon", "{}", "null"] {
            assert_eq!(parse_list(text), []);
        }
    }
}
