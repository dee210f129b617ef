// What a published site answers to people outside: over TLS by its own name, whatever the DNS says.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { until } from './browser.mjs';

/** A visitor of the site `domain`, whose proxy listens at these addresses. */
export function visitor({ domain, plain, secure }) {
  const [, port] = secure.split(':');
  const options = (path, headers) => ({ host: '127.0.0.1', port, servername: domain, path, headers: { Host: domain, ...headers }, rejectUnauthorized: false, agent: false });
  const finish = (request) => new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (answer) => {
      const issuer = answer.socket.getPeerCertificate?.()?.issuer?.CN ?? '';
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, issuer }));
    });
    request.end();
  });
  return {
    ask: (path, headers = {}) => finish(https.request(options(path, headers))),
    askPlain: (path) => { const [host, at] = plain.split(':'); return finish(http.request({ host, port: at, path, headers: { Host: domain }, agent: false })); },
    /** Sends one message through a WebSocket and returns what comes back, or the status that refused it. */
    echo: (text, headers = {}) => new Promise((resolve, reject) => {
      const request = https.request(options('/', { ...headers, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Protocol': 'chat', 'Sec-WebSocket-Key': randomBytes(16).toString('base64') }));
      request.on('error', reject);
      request.on('response', (answer) => { answer.resume(); resolve(answer.statusCode); });
      request.on('upgrade', (_answer, socket, early) => {
        const mask = randomBytes(4);
        const body = Buffer.from(text).map((byte, n) => byte ^ mask[n % 4]);
        let got = early;
        const read = () => {
          if (got.length < 2 || got.length < 2 + (got[1] & 127)) return;
          resolve(got.subarray(2, 2 + (got[1] & 127)).toString());
          socket.destroy();
        };
        socket.on('data', (more) => { got = Buffer.concat([got, more]); read(); });
        socket.on('error', reject);
        socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | body.length]), mask, body]));
        read();
      });
      request.end();
    }),
  };
}

/** The session cookie of an account. */
export async function sessionOf(baseUrl, username, password) {
  const answer = await fetch(`${baseUrl}/api/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ username, password }) });
  assert.equal(answer.status, 200);
  const cookie = answer.headers.getSetCookie().find((c) => c.startsWith('argos_session='));
  return cookie.split(';')[0];
}

/** A site with a certificate, a WebSocket behind it, sign-in, a redirect, a limit of five requests and a banned country. */
export async function checkSite(site, { cookie, banned, limit }) {
  const client = visitor(site);
  const from = (address, more = {}) => ({ 'X-Forwarded-For': address, ...more });
  const signedIn = (address) => from(address, { Cookie: cookie });
  assert.equal((await client.askPlain('/x?y=1')).headers.location, `https://${site.domain}/x?y=1`);
  // Each time from elsewhere, so that the limit is not met while the certificate is on its way.
  let asked = 0;
  const first = await until('a certificate of the authority', () => client.ask('/', from(`198.51.100.${100 + (asked++ % 150)}`)), (a) => /pebble/i.test(a.issuer));
  assert.equal(first.status, 302);
  assert.match(first.headers.location, /^https:\/\/panel\.test\/login\?rd=https%3A%2F%2F/);
  assert.equal(await client.echo('refused', from('198.51.100.2')), 302);
  assert.match(await client.echo('over tls', signedIn('198.51.100.3')), /over tls$/);
  const moved = await client.ask('/old/page', signedIn('198.51.100.4'));
  assert.deepEqual([moved.status, moved.headers.location], [301, '/new']);
  await until('the banned country is turned away', () => client.ask('/old/page', signedIn(banned)), (a) => a.status === 403);
  assert.equal((await client.ask('/old/page', signedIn('198.51.100.5'))).status, 301);
  const statuses = [];
  for (let n = 0; n <= limit; n += 1) statuses.push((await client.ask('/old/page', signedIn('198.51.100.6'))).status);
  assert.deepEqual(statuses, [...Array(limit).fill(301), 429]);
}
