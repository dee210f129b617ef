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
    assert_eq!(Target::named("selenium", "java"), Some(Target::SeleniumJava));
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
        selenium.code.contains("go(driver, BASE_URL + \"/login.html\")") && selenium.filename.starts_with("test_sign_in"),
        "{}",
        selenium.code
    );
}

#[test]
fn every_action_and_claim_is_written_or_warned_of() {
    let steps: Vec<_> = Action::all()
        .filter(|action| *action != Action::Assert)
        .map(|action| {
            let value = if action == Action::SetHeaders { json!({ "x-stage": "blue" }) } else { json!("press Enter") };
            json!({ "action": action.name(), "target": "#target", "value": value, "save_as": "saved" })
        })
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

#[test]
fn variables_are_what_the_plan_says_and_stay_variables_in_patterns_and_paths() {
    let plan = json!({
        "name": "v",
        "variables": { "user": { "name": "Ana {{x}}" }, "price": "none" },
        "steps": [
            { "action": "goto", "target": "/login?next=http://x.test" },
            { "action": "goto", "target": "{{where}}" },
            { "action": "extract", "target": "#price", "save_as": "price" },
            { "action": "extract", "target": "#id", "save_as": "id" },
            { "action": "fill", "target": "#a", "value": "{{price}}{{user.name}} {{order.lines.0}}" },
            { "action": "wait_for_url", "value": "/orders/{{id}}/*" },
            { "action": "assert", "type": "text_matches", "target": "#a", "expected": "/^{{id}}$/i" },
            { "action": "click", "target": "label=Hello {{Name}}" },
        ],
    });
    let playwright = code(&plan, Target::PlaywrightJavascript).code;
    for line in [
        r#"  "order": { "lines": { "0": process.env.ORDER_LINES_0 ?? '' } },"#,
        r#"  "price": "none","#,
        r#"  "user": { "name": "Ana {{x}}" },"#,
        r#"await page.goto(baseUrl + "/login?next=http://x.test");"#,
        r#"await page.goto(new URL((String(vars["where"])).replace(/^\/+/, ''), baseUrl + '/').href);"#,
        r#".fill(String(vars["price"]) + String(vars["user"]["name"]) + " " + vars["order"]["lines"]["0"]);"#,
        r#"page.waitForURL(new RegExp("^[^:]+://[^/]+" + "/orders/" + String(vars["id"]).replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + "/[^/]*" + "(?:[?#].*)?$"));"#,
        r#"toHaveText(new RegExp("^" + String(vars["id"]) + "$", "i"));"#,
    ] {
        assert!(playwright.contains(line), "{line}\n{playwright}");
    }
    assert!(!playwright.contains("\"id\": "), "only a step gives it: {playwright}");
    let selenium = code(&plan, Target::SeleniumPython).code;
    for line in [
        r#""order": {"lines": {0: os.environ.get("ORDER_LINES_0", "")}},"#,
        r#"re.compile("^" + str(VARS["id"]) + "$", re.I)"#,
        r#"re.escape(str(VARS["id"]))"#,
        r#"quoted(VARS["Name"])"#,
        "concat('hello ', ",
    ] {
        assert!(selenium.contains(line), "{line}\n{selenium}");
    }
}

#[test]
fn addresses_are_matched_as_the_runner_matches_them() {
    for (text, expected) in [
        ("/wiki/Rust_(lang)", r#"new RegExp("/wiki/Rust_\\(lang\\)")"#),
        ("/\\/orders\\/\\d+/i", r#"new RegExp("\\/orders\\/\\d+", "i")"#),
        ("/*", r#"new RegExp("^[^:]+://[^/]+" + "/[^/]*" + "(?:[?#].*)?$")"#),
        ("**/orders?a-b", r#"new RegExp("^" + ".*/orders\\?a-b" + "$")"#),
        ("a.b", r#"new RegExp("a\\.b")"#),
    ] {
        assert_eq!(super::javascript::pattern(text), expected, "{text}");
    }
}

#[test]
fn failures_end_a_test_at_once_at_its_end_or_not_at_all() {
    let plan = json!({
        "name": "f",
        "steps": [
            { "action": "clear_storage", "optional": true },
            { "action": "click", "target": "#a", "continue_on_failure": true },
            { "action": "assert", "type": "visible", "target": "#b", "soft": true },
        ],
        "teardown": [{ "action": "click", "target": "#c" }],
    });
    let has = |target: Target, lines: &[&str]| {
        let code = code(&plan, target).code;
        let mut rest = code.as_str();
        for line in lines {
            let Some((_, after)) = rest.split_once(line) else { panic!("{target:?}: {line}\n{code}") };
            rest = after;
        }
    };
    let ends = "if (failures.length > 0) throw failures[0];";
    let collected = "} catch (error) { failures.push(error); }";
    has(
        Target::PlaywrightTypescript,
        &["const failures: unknown[] = [];", "} catch {}", collected, "expect.soft(", ends, "} finally {", "} catch {}"],
    );
    has(Target::PuppeteerJavascript, &["const failures = [];", "} catch {}", collected, collected, ends, "} finally {", "} catch {}"]);
    has(
        Target::SeleniumJava,
        &[
            "catch (Exception",
            "// It may fail.",
            "failures.add(error);",
            "failures.add(error);",
            "throw failures.get(0);",
            "void end()",
            "// It may fail.",
            "driver.quit();",
        ],
    );
    for target in [Target::PlaywrightPython, Target::SeleniumPython] {
        let end = if target == Target::SeleniumPython { "driver.quit()" } else { "browser.close()" };
        has(
            target,
            &[
                "failures = []",
                "except Exception:",
                "failures.append(error)",
                "failures.append(error)",
                "raise failures[0]",
                "finally:",
                "except Exception:",
                "finally:",
                end,
            ],
        );
    }
    let twice =
        json!({ "steps": [{ "action": "drag", "target": "#a", "value": "#b" }, { "action": "drag", "target": "#c", "value": "{{d}}" }] });
    let cypress = code(&twice, Target::CypressJavascript).code;
    assert!(cypress.contains("const dataTransfer1 =") && cypress.contains("const dataTransfer2 ="), "{cypress}");
}

#[test]
fn files_beside_each_other_have_names_of_their_own() {
    let named = |name: &str| Plan::parse(&json!({ "name": name, "steps": [{ "action": "goto", "target": "/" }] })).unwrap();
    let written = |target: Target| {
        let mut files = super::Files::default();
        ["A 2", "a", "A!", "a2", "A"].map(|name| files.write(&named(name), target, &ExportOptions::default()))
    };
    let java = written(Target::SeleniumJava);
    assert_eq!(java.clone().map(|file| file.filename), ["A2Test.java", "ATest.java", "A3Test.java", "A22Test.java", "A4Test.java"]);
    assert!(java.iter().all(|file| file.code.contains(&format!("class {} {{", file.filename.trim_end_matches(".java")))));
    let typescript = written(Target::PlaywrightTypescript);
    assert_eq!(typescript.clone().map(|file| file.filename), ["a_2.spec.ts", "a.spec.ts", "a_3.spec.ts", "a2_2.spec.ts", "a_4.spec.ts"]);
    let zip = super::archive(typescript.iter().map(|file| (file.filename.as_str(), file.code.as_str()))).unwrap();
    let names = |name: &str| zip.windows(name.len()).filter(|window| *window == name.as_bytes()).count();
    // In front of the file and in the directory.
    for file in &typescript {
        assert_eq!(names(&file.filename), 2, "{}", file.filename);
    }
    assert_eq!(names("PK\u{1}\u{2}"), 5);
}

#[test]
fn every_target_says_what_its_tests_need_beside_them() {
    for info in targets() {
        let files = super::support(info.target);
        assert!(!files.is_empty(), "{:?}", info.target);
        for (name, text) in files {
            if name == "package.json" {
                let package: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(package["devDependencies"].as_object().unwrap().len(), info.dependencies.len(), "{text}");
            }
        }
    }
    assert!(super::support(Target::PuppeteerTypescript)[0].1.contains(r#""typescript": "5""#));
    assert!(super::support(Target::PlaywrightTypescript)[0].1.contains(r#""@playwright/test": "latest""#));
}

#[test]
fn page_object_names_each_element_once_and_only_those_in_use() {
    let plan = Plan::parse(&login()).unwrap();
    let options = ExportOptions { page_object: true, ..ExportOptions::default() };
    let twice = Plan { steps: plan.steps.iter().chain(&plan.steps).cloned().collect(), ..plan };
    for (target, lines) in [
        (
            Target::PlaywrightTypescript,
            ["  signInButton: (page: Page) => page.getByRole(\"button\"", "await elements.signInButton(page).click();"],
        ),
        (
            Target::PlaywrightPython,
            ["    def sign_in_button(page):\n        return page.get_by_role(", "Elements.sign_in_button(page).click()"],
        ),
        (Target::CypressJavascript, ["  signInButton: () => cy.xpath(", "elements.signInButton().click();"]),
        (Target::PuppeteerJavascript, ["  signInButton: () => [['xpath', ", "await (await one(elements.signInButton())).click();"]),
        (Target::SeleniumPython, ["    def sign_in_button():\n        return [(\"xpath\", ", "click(driver, Elements.sign_in_button())"]),
        (
            Target::SeleniumJava,
            ["        List<String[]> signInButton() {\n            return way(xpath(", "click(elements.signInButton());"],
        ),
        (Target::SeleniumJavascript, ["  signInButton: () => [['xpath', ", "await click(elements.signInButton());"]),
    ] {
        let code = export(&twice, target, &options).code;
        assert_eq!(lines.map(|line| code.matches(line).count()), [1, 2], "{target:?}\n{code}");
        // An address is no element, and `body` none the test names.
        assert!(!code.contains("loginHtml") && !code.contains("login_html") && !code.contains("bodyElement:"), "{target:?}\n{code}");
    }
}

#[test]
fn rows_become_a_loop_or_marks_and_skipped_ones_are_left_out() {
    let row = |name: &str, email: &str, skip: bool| crate::sets::ParameterSet {
        name: name.to_owned(),
        values: json!({ "email": email }).as_object().cloned().unwrap(),
        skip,
        ..Default::default()
    };
    let rows = vec![row("It's Ana", "a'\"@b.test", false), row("Nobody", "n@b.test", true), row("It's, Ana", "c@b.test", false)];
    let options = ExportOptions { rows, ..ExportOptions::default() };
    for info in targets() {
        let code = export(&Plan::parse(&login()).unwrap(), info.target, &options).code;
        let looped = match info.language {
            "python" => "@pytest.mark.parametrize(\"row\", ROWS)",
            "java" => "@MethodSource(\"rows\")",
            _ => "for (const row of rows) {",
        };
        assert!(code.contains(looped) && !code.contains("n@b.test") && code.contains("[it_s_ana]"), "{:?}\n{code}", info.target);
        assert!(code.contains("[it_s_ana] 2") && !code.contains("[it_s_ana] 3"), "{:?}\n{code}", info.target);
    }
}

#[test]
fn conditions_are_written_for_every_tool_and_those_that_cannot_be_are_said() {
    let when = |condition: serde_json::Value| json!({ "action": "click", "target": "#a", "name": "the step", "if": condition });
    let filters =
        ["plan == 'p\"ro'", "count != 3", "user.age < 18", "flag == true", "role in ['a', 2]", "secrets.x", "user.pets", "plan > 'a'"];
    let claims = [
        json!({ "type": "visible", "target": "text=Hello {{plan}}" }),
        json!({ "type": "count", "target": "li", "expected": ">= 2", "not": true }),
        json!({ "type": "url_contains", "expected": "/x", "soft": true }),
    ];
    let steps: Vec<_> = filters.iter().map(|text| when(json!(text))).chain(claims.into_iter().map(when)).collect();
    let plan = json!({ "name": "c", "steps": steps, "variables": { "plan": "free" } });
    // Neither a claim no tool knows, nor one that takes more than one look, nor a way into a frame that may not be gone.
    let not = json!({ "name": "c", "steps": [
        when(json!({ "type": "performance", "expected": "lcp_ms<2000" })),
        when(json!({ "type": "screenshot_matches", "expected": "home" })),
        { "action": "switch_frame", "target": "#frame", "name": "the step", "if": "plan" },
    ]});
    for info in targets() {
        let exported = code(&plan, info.target);
        let warnings: Vec<_> = exported.warnings.iter().filter(|said| *said != super::NOT_RUN).collect();
        assert!(warnings.is_empty(), "{:?}: {warnings:?}", info.target);
        assert!(exported.code.lines().filter(|line| line.trim_start().starts_with("if ")).count() >= 10, "{}", exported.code);
        let said = code(&not, info.target).warnings;
        let missing = "the step: its condition is not exported, the step is always done";
        assert_eq!(said.iter().filter(|said| *said == missing).count(), 3, "{:?}: {said:?}", info.target);
    }
    let playwright = code(&plan, Target::PlaywrightTypescript).code;
    for line in [
        r#"  if (asText(vars["plan"]) === "p\"ro") {"#,
        r#"  if (!(numberOf(asText(vars["count"])) == 3.0)) {"#,
        r#"  if (numberOf(asText(vars["user"]?.["age"])) < 18.0) {"#,
        r#"  if (isTruthy(vars["secrets.x"])) {"#,
        r#"  if (isTruthy(vars["user"]?.["pets"])) {"#,
        r#"const isTruthy = (value: unknown) => {"#,
        r#"  if (false) {"#,
        r#"  if (await isTrueNow(async () => { await expect(page).toHaveURL(new RegExp("/x"), { timeout: 1 }); })) {"#,
        r#"  if (await isTrueNow(async () => { expect(await page.locator("li").count()).not.toBeGreaterThanOrEqual(2); })) {"#,
    ] {
        assert!(playwright.contains(line), "{line}\n{playwright}");
    }
    let python = code(&plan, Target::PlaywrightPython).code;
    assert!(python.contains("if not (page.locator(\"li\").count() >= 2):"), "{python}");
    assert!(python.contains("if is_truthy(held(\"user\", \"pets\")):"), "{python}");
    let java = code(&plan, Target::SeleniumJava).code;
    assert!(java.contains("if (known(\"role\").equals(\"a\") || numberOf(known(\"role\")) == 2.0) {"), "{java}");
    assert!(java.contains("if (isTruthy(held(\"user\", \"pets\"))) {"), "{java}");
    assert!(!code(&login(), Target::SeleniumPython).code.contains("is_truthy"), "what no step needs is not written");
}
