// A test of a site, from its first line to the approved picture: the project says what may be reached, the dialog what will run, the
// run leaves a trace that is looked at part by part, and the picture is decided. Then the pages of tests with something on them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { baseUrl, launchFresh, openPage, signIn, test, tooWide, until, violations, withSignedIn } from './browser.mjs';

let browser;
let site;
let siteUrl;
const made = { project: '', test: '', run: '', discovery: '', recording: '', again: '' };

const pages = {
  '/': ['text/html', '<!doctype html><html lang="en"><head><title>Shop</title><link rel="stylesheet" href="/shop.css"></head><body><main><h1>The little shop</h1><form action="/thanks"><label>Name <input name="who" required></label><button>Order</button></form><a href="/about">About us</a><p id="stock">?</p></main><script src="/shop.js"></script></body></html>'],
  '/about': ['text/html', '<!doctype html><html lang="en"><head><title>About</title></head><body><main><h1>About us</h1><a href="/">Back</a></main></body></html>'],
  '/thanks': ['text/html', '<!doctype html><html lang="en"><head><title>Thanks</title><link rel="stylesheet" href="/shop.css"></head><body><main><h1>Thank you</h1></main></body></html>'],
  '/shop.css': ['text/css', 'body { font-family: sans-serif; background: rgb(250, 240, 220); } h1 { color: rgb(120, 20, 20); }'],
  '/shop.js': ['text/javascript', 'console.log("the shop is open"); fetch("/stock.json").then((r) => r.json()).then((s) => { document.getElementById("stock").textContent = s.left + " left"; });'],
  '/stock.json': ['application/json', '{"left":7}'],
};

before(async () => {
  site = createServer((asked, reply) => {
    const [type, body] = pages[new URL(asked.url, 'http://site').pathname] ?? ['text/plain', 'nothing here'];
    reply.writeHead(pages[new URL(asked.url, 'http://site').pathname] ? 200 : 404, { 'Content-Type': type }).end(body);
  });
  await new Promise((done) => site.listen(0, '127.0.0.1', done));
  siteUrl = `http://127.0.0.1:${site.address().port}`;
  browser = await launchFresh();
});
after(async () => {
  await browser?.close();
  // The browsers of the server keep their connections open.
  site?.closeAllConnections();
  site?.close();
});

async function call(page, method, path, body) {
  return await page.evaluate(async ([m, p, b]) => {
    const token = /(?:^|;\s*)csrf_token=([^;]+)/.exec(document.cookie)?.[1] ?? '';
    const reply = await fetch(p, { method: m, headers: { 'X-CSRF-Token': token, ...(b ? { 'Content-Type': 'application/json' } : {}) }, ...(b ? { body: JSON.stringify(b) } : {}) });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  }, [method, path, body]);
}
const ended = (page, id) => until(`the run ${id}`, async () => (await call(page, 'GET', `/api/v1/runs/${id}`)).body, (r) => !['pending', 'running'].includes(r.status), 120_000);

