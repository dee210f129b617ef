// The service worker of browser messages in a real Chromium: a push shows its message, a click on it opens the inbox.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launch, signIn, test, until } from './browser.mjs';

let browser;
before(async () => { browser = await launch({ whole: true }); });
after(async () => { await browser?.close(); });

/** A signed-in page with the worker installed, and how a push service would reach it. */
async function withWorker(run) {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await context.grantPermissions(['notifications']);
  const cdp = await context.newCDPSession(page);
  const known = [];
  cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => known.push(...registrations));
  try {
    await signIn(page);
    await cdp.send('ServiceWorker.enable');
    const started = context.waitForEvent('serviceworker');
    await page.evaluate(async () => { await navigator.serviceWorker.register('/push-sw.js'); await navigator.serviceWorker.ready; });
    const worker = await started;
    const origin = new URL(page.url()).origin;
    const { registrationId } = await until('the registration', async () => known.find((r) => r.scopeURL === `${origin}/`), Boolean);
    const shown = async () => await page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => ({ title: n.title, body: n.body, requireInteraction: n.requireInteraction })));
    // The browser's tools hand a message over without a receipt and lose one now and then; a push service sends again too, and a message replaces its equal.
    const pushed = async (what, data, is) => await until(what, async () => {
      await cdp.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
      await new Promise((go) => setTimeout(go, 500));
      return await shown();
    }, is);
    await run({ page, worker, pushed, shown });
  } finally { await context.close(); }
}

test('push_from_the_server_is_shown_and_a_click_opens_the_inbox', async () => {
  await withWorker(async ({ page, worker, pushed, shown }) => {
    const message = JSON.stringify({ title: 'UPS on battery', body: 'Mains failed', host: 'rack-1', severity: 'critical' });
    assert.deepEqual(await pushed('the message', message, (all) => all.length > 0), [{ title: 'UPS on battery', body: 'rack-1: Mains failed', requireInteraction: true }]);
    // What cannot be read is shown too: a browser takes the permission away from a worker that stays silent.
    const both = await pushed('the second', 'not json', (all) => all.length > 1);
    assert.deepEqual(both.map((n) => `${n.title}|${n.body}`).sort(), ['Argos|', 'UPS on battery|rack-1: Mains failed']);
    // A click that a program makes may open no window, so it is seen which one the worker asks for.
    const click = (title) => worker.evaluate(async (wanted) => {
      const asked = [];
      self.clients.openWindow = async (path) => { asked.push(path); };
      const notification = (await self.registration.getNotifications()).find((n) => n.title === wanted);
      const event = new NotificationEvent('notificationclick', { notification });
      const waits = [];
      event.waitUntil = (work) => { waits.push(work); };
      self.dispatchEvent(event);
      await Promise.all(waits.map((work) => work.catch(() => {})));
      return asked;
    }, title);
    assert.deepEqual(await click('UPS on battery'), ['/inbox']);
    assert.deepEqual((await shown()).map((n) => n.title), ['Argos'], 'the clicked message is gone');
    // An inbox that is open is not opened a second time.
    await page.goto(new URL('/inbox', page.url()).href);
    assert.deepEqual(await click('Argos'), []);
  });
});
