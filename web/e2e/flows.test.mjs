// What a person does first: sign in, see live values, move by keyboard, find, filter, switch theme and language, sign out.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before } from 'node:test';
import { baseUrl, launchFresh, openPage, password, signIn, test, until, username, withSignedIn } from './browser.mjs';

let browser;
before(async () => { browser = await launchFresh(); });
after(async () => { await browser?.close(); });

const withPage = (run, options) => withSignedIn(browser, run, options);

test('sign_in_with_wrong_password_says_so_and_stays', async () => {
  const { context, page } = await openPage(browser);
  await page.goto(`${baseUrl}/incidents?view=past`);
  await page.waitForURL(/\/login\?next=/);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill('not-the-password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(/\/incidents\?view=past$/);
  await context.close();
});

test('home_shows_live_values_and_keeps_updating_without_layout_shift', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/`);
    await page.locator('.livepill-live').waitFor({ timeout: 15_000 });
    await page.locator('.tile .value-big').first().waitFor();
    const cookies = await page.context().cookies();
    assert.equal(cookies.find((c) => c.name === 'argos_session')?.httpOnly, true);
    assert.equal(await page.evaluate(() => Object.keys(localStorage).some((k) => /token|session/i.test(k))), false);
    await page.waitForFunction(() => document.querySelector('main .skeleton, main [aria-busy="true"]') === null);
    await page.waitForTimeout(1_500);
    await page.evaluate(() => {
      const name = (n) => (n?.nodeType === 1 ? `${n.tagName}.${n.className}` : n?.parentElement ? `text in ${n.parentElement.tagName}.${n.parentElement.className}` : '?');
      window.shifts = [];
      new PerformanceObserver((l) => { for (const e of l.getEntries()) window.shifts.push(`${e.value.toFixed(4)} ${e.sources.map((s) => `${name(s.node)} ${s.previousRect.y}->${s.currentRect.y} h${s.previousRect.height}->${s.currentRect.height}`).join('; ')}`); }).observe({ type: 'layout-shift' });
      window.ticks = 0;
      new MutationObserver(() => { window.ticks += 1; }).observe(document.querySelector('.tiles'), { subtree: true, childList: true, characterData: true, attributes: true });
    });
    // A problem that begins or leaves may move what is read: the twelve seconds are counted without one.
    const problems = async () => (await page.locator('.attention li').allInnerTexts()).map((text) => text.split('\n')[0].replace(/ \d.*$/, ''));
    const quiet = async () => {
      const before = await problems();
      await page.evaluate(() => { window.shifts = []; window.ticks = 0; });
      await page.waitForTimeout(12_000);
      const seen = await page.evaluate(() => ({ shifts: window.shifts, ticks: window.ticks }));
      return (await problems()).join() === before.join() ? seen : null;
    };
    const { shifts, ticks } = await until('twelve seconds without a new problem', quiet, Boolean, 120_000);
    assert.ok(ticks > 0, 'no live update in 12 s');
    assert.ok(shifts.reduce((sum, s) => sum + Number.parseFloat(s), 0) < 0.001, `layout shift:\n${shifts.join('\n')}`);
  });
});

test('home_first_load_stays_in_the_transfer_budget', async () => {
  const { context, page } = await openPage(browser);
  await signIn(page);
  const sizes = [];
  page.on('response', async (r) => { if (/\.js$/.test(new URL(r.url()).pathname)) sizes.push(Number(r.headers()['content-length'] ?? 0) || (await r.request().sizes()).responseBodySize); });
  await page.goto(`${baseUrl}/`, { waitUntil: 'networkidle' }).catch(() => {});
  await page.locator('.tile').first().waitFor();
  await page.waitForTimeout(500);
  const total = sizes.reduce((a, b) => a + b, 0);
  await context.close();
  assert.ok(total < 200 * 1024, `${total} bytes of script`);
});

test('sections_open_by_keyboard_and_back_restores_the_filter', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/inventory`);
    await page.locator('table').first().waitFor();
    await page.keyboard.press('f');
    await page.keyboard.type('kind:disk');
    await page.waitForURL(/q=kind%3Adisk/);
    await page.keyboard.press('Tab');
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.waitForURL(/\/incidents$/);
      await page.waitForFunction(() => document.title.startsWith('Problems'));
    await page.goBack();
    await page.waitForURL(/q=kind%3Adisk/);
    assert.equal(await page.locator('#filter-inventory').inputValue(), 'kind:disk');
    await page.reload();
    assert.equal(await page.locator('#filter-inventory').inputValue(), 'kind:disk');
  });
});

