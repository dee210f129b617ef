// Starts Chromium for the checks and signs in. The server is given by BASE_URL; the account by ARGOS_USER and ARGOS_PASSWORD.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test as once } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const baseUrl = (process.env.BASE_URL ?? 'http://127.0.0.1:8090').replace(/\/$/, '');
export const username = process.env.ARGOS_USER ?? 'admin';
export const password = process.env.ARGOS_PASSWORD ?? 'Argos-Mock-1';

/** One test. Where the whole run shares a machine it gets one more try, and one that needed it is named as flaky. */
export function test(name, run) {
  const tries = Number(process.env.ARGOS_E2E_TRIES ?? 1);
  once(name, async () => {
    for (let n = 1; n < tries; n += 1) {
      try { return await run(); } catch (error) { console.log(`FLAKY try ${n} of ${tries}: ${name}: ${error.stack}`); }
    }
    return await run();
  });
}

/** The quick one without windows, or the whole one: only that has notifications. */
export async function launch({ whole = false } = {}) {
  const quick = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return await chromium.launch({ executablePath: whole ? process.env.CHROMIUM_WHOLE ?? quick : quick, args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'] });
}

/** A page with its own storage; collects console errors, CSP violations and requests that leave the origin. */
export async function openPage(browser, { width = 1440, height = 900, scheme = 'dark', phone = false, storageState } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, hasTouch: phone, isMobile: phone, deviceScaleFactor: phone ? 2 : 1, locale: 'en-GB', timezoneId: 'Europe/Madrid', ...(storageState ? { storageState } : {}) });
  const page = await context.newPage();
  const problems = [];
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) problems.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => problems.push(`error: ${e.message}`));
  page.on('request', (r) => { const u = r.url(); if (!u.startsWith(baseUrl) && !u.startsWith('blob:') && !u.startsWith('data:')) problems.push(`left the origin: ${u}`); });
  return { context, page, problems };
}

export async function signIn(page, user = username, pass = password) {
  await page.goto(`${baseUrl}/login`);
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password', { exact: true }).fill(pass);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((u) => !u.pathname.startsWith('/login'));
}

const axe = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

/** Serious and critical violations as readable lines. */
export async function violations(page) {
  // Evaluated by the debugger, so the page's content security policy stays in force.
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false } } }));
  return result.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary?.split('\n')[1]?.trim() ?? ''}`).join(' | ')}`);
}

/** What reaches beyond the edge of a page that must not scroll sideways. */
export async function tooWide(page) {
  return await page.evaluate(() => {
    const limit = document.documentElement.clientWidth + 1;
    if (document.documentElement.scrollWidth <= limit) return [];
    return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > limit && !e.closest('.table-scroll, .log-box, .tabs, pre, .config-groups, svg, .chart-host')).slice(0, 5).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`);
  });
}

/** Asks until the answer is as wanted; the last answer is told when it never is. (`waitForFunction` does not await what it is given.) */
export async function until(what, ask, is, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await ask();
    if (is(got)) return got;
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(got)}`);
    await new Promise((go) => setTimeout(go, 250));
  }
}

/** Forgets stored choices of the account, so that a run does not depend on the one before. */
export async function resetPreferences(page) {
  await page.evaluate(async () => {
    const token = /(?:^|;\s*)csrf_token=([^;]+)/.exec(document.cookie)?.[1] ?? '';
    await fetch('/api/user/preferences', { method: 'DELETE', headers: { 'X-CSRF-Token': token } });
    localStorage.clear();
  });
}

/** A browser, and the account as it was on the first day. */
export async function launchFresh() {
  const browser = await launch();
  const { context, page } = await openPage(browser);
  await signIn(page);
  await resetPreferences(page);
  await context.close();
  return browser;
}

/** Runs with a signed-in page and fails on console errors and foreign requests. */
export async function withSignedIn(browser, run, options) {
  const { context, page, problems } = await openPage(browser, options);
  try { await signIn(page); await run(page, context); assert.deepEqual(problems, []); } finally { await context.close(); }
}

export const pages = [
  '/', '/inbox', '/inbox?tab=messages', '/inbox/approvals', '/status', '/incidents', '/incidents/status', '/incidents/rules', '/incidents/list', '/incidents/silences', '/incidents/maintenance', '/incidents/availability', '/inventory', '/machines/local', '/machines/local/metrics', '/machines/local/processes', '/machines/local/services', '/machines/local/disks', '/machines/local/network', '/machines/local/logs',
  '/explore/metrics', '/explore/logs', '/explore/timeline', '/settings/account', '/settings/people', '/settings/people?tab=rules', '/settings/roles', '/settings/roles?scope=organization', '/settings/sign-on', '/settings/security', '/settings/organizations', '/settings/integrations', '/settings/credentials', '/settings/credentials?tab=all', '/settings/channels', '/settings/channels/rules', '/settings/channels/deliveries', '/settings/backups', '/settings/webhooks', '/settings/models', '/settings/audit', '/settings/system', '/settings/system/configuration', '/settings/system/changes', '/settings/system/schedules', '/settings/system/schedules?tab=coming', '/settings/system/jobs', '/power', '/power/outages', '/power/energy', '/power/exporters', '/power/shutdown', '/power/shutdown/plans/new', '/tests', '/tests/runs', '/tests/visual', '/tests/visual/baselines', '/tests/visual/accessibility', '/tests/visual/screens', '/tests/settings', '/tests/discover', '/tests/healing', '/tests/healing/settings', '/tests/recordings', '/tests/files', '/tests/data', '/add', '/device', '/media', '/media?view=wall', '/media/tunnels', '/media/map', '/media/templates', '/media/assistant', '/sites', '/sites/certificates', '/sites/pools', '/sites/requests', '/sites/protection', '/sites/protection/attacks', '/sites/protection/origins', '/sites/protection/crowdsec', '/dev/components',
];
