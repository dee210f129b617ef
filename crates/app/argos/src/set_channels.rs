//! Where the notification settings of the operations part act: `notifications.<type>` and the flat keys of Pushover and
//! Gotify describe broadcast channels (platform spec 6.5), which follow them.

use argos_kernel::{Actor, Result};
use argos_notify::SetChannel;
use argos_platform::{ComponentStatus, Platform};
use argos_settings::Settings;
use serde_json::{Map, Value, json};

/// The component that tells of settings which describe no channel.
const COMPONENT: &str = "notification-settings";

/// Follows the settings until the process stops. Only on the leader.
pub(crate) fn follow(p: &Platform) {
    let platform = p.clone();
    p.tasks.supervise("notification-settings", move |stop| {
        let p = platform.clone();
        async move {
            let (mut changes, mut applied) = (p.settings.watch(), None);
            loop {
                changes.mark_unchanged();
                let wanted = described(&p.settings)?;
                if applied.as_ref() != Some(&wanted) {
                    apply(&p, &wanted).await?;
                    applied = Some(wanted);
                }
                tokio::select! {
                    () = stop.wait() => return Ok(()),
                    changed = changes.changed() => if changed.is_err() { return Ok(()) },
                }
            }
        }
    });
}

async fn apply(p: &Platform, wanted: &[SetChannel]) -> Result<()> {
    let faults = p.notify.follow_set_channels(&Actor::system(), wanted).await?;
    let (status, detail) = match (wanted.is_empty(), faults.is_empty()) {
        (true, _) => (ComponentStatus::Disabled, None),
        (_, true) => (ComponentStatus::Healthy, None),
        (_, false) => (ComponentStatus::Degraded, Some(faults.join("; "))),
    };
    p.health.report(COMPONENT, status, None, detail);
    Ok(())
}

/// What the settings describe, by type.
fn described(settings: &Settings) -> Result<Vec<SetChannel>> {
    let secret = |key: &str| settings.secret(key).map(|s| s.map_or_else(String::new, |s| s.reveal().clone()));
    let pushover = json!({
        "enabled": settings.bool("ops.pushoverEnabled")?, "app_token": secret("ops.pushoverAppToken")?, "user_key": secret("ops.pushoverUserKey")?,
    });
    let gotify = json!({
        "enabled": settings.bool("ops.gotifyEnabled")?, "url": settings.text("ops.gotifyUrl")?, "app_token": secret("ops.gotifyAppToken")?,
    });
    Ok(merged(&settings.json("ops.notifications")?, &[("pushover", pushover), ("gotify", gotify)]))
}

/// The object of types with the flat keys over it: what is set there counts, what is empty does not.
fn merged(object: &Value, flat: &[(&str, Value)]) -> Vec<SetChannel> {
    let mut types: Map<String, Value> = object.as_object().cloned().unwrap_or_default();
    for (kind, keys) in flat {
        let set = keys.as_object().into_iter().flatten().filter(|(_, v)| **v != json!(false) && **v != json!(""));
        let set: Map<String, Value> = set.map(|(k, v)| (k.clone(), v.clone())).collect();
        if set.is_empty() {
            continue;
        }
        let entry = types.entry((*kind).to_owned()).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.extend(set);
        }
    }
    let channel = |(kind, value): (String, Value)| {
        let Value::Object(mut config) = value else { return None };
        let enabled = config.shift_remove("enabled") == Some(json!(true));
        Some(SetChannel { kind, enabled, config })
    };
    types.into_iter().filter_map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_keys_and_the_object_describe_one_channel_for_each_type() {
        let object = json!({ "telegram": { "enabled": true, "bot_token": "1:a", "chat_id": "7" }, "pushover": { "enabled": false, "user_key": "u" } });
        let flat = [
            ("pushover", json!({ "enabled": true, "app_token": "t", "user_key": "" })),
            ("gotify", json!({ "enabled": false, "url": "" })),
        ];
        let found = merged(&object, &flat);
        let shown: Vec<_> = found.iter().map(|c| (c.kind.as_str(), c.enabled, Value::Object(c.config.clone()))).collect();
        let expected = [
            ("telegram", true, json!({ "bot_token": "1:a", "chat_id": "7" })),
            ("pushover", true, json!({ "user_key": "u", "app_token": "t" })),
        ];
        assert_eq!(shown, expected);
        assert_eq!(merged(&Value::Null, &[]), []);
    }
}
