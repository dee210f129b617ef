// Two figures of the interface, printed as `name value unit`: how soon Home is usable on a slow machine and line, and how
// much an hour of live values grows the heap. The first asks the server at BASE_URL; the second a sample server whose
// ticks come faster than in life, so that 720 of them (an hour at five seconds) pass in a minute.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { baseUrl, launch, openPage, signIn } from './browser.mjs';

const ticks = 720;
const tickMs = 80;
const figure = (name, value, unit) => process.stdout.write(`${name} ${value} ${unit}\n`);

async function interactive(browser, rate, label) {
  const { context, page } = await openPage(browser);
  await signIn(page);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.clearBrowserCache');
  await cdp.send('Emulation.setCPUThrottlingRate', { rate });
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 });
  const times = [];
  for (let i = 0; i < 5; i++) {
    await cdp.send('Network.clearBrowserCache');
    await page.goto('about:blank');
    const began = performance.now();
    await page.goto(`${baseUrl}/`, { waitUntil: 'commit' });
    await page.locator('.tile .value-big').first().waitFor();
    await page.getByRole('button', { name: /Search|Find|Jump/ }).first().click({ trial: true });
    times.push(performance.now() - began);
  }
  await context.close();
  times.sort((a, b) => a - b);
  figure(label, (times[2] / 1000).toFixed(2), `s, median of 5, cold cache, 10 Mbit/s, 20 ms round trip, processor ${rate} times slower`);
}

async function heap(browser) {
  const mock = spawn(process.execPath, ['scripts/mock-server.mjs'], { env: { ...process.env, PORT: '0', MOCK_TICK_MS: String(tickMs) }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(mock.stdout, 'data');
    const url = /http:\/\/\S+/.exec(String(line))?.[0];
    const { context, page } = await openPage(browser);
    await page.goto(`${url}/login`);
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('Argos-Mock-1');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('.tile .value-big').first().waitFor();
    await page.evaluate(() => {
      window.ticks = 0;
      let last = '';
      new MutationObserver(() => { const now = document.querySelector('.tiles')?.textContent ?? ''; if (now !== last) { last = now; window.ticks += 1; } }).observe(document.querySelector('.tiles'), { subtree: true, childList: true, characterData: true });
    });
    const cdp = await context.newCDPSession(page);
    const used = async () => { await cdp.send('HeapProfiler.enable'); await cdp.send('HeapProfiler.collectGarbage'); return (await cdp.send('Runtime.getHeapUsage')).usedSize; };
    await page.waitForFunction(() => window.ticks >= 10);
    const before = await used();
    await page.waitForFunction((n) => window.ticks >= n, ticks + 10, { timeout: 300_000 });
    figure('ui.heap_growth', (((await used()) - before) / 1_048_576).toFixed(2), `MiB over ${ticks} ticks`);
    await context.close();
  } finally { mock.kill(); }
}

const browser = await launch();
try { await interactive(browser, 1, 'ui.home_interactive'); await interactive(browser, 4, 'ui.home_interactive_slow'); await heap(browser); } finally { await browser.close(); }
