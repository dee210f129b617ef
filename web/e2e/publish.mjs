// From an empty directory to a site that is looked at from outside, all by browser. The authority, the backend, CrowdSec and the
// database of places are real and started by the acceptance test `edge_first_site`, which runs this with their addresses.
// `node e2e/publish.mjs check` makes nothing and only looks from outside.
import { baseUrl, launch, openPage, password, signIn, until, username } from './browser.mjs';
import { checkSite, sessionOf, visitor } from './outside.mjs';

const site = { domain: process.env.SITE_DOMAIN, plain: process.env.SITE_HTTP, secure: process.env.SITE_HTTPS };
const limit = 5;

async function publish(page) {
  const dialog = page.getByRole('dialog');
  const next = () => dialog.getByRole('button', { name: 'Next' }).click();
  await page.goto(`${baseUrl}/sites`);
  await page.getByRole('button', { name: 'Publish a site' }).first().click();
  await dialog.getByLabel('Domain').fill(site.domain);
  await next();
  await dialog.getByLabel('Address of the backend').fill(process.env.SITE_BACKEND);
  await next();
  await dialog.getByRole('button', { name: /^Automatic certificate/ }).click();
  await dialog.getByLabel('Mail for the authority').fill('ops@example.org');
  await next();
  await dialog.getByRole('switch', { name: 'Only for people signed in to Argos' }).click();
  await dialog.getByRole('switch', { name: 'Limit requests' }).click();
  await dialog.getByLabel('Requests', { exact: true }).fill(String(limit));
  await dialog.getByLabel('within seconds').fill('3600');
  await dialog.getByRole('button', { name: 'Publish a site' }).click();
  await dialog.getByText(`${site.domain} is published`).waitFor();
  await dialog.getByRole('link', { name: 'Open the site' }).click();
  await page.getByRole('heading', { level: 1, name: site.domain }).waitFor();
}

async function redirect(page) {
  const dialog = page.getByRole('dialog');
  await page.getByRole('link', { name: 'Routing' }).click();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await dialog.getByLabel('Patterns, * for anything').fill('/old*');
  await dialog.getByLabel('Then', { exact: true }).selectOption('redirect');
  await dialog.getByLabel('Where to').fill('/new');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('redirect 301 to /new').waitFor();
}

async function banCountry(page) {
  const dialog = page.getByRole('dialog');
  await page.goto(`${baseUrl}/sites/protection/crowdsec`);
  await page.getByRole('button', { name: 'Set up' }).click();
  await dialog.getByLabel('Local API').fill(process.env.LAPI_URL);
  await dialog.getByLabel('Bouncer key').fill(process.env.LAPI_KEY);
  await dialog.getByLabel('Machine account').fill('argos');
  await dialog.getByLabel('Its password').fill(process.env.LAPI_PASSWORD);
  await dialog.getByRole('button', { name: 'Save and test' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Connected; bans act within seconds').waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Origins' }).click();
  await page.getByRole('button', { name: 'Fetch' }).click();
  await page.getByText('Places of 2026-09').waitFor();
  await page.getByRole('button', { name: 'Ban a country' }).click();
  await dialog.getByLabel('Country code').fill('es');
  await dialog.getByText('Spain').waitFor();
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  await page.locator('.protect-rows').getByText(/^1 range /).waitFor({ timeout: 60_000 });
}

/** What was turned away shows on the map and in the list of requests. */
async function look(page) {
  const rows = () => page.evaluate(async () => (await (await fetch('/api/logs?source=caddy_access&country=es')).json()).total_count ?? 0);
  await until('the refused request is kept', rows, (n) => n > 0);
  await page.goto(`${baseUrl}/sites/requests?country=es`);
  await page.locator('main').getByText('Spain').first().waitFor({ timeout: 20_000 });
  await page.goto(`${baseUrl}/sites/protection/origins?range=1h`);
  await page.getByRole('img', { name: /Map of the world\. Most came from: Spain/ }).waitFor({ timeout: 45_000 });
  await page.getByRole('list', { name: 'Requests by country' }).getByText('Spain').waitFor();
}

const check = async () => checkSite(site, { cookie: await sessionOf(baseUrl, username, password), banned: '203.0.113.9', limit });
if (process.argv[2] === 'check') {
  await check();
} else {
  const browser = await launch();
  const { page, problems } = await openPage(browser);
  page.setDefaultTimeout(20_000);
  try {
    await signIn(page);
    await publish(page);
    await redirect(page);
    await banCountry(page);
    await check();
    await visitor(site).ask('/', { 'X-Forwarded-For': '203.0.113.9' });
    await look(page);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  } catch (error) {
    // What a person would have seen says more than the name of what was missing.
    console.error(`${page.url()}\n${await page.locator('body').innerText().catch(String)}\n${problems.join('\n')}`);
    if (process.env.SHOTS_DIR) await page.screenshot({ path: `${process.env.SHOTS_DIR}/publish.png`, fullPage: true });
    throw error;
  } finally { await browser.close(); }
}