test('test_is_made_run_looked_at_and_its_picture_approved', async () => {
  await withSignedIn(browser, async (page) => {
    const name = `Shop ${Date.now().toString(36)}`;
    made.project = (await call(page, 'POST', '/api/v1/projects', { name, app_url: siteUrl })).body.id;

    // What the project says; its secret is never shown again.
    await page.goto(`${baseUrl}/tests/settings?project=${made.project}`);
    await page.getByText('Inherited: 2 (this installation)').waitFor();
    await page.getByLabel('Allowed hosts').fill('127.0.0.1');
    await page.getByRole('button', { name: 'Add a secret' }).click();
    const secrets = page.getByRole('group', { name: 'Secrets' });
    await secrets.getByLabel('Name').fill('customer');
    await secrets.getByLabel('Value of customer').fill('Ada Hidden-Name');
    await page.getByLabel('Tries after a failure').fill('11');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('retries must be between 0 and 10').waitFor();
    await page.getByLabel('Tries after a failure').fill('0');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.toast', { hasText: 'Saved' }).waitFor();
    await page.reload();
    await secrets.getByText('customer').waitFor();
    assert.equal(await page.getByLabel('Tries after a failure').inputValue(), '0');
    assert.ok(!(await page.content()).includes('Hidden-Name'));

    // The test is written and run from its editor; the dialog says what it will be.
    await page.goto(`${baseUrl}/tests?project=${made.project}`);
    await page.getByRole('button', { name: 'New test' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Order something');
    await dialog.locator('button[type=submit]').click();
    await page.waitForURL(/\/tests\/[0-9a-f-]+\/edit$/);
    made.test = page.url().split('/').at(-2);
    const steps = [{ action: 'goto', target: '/' }, { action: 'fill', target: 'label=Name', value: '{{customer}}' }, { action: 'visual_check', name: 'front', full_page: false }, { action: 'click', target: 'role=button[name="Order"]' }];
    const wrote = await call(page, 'PUT', `/api/v1/tests/${made.test}`, { steps, tags: ['smoke'], assertions: [{ type: 'text_contains', target: 'h1', value: 'Thank you' }] });
    assert.equal(wrote.status, 200, JSON.stringify(wrote.body));
    await page.reload();
    // What else is said of a step unfolds, a closed row tells it in short, and another action takes along what it understands.
    const click = page.locator('.tsteps').first().getByRole('listitem', { name: 'Step 4' });
    await click.getByRole('button', { name: 'More', exact: true }).click();
    await click.getByLabel('Further tries').fill('1');
    await click.getByRole('group', { name: 'Keys held down' }).getByRole('button', { name: 'Shift' }).click();
    await click.getByLabel('Action').selectOption('hover');
    await click.getByLabel('Action').selectOption('click');
    await click.getByRole('group', { name: 'Keys held down' }).getByRole('button', { name: 'Shift' }).click();
    await click.getByRole('button', { name: 'More', exact: true }).click();
    await click.locator('.tstep-notes').getByText('Further tries').waitFor();
    assert.equal(await click.locator('.tstep-notes .chip').count(), 1);
    await page.getByLabel('Size of the window').selectOption('laptop');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.toast', { hasText: 'Saved as a new version' }).waitFor();
    const kept = (await call(page, 'GET', `/api/v1/tests/${made.test}`)).body;
    assert.deepEqual(kept.steps[3], { ...steps[3], execution: { retries: 1 } });
    assert.deepEqual(kept.config.viewport, { width: 1280, height: 720 });
    // A cookie is written in two fields; what can be none is said before it is saved.
    await page.getByRole('button', { name: 'Add a step', exact: true }).click();
    const cookie = page.locator('.tsteps').first().getByRole('listitem', { name: 'Step 5' });
    await cookie.getByLabel('Action').selectOption('set_cookie');
    await cookie.getByText('Input should be an object with a name and a value').waitFor();
    await cookie.getByLabel('Name of the cookie').fill('lang');
    await cookie.getByLabel('Its value').fill('es');
    await cookie.locator('.field-error').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await until('the cookie', async () => (await call(page, 'GET', `/api/v1/tests/${made.test}`)).body.steps[4], (step) => step?.value?.value === 'es', 20_000);
    await page.getByRole('button', { name: 'Run now' }).click();
    await dialog.getByText(siteUrl, { exact: true }).waitFor();
    await dialog.getByLabel('Trace', { exact: true }).selectOption('on');
    await dialog.getByLabel('Film', { exact: true }).selectOption('true');
    await dialog.getByText(/trace: always/).waitFor();
    await dialog.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]+$/);
    made.run = page.url().split('/').at(-1);
    const run = await ended(page, made.run);
    assert.equal(run.status, 'passed', JSON.stringify((await call(page, 'GET', `/api/v1/runs/${made.run}/results`)).body.results?.[0]?.error_message));

    // The trace: the page at a step, what it asked and said, nothing of it running.
    await page.getByRole('link', { name: 'Look at the trace' }).click();
    await page.locator('.trace-steps li').nth(3).waitFor();
    await page.locator('.trace-steps li button').nth(1).click();
    const picture = page.locator('.trace-picture img');
    await picture.waitFor();
    assert.ok(await picture.evaluate(async (i) => { await i.decode(); return i.naturalWidth; }) > 0);
    await page.getByRole('button', { name: 'Page after', exact: true }).click();
    const frame = page.frameLocator('.trace-paper iframe');
    await frame.getByRole('heading', { name: 'The little shop' }).waitFor();
    assert.equal(await frame.locator('h1').evaluate((h) => getComputedStyle(h).color), 'rgb(120, 20, 20)');
    assert.equal(await frame.locator('script').count(), 0);
    assert.ok(!(await frame.locator('html').innerHTML()).includes('Hidden-Name'));
    await page.getByRole('button', { name: 'All steps' }).click();
    await page.getByLabel('Part of the address').fill('stock');
    await page.getByText(/^1 of \d+ requests$/).waitFor();
    await page.locator('.trace-name', { hasText: 'stock.json' }).click();
    await page.getByText('Headers of the answer').waitFor();
    await page.getByRole('button', { name: 'Console', exact: true }).click();
    await page.locator('.trace-said').getByText('the shop is open').waitFor();
    await page.getByRole('button', { name: /^Step \d+$/ }).click();
    await page.locator('.trace-said li, .trace-panel .state').first().waitFor();
    await page.locator('.trace-steps li button').first().click();
    await page.locator('.trace-said').getByText('the shop is open').waitFor();
    await page.getByRole('button', { name: 'Film', exact: true }).click();
    await page.locator('video.trace-film').waitFor();
    const parts = (await call(page, 'GET', `/api/v1/runs/${made.run}/results`)).body.results[0].trace_artifact_id;
    const document = await page.evaluate(async (id) => { const r = await fetch(`/api/v1/artifacts/${id}/trace/part?name=dom/000-after.html`); return [r.status, r.headers.get('content-security-policy')]; }, parts);
    assert.equal(document[0], 200);
    assert.match(document[1], /sandbox; default-src 'none'/);

    // The next run is seen beside the one that passed.
    const again = (await call(page, 'POST', `/api/v1/tests/${made.test}/run`, { trace: 'on' })).body.run_id;
    await ended(page, again);
    made.again = again;
    await page.goto(`${baseUrl}/runs/${again}/trace`);
    await page.locator('.trace-green').getByRole('link', { name: 'Last green run' }).waitFor();
    await page.getByRole('button', { name: 'Beside the last green', exact: true }).click();
    await page.locator('.vis-viewer figure').nth(1).locator('img').waitFor();
    await page.getByRole('button', { name: 'A span', exact: true }).click();
    await page.locator('.trace-range input').first().waitFor();

    // The picture is decided, and is the approved one from then on.
    await page.goto(`${baseUrl}/tests/visual?project=${made.project}`);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.locator('.toast', { hasText: 'is approved' }).waitFor();
    await page.getByRole('link', { name: 'Approved pictures' }).click();
    await page.getByLabel('A selector or a text that is left out').fill('#stock');
    await page.getByRole('button', { name: 'Leave out' }).click();
    await page.locator('.vis-regions').getByText('#stock').waitFor();

    // The second run remembers the choice, and several tests are changed at once.
    await page.goto(`${baseUrl}/tests?project=${made.project}`);
    await page.getByLabel('Choose all rows').check();
    await page.getByRole('region', { name: '1 chosen' }).getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Priority: high' }).click();
    await page.locator('.toast', { hasText: '1 test was changed' }).waitFor();
    await page.getByRole('region', { name: '1 chosen' }).getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Add tags' }).click();
    await dialog.getByLabel('Tags').fill('nightly');
    await dialog.getByRole('button', { name: 'Add tags' }).click();
    await until('the tag', async () => (await call(page, 'GET', `/api/v1/tests/${made.test}`)).body.tags, (tags) => tags.includes('nightly'), 20_000);
    await page.locator('.toast', { hasText: 'changed' }).last().getByRole('button', { name: 'Undo' }).click();
    await until('the tags as they were', async () => (await call(page, 'GET', `/api/v1/tests/${made.test}`)).body.tags, (tags) => tags.join() === 'smoke', 20_000);
    // It goes out as a file and comes in again.
    const file = page.waitForEvent('download');
    await page.getByRole('region', { name: '1 chosen' }).getByRole('button', { name: 'Download as JSON' }).click();
    const written = await (await file).path();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.locator('input[type=file]').setInputFiles({ name: 'tests.json', mimeType: 'application/json', buffer: readFileSync(written) });
    await dialog.getByText('the project has one of this name').waitFor();
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Import 1 test' }).click();
    await page.locator('.toast', { hasText: '1 test was imported' }).getByRole('button', { name: 'Undo' }).click();
    await until('one test', async () => (await call(page, 'GET', `/api/v1/tests?project_id=${made.project}`)).body.total, (n) => n === 1, 20_000);
    await page.getByRole('region', { name: '1 chosen' }).getByRole('button', { name: 'Export as code' }).click();
    await dialog.getByLabel('Tool and language').selectOption('selenium/java');
    await dialog.getByText('class OrderSomethingTest {').waitFor();
    const saved = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Everything as a zip' }).click();
    assert.equal((await saved).suggestedFilename(), 'selenium-tests.zip');
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: '1 chosen' }).getByRole('button', { name: 'Run' }).click();
    assert.equal(await dialog.getByLabel('Trace', { exact: true }).inputValue(), 'on');
    await page.keyboard.press('Escape');
  });
});