test('palette_opens_the_network_tab_with_four_letters', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/`);
    await page.locator('.livepill-live').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type('audi');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/settings\/audit$/);
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Everywhere').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').count(), 0);
  });
});

test('published_addresses_redirect_with_their_query', async () => {
  await withPage(async (page) => {
    for (const [from, to] of [['/events?q=a', '/explore/timeline?q=a'], ['/dashboard', '/'], ['/notifications', '/settings/channels'], ['/#/settings/auth', '/settings/account'], ['/go/machine:local', '/machines/local']]) {
      await page.goto(`${baseUrl}${from}`);
      await page.waitForURL(`${baseUrl}${to}`);
    }
  });
});

test('theme_and_language_switch_at_once_and_survive_a_reload', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/settings/account`);
    await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name: 'Light' }).click();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
    await page.getByRole('button', { name: 'Español' }).click();
    await page.getByRole('heading', { name: 'Cuenta' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Cuenta' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name: 'As the system' }).click();
    await page.waitForTimeout(1_200);
  });
});

test('ten_thousand_rows_mount_under_sixty_and_filter_fast', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/dev/components`);
    const table = page.getByRole('table', { name: 'Ten thousand rows' });
    await table.waitFor();
    assert.ok(await table.locator('tbody tr[data-row]').count() <= 60);
    await table.evaluate((t) => { t.parentElement.scrollTop = 200_000; });
    await page.waitForTimeout(200);
    assert.ok(await table.locator('tbody tr[data-row]').count() <= 60);
    const started = Date.now();
    await page.locator('#filter-story').fill('state:down load:>90');
    await page.waitForFunction(() => /\d+ of 10,000/.test(document.body.textContent ?? ''));
    assert.ok(Date.now() - started < 1_000);
  });
});

test('two_tabs_share_one_stream_and_the_second_takes_over', async () => {
  const { context, page } = await openPage(browser);
  await signIn(page);
  // Open connections, not attempts: on a busy machine two tabs may both begin before they hear of each other.
  const open = new Set();
  const isStream = (r) => new URL(r.url()).pathname === '/api/stream';
  context.on('request', (r) => { if (isStream(r)) open.add(r); });
  for (const end of ['requestfinished', 'requestfailed']) context.on(end, (r) => open.delete(r));
  const settled = async (on, where) => {
    const deadline = Date.now() + 20_000;
    while (!(open.size === 1 && where()) && Date.now() < deadline) await on.waitForTimeout(200);
    assert.equal(open.size, 1);
    assert.ok(where());
  };
  await page.goto(`${baseUrl}/`);
  await page.locator('.livepill-live').waitFor();
  const second = await context.newPage();
  await second.goto(`${baseUrl}/machines/local`);
  await second.locator('.livepill-live').waitFor();
  await second.waitForTimeout(1_500);
  await settled(second, () => true);
  const [shared] = open;
  const closing = shared.frame().page() === page ? page : second;
  const staying = closing === page ? second : page;
  await closing.close({ runBeforeUnload: false });
  open.delete(shared);
  await settled(staying, () => [...open].every((r) => r.frame().page() === staying));
  await staying.locator('.livepill-live').waitFor();
  await context.close();
});

test('api_reference_pages_work_under_the_content_security_policy', async () => {
  const { context, page, problems } = await openPage(browser);
  await page.goto(`${baseUrl}/docs`);
  await page.locator('.swagger-ui').first().waitFor();
  await page.goto(`${baseUrl}/redoc`);
  await page.locator('#docs > *').first().waitFor();
  await context.close();
  assert.deepEqual(problems.filter((p) => !/openapi\.json/.test(p)), []);
});

/** The code of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s). */
function totpCode(secret, at = Date.now()) {
  const bits = [...secret.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('second_factor_enrols_asks_at_sign_in_takes_a_recovery_code_and_goes_off_again', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/settings/account`);
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('img', { name: 'QR code with the secret' }).waitFor();
    const secret = (await dialog.getByRole('group', { name: 'Secret' }).textContent()).trim();
    const codes = (await dialog.getByRole('group', { name: 'Recovery codes' }).textContent()).trim().split(/\s+/);
    assert.equal(codes.length, 10);
    await dialog.getByRole('switch').click();
    await dialog.getByLabel('Code from the app').fill(totpCode(secret));
    await dialog.getByRole('button', { name: 'Turn on' }).click();
    await page.getByRole('button', { name: 'Turn off' }).waitFor();

    await page.getByRole('button', { name: 'Account and appearance' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/\/login/);
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill(codes[0]);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));

    await page.goto(`${baseUrl}/settings/account`);
    await page.getByRole('button', { name: 'Turn off' }).click();
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByLabel('Code or recovery code').fill(codes[1]);
    await dialog.getByRole('button', { name: 'Turn off' }).click();
    await page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor();
  });
});

