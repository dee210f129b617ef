// The browser's side of passkeys: asks the server what to sign, the authenticator for the signature. Keeps nothing.
import { send } from './client';
import { urls } from './paths';

interface Descriptor { type: 'public-key'; id: string; transports?: AuthenticatorTransport[] }
interface CreationJson { publicKey: Omit<PublicKeyCredentialCreationOptions, 'challenge' | 'user' | 'excludeCredentials'> & { challenge: string; user: { id: string; name: string; displayName: string }; excludeCredentials: Descriptor[] } }
interface RequestJson { publicKey: Omit<PublicKeyCredentialRequestOptions, 'challenge' | 'allowCredentials'> & { challenge: string; allowCredentials: Descriptor[] } }
export interface SignedCredential { id: string; response: { clientDataJSON: string; authenticatorData: string; signature: string } }

/** Passkeys need a secure page that was opened by a name, not by an address. */
export function passkeysWork(): boolean {
  return typeof PublicKeyCredential !== 'undefined' && window.isSecureContext && !/^[\d.]+$|:/.test(location.hostname);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
  return out;
}
function text(buffer: ArrayBuffer): string {
  let raw = '';
  for (const byte of new Uint8Array(buffer)) raw += String.fromCharCode(byte);
  return btoa(raw).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
const known = (list: Descriptor[]) => list.map((d) => ({ ...d, id: bytes(d.id) }));

/** True when the person closed the browser's question or let it time out. */
export function isCancelled(cause: unknown): boolean { return cause instanceof DOMException && (cause.name === 'NotAllowedError' || cause.name === 'AbortError'); }

export async function registerPasskey(name: string): Promise<void> {
  const { publicKey } = await send<CreationJson>('POST', urls.passkeyRegisterBegin, {});
  const made = await navigator.credentials.create({ publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), user: { ...publicKey.user, id: bytes(publicKey.user.id) }, excludeCredentials: known(publicKey.excludeCredentials) } });
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse)) throw new Error('no passkey');
  const { response } = made;
  await send('POST', urls.passkeyRegisterFinish, { name, credential: { id: made.id, response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports() } } });
}

async function sign(begin: { challenge_id?: string; step_up?: boolean }): Promise<SignedCredential> {
  const { publicKey } = await send<RequestJson>('POST', urls.passkeyLoginBegin, begin, { quiet: true });
  const made = await navigator.credentials.get({ publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: known(publicKey.allowCredentials) } });
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAssertionResponse)) throw new Error('no passkey');
  const { response } = made;
  return { id: made.id, response: { clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature) } };
}

/** Signs in; with a challenge as its second step. */
export async function signInWithPasskey(challenge?: string): Promise<void> {
  const begin = challenge ? { challenge_id: challenge } : {};
  await send('POST', urls.passkeyLoginFinish, { ...begin, credential: await sign(begin) }, { quiet: true });
}

export async function stepUpWithPasskey(): Promise<void> {
  await send('POST', urls.stepUp, { assertion: await sign({ step_up: true }) });
}
