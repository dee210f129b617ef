//! The secrets of a flow that somebody wrote back as he got it, blanked. Each part gets those of the part it will be on the
//! node, or none: never those of another flow.

use serde_json::{Map, Value};

use super::plan::{Part, chosen_id};
use super::{Generation, find, items, names, text};
use crate::redact::restore;

/// Puts the originals of the configuration back where the flow holds the mask; the path of the first mask whose original
/// is not known.
pub fn restore_flow(flow: &mut Value, config: &Value) -> Result<(), String> {
    let generation = Generation::of(Some(config), &[]);
    let before = find(config, "flows", text(flow, "id"));
    let mut known: Map<String, Value> = before.and_then(Value::as_object).cloned().unwrap_or_default();
    for part in [Part::Input, Part::Output] {
        // As `restore` matches them: by the id the client wrote, else by place.
        let aligned = |(index, item): (usize, &Value)| {
            let mut original = match generation {
                Generation::Two => find(config, part.list(), &chosen_id(config, text(flow, "id"), part, (index, item))),
                Generation::One => None,
            };
            original = original.or_else(|| embedded(before, part, (index, item)));
            let mut original = original.cloned().unwrap_or_default();
            if let Some(members) = original.as_object_mut() {
                match item.get("id") {
                    Some(id) => drop(members.insert("id".to_owned(), id.clone())),
                    None => drop(members.remove("id")),
                }
            }
            original
        };
        let list = items(flow, part.list()).iter().enumerate().map(aligned).collect();
        if part == Part::Input {
            let single = flow.get("input").filter(|i| i.is_object());
            let original = single.map(|one| own_input(config, before, generation, flow, one).unwrap_or_else(|| aligned((0, one))));
            known.insert("input".to_owned(), original.unwrap_or_default());
        }
        known.insert(part.list().to_owned(), Value::Array(list));
    }
    restore(flow, &Value::Object(known))
}

/// The configuration for [`restore_flow`] when several flows change together: what one of them gives up is free for the
/// others, with its secrets.
#[must_use]
pub fn released(config: &Value, flows: &[Value], remove: &[String]) -> Value {
    let mut out = config.clone();
    let all = out.get_mut("flows").and_then(Value::as_array_mut);
    for before in all.into_iter().flatten() {
        let id = text(before, "id").to_owned();
        let after = flows.iter().find(|f| text(f, "id") == id);
        if after.is_none() && !remove.contains(&id) {
            continue;
        }
        for part in [Part::Input, Part::Output] {
            let inside = after.into_iter().flat_map(|f| items(f, part.list()).iter().chain(f.get("input")));
            let kept: Vec<&str> = inside.map(|item| text(item, "id")).chain(after.into_iter().flat_map(|f| names(f, part.ids()))).collect();
            if let Some(ids) = before.get_mut(part.ids()).and_then(Value::as_array_mut) {
                ids.retain(|own| own.as_str().is_some_and(|own| kept.contains(&own)));
            }
        }
    }
    out
}

/// The input of a flow that names exactly one, for a client that writes it inside without its id.
fn own_input(config: &Value, before: Option<&Value>, generation: Generation, flow: &Value, one: &Value) -> Option<Value> {
    let made = chosen_id(config, text(flow, "id"), Part::Input, (0, one));
    let named = before.map_or(&[][..], |b| items(b, "input_ids"));
    match (generation, named) {
        (Generation::Two, [only]) if one.get("id").is_none() && find(config, "inputs", &made).is_none() => {
            find(config, "inputs", only.as_str()?).cloned()
        }
        _ => None,
    }
}

