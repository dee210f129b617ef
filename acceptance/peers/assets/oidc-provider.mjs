// A real OpenID provider that signs in whoever the test names, without a form. It also answers the profile calls of
// the social providers, which nobody but they themselves offer.
// Arguments: callback addresses. Prints its issuer once it answers.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

const callbacks = process.argv.slice(2);
const paths = { github: ['/login/oauth/authorize', '/login/oauth/access_token'], google: ['/o/oauth2/v2/auth', '/token'], microsoft: ['/common/oauth2/v2.0/authorize', '/common/oauth2/v2.0/token'] };
const jwk = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more });
let person = { sub: 'nobody' };
let asked = 0;
const keys = [];
let handler = (_, res) => { res.statusCode = 503; res.end(); };
const server = http.createServer((req, res) => handler(req, res));

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (client_id, id_token_signed_response_alg, more) => ({
    client_id, client_secret: 'provider-secret-of-the-test', redirect_uris: callbacks, token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg, ...more,
  });
  const provider = new Provider(issuer, {
    clients: [client('social', 'RS256', { grant_types: ['authorization_code', 'refresh_token'] }), client('argos', 'RS256', { token_endpoint_auth_method: 'client_secret_basic' }), client('argos-es', 'ES256')],
    jwks: { keys: [jwk('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256' }), jwk('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256' })] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true, methods: ['S256'] },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    ttl: { AccessToken: () => person.lives ?? 600, RefreshToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...person, sub: id }) }),
  });
  const answer = provider.callback();
  handler = async (req, res) => {
    if (req.method === 'POST' && req.url === '/person') {
      let body = '';
      for await (const piece of req) body += piece;
      person = JSON.parse(body);
      res.end('{}');
      return;
    }
    // The same provider at an address without a discovery document, and one whose every answer is late by a redirect.
    if (req.url.startsWith('/plain/')) {
      if (req.url.includes('.well-known')) { res.statusCode = 404; res.end(); return; }
      req.url = req.url.replace('/plain/authorize', '/auth').replace('/plain/token', '/token').replace('/plain/userinfo', '/me');
    }
    // An issuer of access tokens: it signs what the test says with its newest key and publishes all but the forgotten.
    if (req.url.startsWith('/issuer/')) {
      let body = '';
      for await (const piece of req) body += piece;
      const ask = body ? JSON.parse(body) : {};
      if (req.url === '/issuer/rotate' || keys.length === 0) {
        keys.length = 0;
        const pair = await generateKeyPair('ES256', { extractable: true });
        keys.push({ ...pair, kid: randomBytes(4).toString('hex') });
      }
      let reply = {};
      if (req.url.includes('.well-known')) reply = { issuer: `${issuer}/issuer`, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/issuer/jwks` };
      else if (req.url === '/issuer/jwks') { asked += 1; reply = { keys: await Promise.all(keys.map(async (k) => ({ ...(await exportJWK(k.publicKey)), kid: k.kid, use: 'sig', alg: 'ES256' }))) }; }
      else if (req.url === '/issuer/asked') reply = { asked };
      else if (req.url === '/issuer/sign') {
        const key = keys.at(-1);
        const now = Math.floor(Date.now() / 1000);
        const claims = { iss: `${issuer}/issuer`, sub: 'robot-1', iat: now, exp: now + 600, ...ask.claims };
        for (const name of ask.without ?? []) delete claims[name];
        reply = { token: await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: ask.kid ?? key.kid }).sign(key.privateKey) };
      }
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify(reply));
      return;
    }
    for (const [authorize, token] of Object.values(paths)) {
      const scope = 'openid email profile';
      if (req.url.startsWith(`${authorize}?`)) { const query = new URL(req.url, issuer).searchParams; query.set('scope', scope); query.delete('prompt'); query.delete('access_type'); req.url = `/auth?${query}`; }
      else if (req.url === token) req.url = '/token';
    }
    const profiles = { '/user': (p) => ({ id: p.number, login: p.login, name: p.name, email: p.shown }), '/user/emails': (p) => p.emails, '/v1.0/me': (p) => ({ id: p.sub, displayName: p.name, mail: p.email }), '/v1/userinfo': (p) => ({ sub: p.sub, name: p.name, email: p.email, email_verified: p.email_verified }) };
    if (profiles[req.url]) {
      const bearer = await provider.AccessToken.find((req.headers.authorization ?? '').replace('Bearer ', ''));
      res.writeHead(bearer ? 200 : 401, { 'content-type': 'application/json' });
      res.end(JSON.stringify(bearer ? profiles[req.url](person) : { message: 'Bad credentials' }));
      return;
    }
    if (!req.url.startsWith('/interaction/')) { answer(req, res); return; }
    const details = await provider.interactionDetails(req, res);
    if (details.prompt.name === 'login') {
      const result = person.refuses ? { error: 'access_denied' } : { login: { accountId: person.sub } };
      await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
      return;
    }
    const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
    grant.addOIDCScope('openid email profile');
    await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  };
  console.log(issuer);
});
