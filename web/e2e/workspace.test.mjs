// What helps a person work: a fresh proof asked for in the middle, drafts, changes that arrive, roles, ways back.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { baseUrl, launchFresh, openPage, password, signIn, test, until, withSignedIn } from './browser.mjs';

let browser;
before(async () => { browser = await launchFresh(); });
after(async () => { await browser?.close(); });

const withPage = (run, options) => withSignedIn(browser, run, options);

/** Asks the server as the signed-in person. */
async function call(page, method, path, body) {
  return await page.evaluate(async ([m, p, b]) => {
    const token = /(?:^|;\s*)csrf_token=([^;]+)/.exec(document.cookie)?.[1] ?? '';
    const reply = await fetch(p, { method: m, headers: { 'X-CSRF-Token': token, ...(b ? { 'Content-Type': 'application/json' } : {}) }, ...(b ? { body: JSON.stringify(b) } : {}) });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  }, [method, path, body]);
}

const problemOf = async (page, title) => (await call(page, 'GET', '/api/ui/attention')).body.problems.find((p) => p.title.includes(title));

test('refused_request_goes_on_after_the_proof_and_a_wrong_password_ends_nothing', async () => {
  await withPage(async (page) => {
    const name = `proof-${Date.now().toString(36)}`;
    await page.goto(`${baseUrl}/settings/people`);
    assert.equal((await call(page, 'POST', '/api/admin/users', { action: 'add', username: name, password: 'Argos-Mock-2', role: 'viewer' })).status, 200);
    await page.reload();
    // A sign-in counts as a proof for ten minutes; the first answer is the one of the eleventh.
    let refused = 0;
    await page.route('**/api/admin/users', async (route) => {
      if (refused > 0) { await route.continue(); return; }
      refused += 1;
      await route.fulfill({ status: 403, contentType: 'application/json', body: JSON.stringify({ error: 'Please confirm your identity again', detail: 'Please confirm your identity again', code: 'step_up_required' }) });
    });
    await page.getByRole('row', { name: new RegExp(name) }).getByRole('button', { name: /Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Set a new password' }).click();
    await page.locator('dialog input').fill('Argos-Mock-3');
    await page.locator('dialog button[type=submit]').click();
    const question = page.getByRole('dialog', { name: 'Confirm that it is you' });
    await question.waitFor();
    assert.equal(await question.locator('input').evaluate((e) => e === document.activeElement), true);
    await question.getByLabel('Password', { exact: true }).fill('not-it');
    await question.getByRole('button', { name: 'Confirm' }).click();
    await question.getByText('The password is wrong.').waitFor();
    await question.getByLabel('Password', { exact: true }).fill(password);
    await question.getByRole('button', { name: 'Confirm' }).click();
    await page.locator('.toast', { hasText: name }).waitFor();
    assert.equal(await page.locator('dialog').count(), 0);
    await page.unroute('**/api/admin/users');
    await call(page, 'POST', '/api/admin/users', { action: 'remove', username: name });
  });
});

test('half_written_rule_survives_a_press_beside_and_a_reload_and_can_be_given_up', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/incidents/rules?new=1`);
    const sheet = page.getByRole('dialog', { name: 'New rule' });
    await sheet.locator('summary').click();
    await sheet.getByLabel(/^Name/).fill('Queue of the relay');
    await page.mouse.click(20, 450);
    assert.equal(await sheet.getByLabel(/^Name/).inputValue(), 'Queue of the relay');
    await sheet.getByText('Draft kept').waitFor();
    await page.reload();
    await sheet.getByText('Goes on where you left off').waitFor();
    await sheet.locator('summary').click();
    assert.equal(await sheet.getByLabel(/^Name/).inputValue(), 'Queue of the relay');
    const gone = page.waitForResponse((r) => r.request().method() === 'DELETE' && r.url().includes('/api/ui/drafts/'));
    await sheet.getByRole('button', { name: 'Start over' }).click();
    assert.equal((await gone).status(), 204);
    assert.equal(await sheet.getByLabel(/^Name/).inputValue(), '');
    assert.deepEqual((await call(page, 'GET', '/api/ui/drafts')).body.filter((d) => d.key.startsWith('alert-rule/')), []);
  });
});

test('change_of_a_thing_arrives_on_the_list_by_the_stream', async () => {
  await withPage(async (page) => {
    const ready = page.waitForRequest((r) => r.url().includes('/api/ui/stream'));
    await page.goto(`${baseUrl}/inventory?q=kind:machine`);
    await ready;
    await page.locator('tbody tr').first().waitFor();
    const thing = (await call(page, 'GET', '/api/ui/inventory?q=kind:machine')).body.items[0];
    // Only the stream tells of it: the list itself is not asked for again.
    await page.route('**/api/ui/inventory?*', (route) => route.abort());
    const tag = `s${Date.now().toString(36)}`;
    const done = await call(page, 'PATCH', `/api/ui/things/${encodeURIComponent(thing.ref)}`, { tags: [tag] });
    assert.equal(done.status, 200);
    await page.locator('tbody .tag', { hasText: tag }).waitFor();
    await call(page, 'POST', `/api/ui/undo/${done.body.undo}`);
    await page.locator('tbody .tag', { hasText: tag }).waitFor({ state: 'detached' });
  });
});

test('roles_page_says_what_each_role_may_and_who_holds_it', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/settings/roles`);
    await page.locator('.role-card').nth(3).waitFor();
    assert.deepEqual(await page.locator('.role-card h2').allTextContents(), ['Viewer', 'Operator', 'Administrator', 'Owner']);
    await page.locator('.role-card', { hasText: 'Owner' }).getByText('your role').waitFor();
    await page.getByLabel('Find a permission').fill('switch outlets');
    const row = page.locator('.roles tbody tr', { hasText: 'power:control' });
    await row.waitFor();
    assert.deepEqual(await row.locator('td').evaluateAll((cells) => cells.map((c) => c.querySelector('svg')?.getAttribute('aria-label') ?? c.textContent)), ['may not', 'may not', 'may', 'may']);
    assert.match(page.url(), /q=switch/);
    await page.getByLabel('Find a permission').fill('');
    await page.getByRole('button', { name: 'In an organization' }).click();
    await page.getByRole('columnheader', { name: 'Maintainer' }).waitFor();
  });
});

