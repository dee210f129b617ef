//! Channels that settings describe: they are what the settings say, and nothing else.

use argos_kernel::Actor;
use argos_notify::SetChannel;
use serde_json::{Value, json};

use crate::stage::Stage;

fn set(kind: &str, enabled: bool, config: &Value) -> SetChannel {
    SetChannel { kind: kind.to_owned(), enabled, config: config.as_object().unwrap().clone() }
}

async fn follow(s: &Stage, wanted: &[SetChannel]) -> Vec<String> {
    s.notify.follow_set_channels(&Actor::system(), wanted).await.unwrap()
}

/// The channel of this name.
async fn named(s: &Stage, name: &str) -> Value {
    let all = s.ada().get("/api/notifications/channels").await.json();
    all.as_array().unwrap().iter().find(|c| c["name"] == name).cloned().unwrap_or(Value::Null)
}

/// How many changes were recorded.
async fn recorded(s: &Stage) -> usize {
    s.audit.after(0, 1000).await.unwrap().len()
}

#[tokio::test]
async fn channel_that_is_off_in_the_settings_is_off_although_it_is_unfinished() {
    for s in Stage::each().await {
        let whole = json!({"url": "https://push.example.test", "app_token": "token-of-gotify"});
        assert_eq!(follow(&s, &[set("gotify", true, &whole)]).await, [""; 0]);
        assert_eq!(named(&s, "ops:gotify").await["enabled"], true);
        // On and unfinished is told, and what was there stays.
        let rest = json!({"app_token": "token-of-gotify"});
        assert_eq!(follow(&s, &[set("gotify", true, &rest)]).await, ["gotify: config.url is required"]);
        assert_eq!(named(&s, "ops:gotify").await["enabled"], true);
        assert_eq!(follow(&s, &[set("gotify", false, &rest)]).await, [""; 0]);
        assert_eq!(named(&s, "ops:gotify").await["enabled"], false);
        let told = recorded(&s).await;
        follow(&s, &[set("gotify", false, &rest)]).await;
        assert_eq!(recorded(&s).await, told, "once is enough");
        follow(&s, &[]).await;
        assert_eq!(named(&s, "ops:gotify").await, Value::Null);
    }
}

#[tokio::test]
async fn what_is_taken_out_of_the_settings_is_taken_out_of_the_channel() {
    let s = Stage::sqlite().await;
    let mut config = json!({"url": "https://ntfy.example.test", "topic": "t", "token": "tk_secret", "template": "{{ .Message }}"});
    follow(&s, &[set("ntfy", true, &config)]).await;
    let made = named(&s, "ops:ntfy").await;
    assert_eq!((made["template"].as_str(), made["config"]["token"].as_str()), (Some("{{ .Message }}"), Some("__UNCHANGED__")), "{made}");
    for key in ["token", "template"] {
        config.as_object_mut().unwrap().remove(key);
    }
    follow(&s, &[set("ntfy", true, &config)]).await;
    let without = named(&s, "ops:ntfy").await;
    assert_eq!((without["template"].as_str(), without["config"]["token"].as_str()), (Some(""), Some("")), "{without}");
    let told = recorded(&s).await;
    assert_eq!(follow(&s, &[set("ntfy", true, &config)]).await, [""; 0]);
    assert_eq!(recorded(&s).await, told, "nothing changed");
}

#[tokio::test]
async fn one_channel_that_cannot_be_made_does_not_stop_the_others() {
    let s = Stage::sqlite().await;
    s.hook("ops:discord", "https://hooks.example.test/own", json!({})).await;
    let hook = json!({"webhook_url": "https://hooks.example.test/set"});
    let told = follow(&s, &[set("discord", true, &hook), set("teams", true, &hook)]).await;
    assert_eq!(told, ["discord: channel name already exists"]);
    assert_eq!(named(&s, "ops:teams").await["enabled"], true);
}
