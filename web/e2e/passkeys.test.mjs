// Passkeys with Chromium's virtual authenticator: register, sign in without a password, as second step, remove.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before } from 'node:test';
import { baseUrl as byAddress, launch, password, test, username } from './browser.mjs';

// Passkeys belong to a name, never to an address.
const baseUrl = byAddress.replace('127.0.0.1', 'localhost');
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

async function withAuthenticator(run) {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  const problems = [];
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) problems.push(m.text()); });
  page.on('pageerror', (e) => problems.push(e.message));
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  try { await run(page, cdp, authenticatorId); assert.deepEqual(problems, []); } finally { await context.close(); }
}

async function signIn(page) {
  await page.goto(`${baseUrl}/login`);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signOut(page) {
  const token = /csrf_token=([^;]+)/.exec(await page.evaluate(() => document.cookie))?.[1] ?? '';
  await page.evaluate((t) => fetch('/api/auth/logout', { method: 'POST', headers: { 'X-CSRF-Token': t } }), token);
  await page.context().clearCookies();
}

async function addPasskey(page, name) {
  await page.goto(`${baseUrl}/settings/account`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('You can sign in with this passkey now.').first().waitFor();
  await page.locator('.passkeys').getByText(name).waitFor();
}

async function removePasskey(page, name) {
  const row = page.locator('.passkeys li').filter({ hasText: name });
  await row.getByRole('button', { name: 'Remove' }).click();
  const answered = page.waitForResponse((r) => r.request().method() === 'DELETE');
  await row.getByRole('group').getByRole('button', { name: 'Remove' }).click();
  const reply = await answered;
  assert.ok(reply.ok(), `${reply.status()} ${await reply.text().catch(() => '')}`);
  await row.waitFor({ state: 'detached' });
}

const call = (page, path, body) => page.evaluate(async ([url, data]) => {
  const token = /csrf_token=([^;]+)/.exec(document.cookie)?.[1] ?? '';
  const reply = await fetch(url, { method: 'POST', headers: { 'X-CSRF-Token': token, 'Content-Type': 'application/json' }, body: JSON.stringify(data) });
  return { status: reply.status, body: await reply.json().catch(() => null) };
}, [path, body]);

test('passkey_registered_in_settings_signs_in_without_password_until_it_is_removed', async () => {
  await withAuthenticator(async (page) => {
    await signIn(page);
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));
    await addPasskey(page, 'Virtual key');
    await signOut(page);
    await page.goto(`${baseUrl}/login?next=/inventory`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL((u) => u.pathname === '/inventory');
    const sessions = await page.evaluate(() => fetch('/api/auth/sessions').then((r) => r.json()));
    assert.deepEqual(sessions.find((s) => s.current).auth_methods, ['passkey']);
    await page.goto(`${baseUrl}/settings/account`);
    await removePasskey(page, 'Virtual key');
    await signOut(page);
    await page.goto(`${baseUrl}/login`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').filter({ hasText: 'not accepted' }).waitFor();
  });
});

test('passkey_is_the_second_step_and_proves_the_person_again', async () => {
  await withAuthenticator(async (page) => {
    await signIn(page);
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));
    await addPasskey(page, 'Second key');
    const setup = (await call(page, '/api/auth/totp/setup', {})).body;
    const code = (step) => {
      const bits = [...setup.secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
      const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(step));
      const tag = createHmac('sha1', key).update(counter).digest();
      return String((tag.readUInt32BE(tag[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
    };
    const step = Math.floor(Date.now() / 30_000);
    assert.equal((await call(page, '/api/auth/totp/activate', { code: code(step) })).status, 200);
    await signOut(page);
    await signIn(page);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));
    const sessions = await page.evaluate(() => fetch('/api/auth/sessions').then((r) => r.json()));
    assert.deepEqual(sessions.find((s) => s.current).auth_methods, ['password', 'passkey']);
    const begun = (await call(page, '/api/auth/passkey/login/begin', { step_up: true })).body.publicKey;
    assert.equal(begun.allowCredentials.length, 1);
    const disabled = await call(page, '/api/auth/totp/disable', { password, code: code(step + 1) });
    assert.equal(disabled.status, 200, JSON.stringify(disabled.body));
    await page.goto(`${baseUrl}/settings/account`);
    await removePasskey(page, 'Second key');
  });
});

test('copied_passkey_is_refused_and_reported', async () => {
  await withAuthenticator(async (page, cdp, authenticatorId) => {
    await signIn(page);
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));
    await addPasskey(page, 'Third key');
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    // A copy whose counter stands still is refused, and the owner is told.
    await signOut(page);
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credentials[0].credentialId });
    await page.goto(`${baseUrl}/login`);
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credentials[0], signCount: 50 } });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));
    await signOut(page);
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credentials[0].credentialId });
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credentials[0], signCount: 2 } });
    await page.goto(`${baseUrl}/login`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').filter({ hasText: 'not accepted' }).waitFor();
    await signIn(page);
    await page.waitForURL((u) => !u.pathname.startsWith('/login'));
    const told = await page.evaluate(() => fetch('/api/ui/timeline').then((r) => r.text()));
    assert.match(told, /may have been copied/);
    await page.goto(`${baseUrl}/settings/account`);
    await removePasskey(page, 'Third key');
  });
});