/// A part that stands inside the flow of the configuration itself: by its id, else by its place.
fn embedded<'a>(before: Option<&'a Value>, part: Part, (index, item): (usize, &Value)) -> Option<&'a Value> {
    let before = before?;
    let single = before.get("input").filter(|i| part == Part::Input && i.is_object());
    let mut own = single.into_iter().chain(items(before, part.list()));
    match item.get("id") {
        Some(id) => own.find(|o| o.get("id") == Some(id)),
        None => own.nth(index).filter(|o| o.get("id").is_none()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::flow::joined;
    use crate::redact::{MASK, redact};

    fn two() -> Value {
        json!({ "version": 2,
            "inputs": [{ "id": "x-in", "type": "srt", "passphrase": "of x" }, { "id": "cam", "type": "srt", "passphrase": "of cam" }],
            "outputs": [{ "id": "o", "type": "rtmp", "stream_key": "of x" }, { "id": "p", "type": "rtmp", "stream_key": "of f" }],
            "flows": [{ "id": "x", "input_ids": ["x-in"], "output_ids": ["o"] }, { "id": "f", "input_ids": ["cam"], "output_ids": ["p"] }] })
    }

    #[test]
    fn a_part_never_gets_the_secret_of_another_flow() {
        let restored = |mut flow: Value| restore_flow(&mut flow, &two()).map(|()| flow);
        // Its place in the list of all inputs says nothing.
        let named = restored(json!({ "id": "f", "input": { "type": "srt", "passphrase": MASK } })).unwrap();
        assert_eq!(named["input"]["passphrase"], "of cam");
        assert_eq!(
            restored(json!({ "id": "f", "inputs": [{ "type": "srt", "passphrase": MASK }] })),
            Err("inputs[0].passphrase".to_owned())
        );
        // An output with the id of another flow's becomes a new one.
        let taken = json!({ "id": "f", "outputs": [{ "id": "o", "type": "rtmp", "stream_key": MASK }] });
        assert_eq!(restored(taken), Err("outputs[0].stream_key".to_owned()));
        let own = json!({ "id": "x", "input": { "type": "srt", "passphrase": MASK }, "outputs": [{ "id": "o", "stream_key": MASK }] });
        let own = restored(own).unwrap();
        assert_eq!((&own["input"]["passphrase"], &own["outputs"][0]["stream_key"]), (&json!("of x"), &json!("of x")));
        assert_eq!(restored(json!({ "id": "new", "input": { "passphrase": MASK } })), Err("input.passphrase".to_owned()));
    }

    #[test]
    fn an_output_that_moves_takes_its_secret_along() {
        let mut to = json!({ "id": "f", "inputs": [], "outputs": [{ "id": "o", "type": "rtmp", "stream_key": MASK }] });
        let from = json!({ "id": "x", "input_ids": ["x-in"], "outputs": [] });
        let free = released(&two(), &[to.clone(), from], &[]);
        assert_eq!(restore_flow(&mut to, &free), Ok(()));
        assert_eq!(to["outputs"][0]["stream_key"], "of x");
        let kept = released(&two(), &[to.clone()], &[]);
        to["outputs"][0]["stream_key"] = json!(MASK);
        assert_eq!(restore_flow(&mut to.clone(), &kept), Err("outputs[0].stream_key".to_owned()), "x has it still");
        let removed = released(&two(), &[to.clone()], &["x".to_owned()]);
        assert_eq!(restore_flow(&mut to, &removed), Ok(()));
    }

    fn end(id: Option<String>, secret: &str) -> Value {
        let mut end = json!({ "type": "srt", "passphrase": secret, "redundancy": { "passphrase": format!("{secret}2") } });
        if let Some(id) = id {
            end["id"] = json!(id);
        }
        end
    }

    proptest! {
        #[test]
        fn a_flow_that_was_read_can_be_written_back(
            secrets in proptest::collection::vec("[a-z]{1,6}", 6), flows in 1_usize..3, ids in any::<bool>(), two in any::<bool>()
        ) {
            let secret = |n: usize| secrets[n % secrets.len()].as_str();
            let name = |kind: &str, flow: usize, n: usize| format!("{kind}{flow}{n}");
            let config = if two {
                let all = |kind: &str| (0..flows).flat_map(|f| (0..2).map(move |n| (f, n))).map(|(f, n)| end(Some(name(kind, f, n)), secret(f + n))).collect::<Vec<_>>();
                let names = |kind: &str, f: usize| (0..2).map(|n| name(kind, f, n)).collect::<Vec<_>>();
                let flow = |f: usize| json!({ "id": format!("f{f}"), "input_ids": names("i", f), "output_ids": names("o", f), "api_token": secret(f) });
                json!({ "version": 2, "inputs": all("i"), "outputs": all("o"), "flows": (0..flows).map(flow).collect::<Vec<_>>() })
            } else {
                let id = |kind: &str, f: usize, n: usize| ids.then(|| name(kind, f, n));
                let flow = |f: usize| json!({ "id": format!("f{f}"), "input": end(id("i", f, 0), secret(f)),
                    "outputs": [end(id("o", f, 0), secret(f + 1)), end(id("o", f, 1), secret(f + 2))] });
                json!({ "flows": (0..flows).map(flow).collect::<Vec<_>>() })
            };
            for original in joined(&config) {
                let mut shown = original.clone();
                redact(&mut shown);
                prop_assert!(shown.to_string().contains(MASK));
                prop_assert_eq!(restore_flow(&mut shown, &config), Ok(()));
                prop_assert_eq!(shown, original);
            }
        }
    }
}
