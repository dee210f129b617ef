// Every page, both themes: it loads without console errors, stays on the origin, breaks no accessibility rule,
// and does not scroll sideways on a phone. Against the mock or a real server (BASE_URL, ARGOS_PASSWORD).
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { baseUrl, launch, openPage, pages, resetPreferences, signIn, test, tooWide, violations } from './browser.mjs';

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
      const wide = await tooWide(page);
      await context.close();
      assert.deepEqual(wide, []);
    });
  }
});
