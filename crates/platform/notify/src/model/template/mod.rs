//! Message templates of the edge family (edge spec D7): `{{ .Field | func }}`, `if/else/end`, `range`, over the fields
//! of one event. Bounded in depth, loops and output; must never panic, whatever the text.

mod eval;
mod functions;
mod parse;

use crate::model::envelope::Envelope;

/// Longest template.
pub(crate) const TEMPLATE_MAX: usize = 16 << 10;

/// The text a template makes of an event. The error is for people.
pub(crate) fn render(template: &str, event: &Envelope) -> Result<String, String> {
    let nodes = parse::parse(template)?;
    eval::run(&nodes, &event.fields())
}

/// Refuses what can never be rendered.
pub(crate) fn check(template: &str) -> Result<(), String> {
    if template.len() > TEMPLATE_MAX {
        return Err(format!("template is longer than {TEMPLATE_MAX} bytes"));
    }
    parse::parse(template).map(drop).map_err(|e| format!("template: {e}"))
}

#[cfg(test)]
mod tests {
    use argos_kernel::Severity;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event() -> Envelope {
        Envelope {
            kind: "alert.firing".to_owned(),
            severity: Severity::Error,
            host_id: None,
            host_domain: Some("web-1".to_owned()),
            timestamp: "2026-01-02T03:04:05Z".to_owned(),
            message: "Disk <b>\"/\"</b> at 95% (really!)".to_owned(),
            data: json!({ "value": 95, "mounts": ["/", "/home"], "nested": { "k": true }, "empty": [] }),
        }
    }

    fn check_all(cases: &[(&str, &str)]) {
        for (template, expected) in cases {
            assert_eq!(render(template, &event()).as_deref(), Ok(*expected), "{template}");
        }
    }

    #[test]
    fn fields_pipes_and_functions_render_as_documented() {
        check_all(&[
            ("plain", "plain"),
            ("{{ .Type }}/{{.Severity | upper}}/{{ .HostDomain | title }}", "alert.firing/ERROR/Web-1"),
            ("{{ severityEmoji .Severity }} {{ .Severity | severityEmoji }}", "[ERR] [ERR]"),
            ("{{ .Timestamp | date }} {{ .Timestamp | iso8601 }}", "2026-01-02 2026-01-02T03:04:05Z"),
            ("{{ .Message | truncate 6 }}", "Disk <"),
            ("{{ .Message | escapeHTML }}", "Disk &lt;b&gt;&#34;/&#34;&lt;/b&gt; at 95% (really!)"),
            ("{{ .Message | jsonEscape }}", "Disk <b>\\\"/\\\"</b> at 95% (really!)"),
            ("{{ \"a.b(c)!\" | escapeMD }}", "a\\.b\\(c\\)\\!"),
            ("{{ .Data.mounts | json }}", "[\"/\",\"/home\"]"),
            ("{{ .Data.nested | jsonIndent }}", "{\n  \"k\": true\n}"),
            ("{{ .Data.value }} {{ .Data.nothing }}{{ .HostID }}", "95 "),
            ("a {{- /* gone */ -}} b", "ab"),
            ("{{ \"x\\\"y\" | upper | lower }}", "x\"y"),
        ]);
    }

    #[test]
    fn conditions_and_loops_render_their_branches() {
        check_all(&[
            ("{{ if .HostDomain }}yes{{ else }}no{{ end }}", "yes"),
            ("{{if .HostID}}yes{{else}}no{{end}}", "no"),
            ("{{ if eq .Severity \"critical\" }}!{{ else if eq .Severity \"error\" }}?{{ else }}-{{ end }}", "?"),
            ("{{ range .Data.mounts }}[{{ . }}]{{ end }}", "[/][/home]"),
            ("{{ range .Data.empty }}x{{ else }}none{{ end }}", "none"),
            ("{{ range .Data.mounts }}{{ if eq . \"/\" }}root{{ end }}{{ end }}", "root"),
            ("{{ if ne .Severity \"info\" }}{{ if .Data.nested.k }}deep{{ end }}{{ end }}", "deep"),
        ]);
    }

    #[test]
    fn faulty_templates_are_refused_with_a_reason() {
        for (template, reason) in [
            ("{{ .Type ", "}}"),
            ("{{ if .Type }}x", "end"),
            ("{{ end }}", "end"),
            ("{{ .Type | explode }}", "explode"),
            ("{{ }}", "empty"),
            ("{{ \"abc }}", "quote"),
            ("{{ else }}", "else"),
        ] {
            let error = check(template).unwrap_err();
            assert!(error.contains(reason), "{template}: {error}");
        }
        assert!(check(&"x".repeat(TEMPLATE_MAX + 1)).is_err());
        assert!(check(&"{{ if .A }}".repeat(100)).is_err());
    }

    #[test]
    fn output_and_loops_are_bounded() {
        let mut big = event();
        big.data = json!({ "l": vec![0; 500] });
        let bomb = "{{ range .Data.l }}{{ range $.Data.l }}".replace("$", "") + "x{{ end }}{{ end }}";
        assert!(render(&bomb, &big).is_ok_and(|out| out.is_empty()));
        big.data = json!({ "l": vec![vec![vec![0; 50]; 50]; 50] });
        let bomb = "{{ range .Data.l }}{{ range . }}{{ range . }}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{ end }}{{ end }}{{ end }}";
        assert!(render(bomb, &big).unwrap_err().contains("too"));
    }

    proptest! {
        #[test]
        fn any_text_renders_or_is_refused_without_a_panic(template in "[ -~{}|.\"\\PC]{0,60}") {
            let _outcome = render(&template, &event()).is_ok();
        }

        #[test]
        fn pieces_of_templates_never_panic_and_checked_ones_parse(pieces in prop::collection::vec(
            prop::sample::select(vec!["{{", "}}", ".Data", ".", "if ", "else", "end", "range ", "|", "upper", "truncate", " 5 ", "\"q\"", "(", ")", "{{-", "-}}", "eq "]), 0..14)) {
            let template = pieces.concat();
            let parsed = check(&template).is_ok();
            prop_assert!(parsed || render(&template, &event()).is_err());
        }

        #[test]
        fn text_without_braces_comes_out_unchanged(text in "[^{}]{0,60}") {
            prop_assert_eq!(render(&text, &event()), Ok(text));
        }
    }
}