test('list_of_addresses_that_would_shut_oneself_out_is_shown_and_not_saved', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/settings/people?tab=rules`);
    const list = page.getByLabel('Addresses and ranges, one per line');
    await list.waitFor();
    let stored = 0;
    page.on('request', (r) => { if (r.method() === 'PUT' && r.url().includes('/api/settings/')) stored += 1; });
    await list.fill('10.99.0.0/16');
    await page.getByRole('button', { name: 'Save list' }).click();
    await page.locator('.allow-preview').getByText('this would lock you out').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Save/ }).getAttribute('aria-disabled'), 'true');
    assert.equal(stored, 0);
  });
});

test('silence_is_taken_back_from_its_message', async () => {
  await withPage(async (page) => {
    const id = `undo_${Date.now().toString(36)}`;
    await page.goto(`${baseUrl}/incidents`);
    assert.equal((await call(page, 'POST', '/api/alert-rules', { id, condition: 'uptime_s > 0', message: `Fires ${id}`, severity: 'warning' })).status < 300, true);
    const problem = page.locator('.problem', { hasText: id });
    await problem.waitFor();
    await problem.getByRole('button', { name: /Silence/ }).click();
    await page.getByRole('menuitem').first().click();
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
    await until('the silence is gone', () => problemOf(page, id), (p) => p !== undefined && p.state !== 'silenced');
    await call(page, 'DELETE', `/api/alert-rules/${id}`);
  });
});

test('incident_is_acknowledged_and_silenced_where_it_is_read_and_the_silence_taken_back', async () => {
  await withPage(async (page) => {
    const id = `inc_${Date.now().toString(36)}`;
    await page.goto(`${baseUrl}/incidents`);
    await call(page, 'POST', '/api/alert-rules', { id, condition: 'uptime_s > 0', message: `Fires ${id}`, severity: 'critical', group: id });
    const problem = () => problemOf(page, id);
    await page.locator('.problem', { hasText: id }).waitFor();
    await until('an incident stands behind it', problem, (p) => Boolean(p?.incident_id));
    await page.goto(`${baseUrl}/incidents/${(await problem()).incident_id}`);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByRole('button', { name: 'Acknowledge' }).waitFor({ state: 'detached' });
    assert.notEqual((await problem()).acknowledged_by, null);
    await page.locator('.page-actions .menu button').first().click();
    await page.getByRole('menuitem', { name: /Silence for 1 h/ }).click();
    await page.locator('.toast', { hasText: 'Silent for 1 h' }).waitFor();
    assert.equal((await problem()).state, 'silenced');
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
    await until('the silence is gone', () => problemOf(page, id), (p) => p !== undefined && p.state !== 'silenced');
    await call(page, 'DELETE', `/api/alert-rules/${id}`);
  });
});

test('published_addresses_and_references_lead_on_and_an_unknown_one_says_so', async () => {
  await withPage(async (page) => {
    for (const [from, to] of [['/hosts?x=1', '/sites?x=1'], ['/admin/users', '/settings/people'], ['/go/machine%3Alocal', '/machines/local'], ['/#/settings/users', '/settings/people'], ['/events', '/explore/timeline']]) {
      await page.goto(`${baseUrl}${from}`);
      await page.waitForURL(`${baseUrl}${to}`);
      await page.locator('main h1').first().waitFor();
    }
    await page.goto(`${baseUrl}/nowhere/at/all`);
    await page.getByText('There is nothing at this address').waitFor();
  });
});

test('next_person_at_the_browser_does_not_get_the_choices_of_the_one_before', async () => {
  const name = `next-${Date.now().toString(36)}`;
  const { context, page } = await openPage(browser);
  await signIn(page);
  await call(page, 'POST', '/api/admin/users', { action: 'add', username: name, password: 'Argos-Mock-2', role: 'viewer' });
  await page.goto(`${baseUrl}/settings/audit`);
  await page.locator('main h1').waitFor();
  // The session ends on the server; nobody pressed "Sign out" here, and a choice is not saved yet.
  await page.evaluate(() => { localStorage.setItem('argos.prefs.unsaved', '1'); });
  await context.clearCookies();
  await page.goto(`${baseUrl}/login`);
  await signIn(page, name, 'Argos-Mock-2');
  const recent = await page.evaluate(() => JSON.parse(localStorage.getItem('argos.prefs') ?? '{}').recent);
  assert.equal(recent.includes('/settings/audit'), false);
  await context.close();
  await withPage(async (own) => { await call(own, 'POST', '/api/admin/users', { action: 'remove', username: name }); });
});
