// Every page, both themes: it loads without console errors, stays on the origin, breaks no accessibility rule,
// and does not scroll sideways on a phone. Against the mock or a real server (BASE_URL, ARGOS_PASSWORD).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { baseUrl, launch, openPage, pages, resetPreferences, signIn } from './browser.mjs';

const axe = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
let browser;
let storageState;

before(async () => {
  browser = await launch();
  const { context, page } = await openPage(browser);
  await signIn(page);
  await resetPreferences(page);
  storageState = await context.storageState();
  await context.close();
});
after(async () => { await browser?.close(); });

/** Serious and critical violations as readable lines. */
async function violations(page) {
  // Evaluated by the debugger, so the page's content security policy stays in force.
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false } } }));
  return result.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary?.split('\n')[1]?.trim() ?? ''}`).join(' | ')}`);
}

for (const scheme of ['dark', 'light']) {
  describe(`pages_${scheme}`, () => {
    for (const path of ['/login', ...pages]) {
      test(`${path}_is_clean_and_accessible`, async () => {
        const { context, page, problems } = await openPage(browser, { scheme, ...(path === '/login' ? {} : { storageState }) });
        await page.goto(`${baseUrl}${path}`);
        await page.waitForSelector('main h1, main .state');
        await page.waitForTimeout(700);
        const found = await violations(page);
        const title = await page.title();
        await context.close();
        assert.deepEqual(found, []);
        assert.deepEqual(problems, []);
        assert.match(title, / · Argos$/);
      });
    }
  });
}

describe('phone', () => {
  for (const path of pages) {
    test(`${path}_fits_360_pixels`, async () => {
      const { context, page } = await openPage(browser, { width: 360, height: 740, phone: true, storageState });
      await page.goto(`${baseUrl}${path}`);
      await page.waitForSelector('main h1, main .state');
      await page.waitForTimeout(500);
      const wide = await page.evaluate(() => {
        const limit = document.documentElement.clientWidth + 1;
        if (document.documentElement.scrollWidth <= limit) return [];
        return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > limit && !e.closest('.table-scroll, .log-box, .tabs, pre, .config-groups, svg, .chart-host')).slice(0, 5).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`);
      });
      await context.close();
      assert.deepEqual(wide, []);
    });
  }
});
