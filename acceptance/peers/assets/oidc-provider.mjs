// A real OpenID provider that signs in whoever the test names, without a form.
// Arguments: callback address. Prints its issuer once it answers.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';
import { Provider } from 'oidc-provider';

const [callback] = process.argv.slice(2);
const jwk = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more });
let person = { sub: 'nobody' };
let handler = (_, res) => { res.statusCode = 503; res.end(); };
const server = http.createServer((req, res) => handler(req, res));

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (client_id, id_token_signed_response_alg, more) => ({
    client_id, client_secret: 'provider-secret-of-the-test', redirect_uris: [callback], id_token_signed_response_alg, ...more,
  });
  const provider = new Provider(issuer, {
    clients: [client('argos', 'RS256'), client('argos-es', 'ES256')],
    jwks: { keys: [jwk('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256' }), jwk('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256' })] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true, methods: ['S256'] },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
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
