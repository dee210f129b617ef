use proptest::prelude::*;
use serde_json::json;

use super::{ExportOptions, Target, export, targets};
use crate::plan::{Action, Claim, Plan};

fn code(plan: &serde_json::Value, target: Target) -> super::Exported {
    export(
        &Plan::parse(plan).unwrap(),
        target,
        &ExportOptions { base_url: Some("http://shop.test/".to_owned()), ..ExportOptions::default() },
    )
}

fn login() -> serde_json::Value {
    json!({
        "name": "Sign in: \"Ana's\" way\nor not",
        "variables": { "email": "ana@example.org" },
        "steps": [
            { "action": "goto", "target": "/login.html" },
            { "action": "fill", "target": "label=E-mail", "value": "{{email}}", "description": "Name\nsystem('rm')" },
            { "action": "fill", "target": "testid=password", "value": "{{secrets.password}}" },
            { "action": "click", "target": "role=button[name=\"Sign in\"]" },
            { "action": "assert", "type": "url_contains", "expected": "/dashboard" },
            { "action": "accessibility_check" },
        ],
        "assertions": [{ "type": "text_contains", "target": "#who", "expected": "O'Neil \"x\"" }],
    })
}

#[test]
fn names_lead_to_targets() {
    for info in targets() {
        assert_eq!(Target::named(info.framework, info.language), Some(info.target));
    }
    assert_eq!(Target::named("playwright", "ts"), Some(Target::PlaywrightTypescript));
    assert_eq!(Target::named("cypress", "python"), None);
}

#[test]
fn login_in_playwright_reads_as_written() {
    let exported = code(&login(), Target::PlaywrightTypescript);
    assert_eq!(exported.filename, "sign_in_ana_s_way_or_not.spec.ts");
    assert_eq!(exported.warnings, ["accessibility_check"]);
    let expected = r#"import { test, expect } from '@playwright/test';

const baseUrl: string = process.env.BASE_URL ?? "http://shop.test";
const vars: Record<string, any> = {
  "email": "ana@example.org",
  "secrets.password": process.env.PASSWORD ?? '',
};

test("Sign in: \"Ana's\" way\nor not", async ({ page: first, context, request }) => {
  let page = first;
  await page.goto(baseUrl + "/login.html");
  // Name system('rm')
  await page.getByLabel("E-mail").fill(String(vars["email"]));
  await page.locator("[data-testid=\"password\"], [data-test-id=\"password\"], [data-test=\"password\"], [data-cy=\"password\"], [data-qa=\"password\"]").fill(String(vars["secrets.password"]));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(new RegExp("/dashboard"));
"#;
    assert!(exported.code.starts_with(expected), "{}", exported.code);
    assert!(exported.code.contains("await expect(page.locator(\"#who\")).toContainText(\"O'Neil \\\"x\\\"\");"));
}

#[test]
fn python_and_cypress_quote_and_look_up_secrets() {
    let python = code(&login(), Target::PlaywrightPython).code;
    assert!(python.contains("\"secrets.password\": os.environ.get(\"PASSWORD\", \"\"),"), "{python}");
    assert!(python.contains("page.get_by_role(\"button\", name=\"Sign in\", exact=True).click()"));
    assert!(python.contains("# Name system('rm')\n"));
    let cypress = code(&login(), Target::CypressJavascript).code;
    assert!(cypress.contains("\"secrets.password\": Cypress.env(\"PASSWORD\") ?? '',"), "{cypress}");
    let selenium = code(&login(), Target::SeleniumPython);
    assert!(
        selenium.code.contains("driver.get(BASE_URL + \"/login.html\")") && selenium.filename.starts_with("test_sign_in"),
        "{}",
        selenium.code
    );
}

#[test]
fn every_action_and_claim_is_written_or_warned_of() {
    let steps: Vec<_> = Action::all()
        .filter(|action| *action != Action::Assert)
        .map(|action| json!({ "action": action.name(), "target": "#target", "value": "press Enter", "save_as": "saved" }))
        .collect();
    let assertions: Vec<_> = Claim::all().map(|claim| json!({ "type": claim.name(), "target": "#target", "expected": "3" })).collect();
    let mut plan = Plan::parse(&json!({ "name": "all", "steps": [], "assertions": [] })).unwrap();
    for info in targets() {
        for step in &steps {
            plan.steps = Plan::parse(&json!({ "steps": [step] })).unwrap().steps;
            let exported = export(&plan, info.target, &ExportOptions::default());
            let empty = export(&Plan { steps: Vec::new(), ..plan.clone() }, info.target, &ExportOptions::default());
            assert!(
                exported.code.lines().count() > empty.code.lines().count() || step["action"] == "switch_frame",
                "{:?} {step}",
                info.target
            );
        }
        for assertion in &assertions {
            let plan = Plan::parse(&json!({ "assertions": [assertion] })).unwrap();
            let exported = export(&plan, info.target, &ExportOptions::default());
            let empty = export(&Plan::default(), info.target, &ExportOptions::default());
            assert!(exported.code.lines().count() > empty.code.lines().count(), "{:?} {assertion}", info.target);
        }
    }
}

proptest! {
    #[test]
    fn any_text_stays_inside_its_literal(name in any::<String>(), value in any::<String>(), note in any::<String>()) {
        let doc = json!({ "name": name, "steps": [{ "action": "fill", "target": "#a", "value": value, "description": note }] });
        let plan = Plan::parse(&doc).unwrap();
        let plain = Plan::parse(&json!({ "name": "x", "steps": [{ "action": "fill", "target": "#a", "value": "x", "description": "x" }] })).unwrap();
        let variables = super::writer::variables(&plan).len();
        for info in targets() {
            let lines = |plan: &Plan| export(plan, info.target, &ExportOptions::default()).code.lines().count();
            // No text adds a line; only variables it names do.
            if variables == 0 {
                prop_assert_eq!(lines(&plan), lines(&plain));
            }
        }
    }
}