test('pages_of_tests_are_clean_accessible_and_fit_a_phone_with_something_on_them', async () => {
  await withSignedIn(browser, async (page) => {
    const begun = await call(page, 'POST', '/api/v1/discovery/sessions', { project_id: made.project, app_url: siteUrl, mode: 'quick_scan' });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    made.discovery = begun.body.id;
    await until('the exploration', async () => (await call(page, 'GET', `/api/v1/discovery/sessions/${made.discovery}`)).body, (d) => ['completed', 'failed'].includes(d.status), 120_000);
    const recording = await call(page, 'POST', '/api/v1/recording/sessions', { project_id: made.project, url: siteUrl, launch_browser: true });
    assert.equal(recording.status, 200, JSON.stringify(recording.body));
    made.recording = recording.body.browser_session_id;
  });
  const filled = [`/tests?project=${made.project}`, `/tests/${made.test}`, `/tests/${made.test}/edit`, `/tests/${made.test}/edit?view=code`, `/tests/${made.test}/edit?view=data`, `/tests/${made.test}/edit?view=history`, `/runs/${made.run}`, `/runs/${made.run}/trace`, `/runs/${made.again}/trace`, `/tests/settings?project=${made.project}`, `/tests/visual?project=${made.project}&all=1`, `/tests/visual/baselines?project=${made.project}`, `/tests/visual/accessibility?project=${made.project}`, `/tests/visual/screens?project=${made.project}`, `/tests/discover/${made.discovery}`, `/tests/discover/${made.discovery}/flows`];
  const { context: first, page: signed } = await openPage(browser);
  await signIn(signed);
  const storageState = await first.storageState();
  await first.close();
  for (const look of [{ scheme: 'dark' }, { scheme: 'light' }, { width: 360, height: 740, phone: true }]) {
    const { context, page, problems } = await openPage(browser, { ...look, storageState });
    for (const path of filled) {
      await page.goto(`${baseUrl}${path}`);
      await page.waitForSelector('main .card');
      await page.waitForFunction(() => document.querySelector('main .skeleton') === null);
      if (look.phone) assert.deepEqual(await tooWide(page), [], path);
      else assert.deepEqual(await violations(page), [], path);
    }
    if (!look.phone) {
      // The live browser goes on for as long as somebody looks at it; a view that broke off comes back by itself.
      let broken = 0;
      await page.routeWebSocket(/\/browser\/sessions\/.*\/live$/, (socket) => { if (broken === 0) { broken = 1; void socket.close(); } else socket.connectToServer(); });
      await page.goto(`${baseUrl}/tests/record/${made.recording}`);
      await page.locator('.live-screen img').waitFor();
      assert.equal(broken, 1);
      assert.deepEqual(await violations(page), [], 'the recording');
    }
    assert.deepEqual(problems, []);
    await context.close();
  }
  await withSignedIn(browser, async (page) => {
    assert.equal((await call(page, 'DELETE', `/api/v1/browser/sessions/${made.recording}`)).status, 200);
    assert.equal((await call(page, 'DELETE', `/api/v1/projects/${made.project}`)).status, 200);
    // What a project left is nobody's any more.
    assert.equal((await call(page, 'GET', `/api/v1/runs/${made.run}`)).status, 404);
  });
});