test('setting_is_changed_in_place_and_put_back', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/settings/system/configuration?q=logs.retention_days`);
    await page.getByRole('button', { name: 'Edit: logs.retention_days' }).click();
    await page.getByRole('textbox', { name: 'logs.retention_days' }).fill('31');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Back to default: logs.retention_days' }).click();
    await page.getByRole('button', { name: 'Back to default: logs.retention_days' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Edit: logs.retention_days' }).click();
    await page.getByRole('textbox', { name: 'logs.retention_days' }).fill('many');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: /logs\.retention_days/ }).waitFor();
  });
});

test('shutdown_plan_is_built_its_dry_run_lists_every_step_and_a_drill_on_paper_is_kept', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/power/shutdown`);
    await page.getByRole('link', { name: 'New plan' }).first().click();
    await page.getByLabel('Name', { exact: true }).first().fill('Browser rack');
    await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByLabel('Kind').selectOption('facade_fsd');
    await page.getByText('needs 120 s').waitFor();
    await page.getByRole('button', { name: 'Save plan' }).click();
    const card = page.locator('.plan-card', { hasText: 'Browser rack' });
    await card.getByText('Not armed').waitFor();
    await card.getByRole('button', { name: 'Dry run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('FSD, wait up to 15 s for the clients').waitFor();
    await dialog.getByText('our NUT server is switched off').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await card.getByRole('button', { name: 'Browser rack' }).click();
    await page.getByRole('menuitem', { name: 'Start now' }).click();
    await dialog.getByLabel('Name of the plan').fill('Browser rack');
    await dialog.getByLabel('Reason').fill('drill');
    await dialog.getByRole('switch', { name: 'Act on paper only' }).click();
    await dialog.getByRole('button', { name: 'Start now' }).click();
    await page.waitForURL(/\/power\/shutdown\/runs\/\d+$/);
    await page.locator('h1', { hasText: 'Browser rack' }).waitFor();
    await page.getByText('Done', { exact: true }).first().waitFor();
    await page.goto(`${baseUrl}/power/shutdown`);
    await card.getByRole('button', { name: 'Browser rack' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await dialog.getByRole('textbox').fill('Browser rack');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await card.waitFor({ state: 'detached' });
  });
});

test('sign_out_ends_the_session_and_asks_again', async () => {
  await withPage(async (page) => {
    await page.goto(`${baseUrl}/`);
    await page.getByRole('button', { name: 'Account and appearance' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/\/login/);
    await page.goto(`${baseUrl}/incidents`);
    await page.waitForURL(/\/login\?next=%2Fincidents/);
  });
});
