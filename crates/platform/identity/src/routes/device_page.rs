//! The approval pages as plain HTML, for browsers without scripts. Every text from outside is escaped.

use argos_web::Reply;

use crate::actions::Pending;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<title>Argos - connect a device</title><style>body{font:16px/1.5 system-ui,sans-serif;background:#10141c;color:#e8ecf3;display:grid;\
place-items:center;min-height:100vh;margin:0}main{background:#1a202c;border:1px solid #2d3646;border-radius:14px;padding:28px;\
max-width:360px}h1{font-size:1.3rem;margin:0 0 8px}input,button{font:inherit;padding:10px 14px;border-radius:8px;border:1px solid #3a465a;\
background:#10141c;color:inherit}input{width:100%;box-sizing:border-box;margin:8px 0 16px;letter-spacing:.1em}\
button{background:#3b76f0;border:0;color:#fff;cursor:pointer}button.no{background:#2d3646}dt{color:#9aa7bb}dd{margin:0 0 8px}\
.bad{color:#ff9d8a}a{color:#8fb4ff}</style><main><h1>Connect a device</h1>";

fn page(body: &str) -> Reply {
    Reply::html(format!("{HEAD}{body}</main></html>"))
}

pub(super) fn code_form(code: &str, fault: Option<&str>) -> Reply {
    let fault = fault.map(|text| format!("<p class=\"bad\">{}</p>", escape(text))).unwrap_or_default();
    page(&format!(
        "<form method=\"post\" action=\"/api/v1/auth/device/verify\">{fault}<label>The code your device shows\
<input name=\"user_code\" value=\"{}\" autocomplete=\"off\" autofocus required maxlength=\"16\"></label>\
<button>Continue</button></form>",
        escape(code)
    ))
}

pub(super) fn sign_in_first(code: &str) -> Reply {
    let letters: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(16).collect();
    page(&format!("<p>Sign in first, then confirm the code.</p><p><a href=\"/login?next=/device%3Fcode%3D{letters}\">Sign in</a></p>"))
}

pub(super) fn confirmation(p: &Pending) -> Reply {
    let hidden = |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    page(&format!(
        "<p>Only continue when your own device shows <b>{code}</b>.</p><dl><dt>Program</dt><dd>{client}</dd><dt>May</dt><dd>{scopes}</dd>\
<dt>Address</dt><dd>{ip}</dd></dl><form method=\"post\" action=\"/api/v1/auth/device/approve\">{fields}\
<button name=\"approve\" value=\"true\">Approve</button> <button class=\"no\" name=\"approve\" value=\"false\">Deny</button></form>",
        code = escape(&p.user_code),
        client = escape(&p.client_id),
        scopes = escape(&p.scopes.join(", ")),
        ip = escape(p.client_ip.as_deref().unwrap_or("unknown")),
        fields = hidden("user_code", &p.user_code) + &hidden("csrf_token", &p.csrf_token),
    ))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }
}
