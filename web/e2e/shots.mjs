// Screenshots of pages for review: node e2e/shots.mjs [filter...] -> SHOTS_DIR (default: shots/), dark and light, desktop and phone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { baseUrl, launch, openPage, pages, signIn } from './browser.mjs';

const out = process.env.SHOTS_DIR ?? 'shots';
mkdirSync(out, { recursive: true });
const args = process.argv.slice(2);
const only = args.filter((a) => !a.startsWith('--'));
const variants = [{ id: 'dark', scheme: 'dark' }, { id: 'light', scheme: 'light' }, { id: 'dark-phone', scheme: 'dark', phone: true, width: 390, height: 844 }, { id: 'light-phone', scheme: 'light', phone: true, width: 390, height: 844 }]
  .filter((v) => { const pick = args.find((a) => a.startsWith('--only='))?.slice(7).split(','); return !pick || pick.includes(v.id); });
const browser = await launch();
for (const v of variants) {
  const { context, page, problems } = await openPage(browser, v);
  const snap = async (name) => { await page.screenshot({ path: join(out, `${name}-${v.id}.png`), fullPage: args.includes('--full') }); };
  if (only.length === 0 || only.includes('login')) { await page.goto(`${baseUrl}/login`); await page.waitForSelector('h1'); await snap('login'); }
  await signIn(page);
  for (const path of pages) {
    const name = path === '/' ? 'home' : path.slice(1).replaceAll('/', '-');
    if (only.length > 0 && !only.includes(name)) continue;
    await page.goto(`${baseUrl}${path}`);
    await page.waitForSelector('main h1, main .state');
    await page.waitForTimeout(900);
    await snap(name);
  }
  if (problems.length > 0) console.log(v.id, [...new Set(problems)].slice(0, 10));
  await context.close();
}
await browser.close();
