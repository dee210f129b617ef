// The tests of the benchmark in Playwright's library, warm: one browser, a context for each test, as the runner does it.
import { chromium, expect } from '@playwright/test';
import { readFileSync } from 'node:fs';

const [program, site] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });

async function inContext(test) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, baseURL: site });
  await test(await context.newPage());
  await context.close();
}

async function shop(page) {
  await page.goto('/shop.html');
  await page.getByPlaceholder('Find a product').fill('ap');
  await expect(page.locator('#products li')).toHaveCount(2);
  await page.getByTestId('product-1').getByRole('button').click();
  await expect(page.getByTestId('cart-count')).toHaveText('1');
  await page.locator('#to-cart').click();
  await page.getByRole('button', { name: 'Checkout' }).click();
  await page.getByLabel('Name').fill('Ana');
  await page.getByLabel('Country').selectOption('Spain');
  await page.getByLabel('I accept the terms').check();
  await page.getByLabel('Address').fill('Street 1');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page.locator('#number')).toHaveText(/^Order \d{4} of 1 items$/);
  await page.screenshot({ type: 'jpeg', quality: 70 });
}

async function short(page) {
  await page.goto('/shop.html');
  await page.getByPlaceholder('Find a product').fill('ap');
  await expect(page.locator('#found')).toHaveText('2 products');
  await page.screenshot({ type: 'jpeg', quality: 70 });
}

async function measured(work) {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  await work();
  const used = process.cpuUsage(cpu);
  return { wall: performance.now() - began, cpu: (used.user + used.system) / 1000 };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

for (let n = 0; n < 5; n++) await inContext(shop);
const rounds = [];
for (let n = 0; n < 20; n++) rounds.push(await measured(() => inContext(shop)));
let next = 0;
const fifty = await measured(() => Promise.all([1, 2, 3, 4].map(async () => { while (next++ < 50) await inContext(short); })));
const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
await browser.close();
console.log(JSON.stringify({
  shop_ms: median(rounds.map((r) => r.wall)), shop_cpu_ms: rounds.reduce((sum, r) => sum + r.cpu, 0) / rounds.length,
  fifty_ms: fifty.wall, fifty_cpu_ms: fifty.cpu, rss_mib: rss,
}));
