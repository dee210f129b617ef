// The one place that talks HTTP. Adds the CSRF token to unsafe methods and turns every failure into an ApiError.
// Must never store credentials: the session is an HttpOnly cookie.

export interface FieldError { field: string; message: string }

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** Seconds to wait, from Retry-After or the body; null when the server gave none. */
  readonly retryAfter: number | null;
  readonly fields: readonly FieldError[];
  readonly permission: string | null;
  /** Why, in words, where the detail is a fixed text. */
  readonly reason: string | null;
  /** What can be said without a language model. */
  readonly summary: string | null;
  constructor(status: number, code: string, detail: string, more: { requestId?: string | null; retryAfter?: number | null; fields?: readonly FieldError[]; reason?: string | null; summary?: string | null } = {}) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.requestId = more.requestId ?? null;
    this.retryAfter = more.retryAfter ?? null;
    this.fields = more.fields ?? [];
    this.reason = more.reason ?? null;
    this.summary = more.summary ?? null;
    this.permission = /^Permission denied: (\S+)/.exec(detail)?.[1] ?? null;
  }
  /** No answer at all: server stopped, network gone. */
  get unreachable(): boolean { return this.status === 0; }
}

/** A GET with its reply type; built only in paths.ts and home-paths.ts. */
export interface Get<T> { readonly url: string; readonly as?: 'text'; readonly reply?: T }

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

export function get<T>(path: string, query?: Query): Get<T> { return { url: withQuery(path, query) }; }
export function getText(path: string, query?: Query): Get<string> { return { url: withQuery(path, query), as: 'text' }; }
/** One part of a path. */
export const part = encodeURIComponent;

function csrfToken(): string | null { return /(?:^|;\s*)csrf_token=([^;]+)/.exec(document.cookie)?.[1] ?? null; }

function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
function text(value: unknown): string | null { return typeof value === 'string' && value !== '' ? value : null; }

/** Reads the error envelope `{error, detail, code, request_id}`; `detail` may be the list of field errors. */
export function toApiError(status: number, body: unknown, header: (name: string) => string | null): ApiError {
  const b = isRecord(body) ? body : {};
  const fields: FieldError[] = [];
  if (Array.isArray(b.detail)) {
    for (const item of b.detail) {
      if (!isRecord(item)) continue;
      const loc = Array.isArray(item.loc) ? item.loc.filter((part) => part !== 'body').join('.') : '';
      fields.push({ field: loc, message: text(item.msg) ?? '' });
    }
  }
  const field = text(b.field);
  const detail = text(b.detail) ?? text(b.error) ?? text(b.message) ?? `HTTP ${status}`;
  if (field) fields.push({ field, message: detail });
  const wait = Number(header('retry-after') ?? b.retry_after ?? Number.NaN);
  return new ApiError(status, text(b.code) ?? `http_${status}`, detail, { requestId: text(b.request_id) ?? header('x-request-id'), retryAfter: Number.isFinite(wait) ? wait : null, fields, reason: text(b.reason_text), summary: text(b.summary) });
}

let onUnauthorized: () => void = () => {};
/** The session module says here what happens when a signed-in request is answered 401. */
export function setUnauthorizedHandler(handler: () => void): void { onUnauthorized = handler; }

let prove: (() => Promise<boolean>) | null = null;
/** Who asks the person for a fresh proof when an answer wants one; true when it was given, and the request is repeated. */
export function setProofHandler(handler: (() => Promise<boolean>) | null): void { prove = handler; }

let offered: (token: string, removed: boolean) => void = () => {};
/** Who shows the way back that the server offers beside an answer. */
export function setOfferHandler(handler: typeof offered): void { offered = handler; }

export interface RequestOptions { /** Takes the way back instead of having it shown, where several changes are one to the person. */ onUndo?: (token: string) => void; /** Told whether the data plane serves the change. */ onApplied?: (applied: boolean) => void; method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; body?: unknown; signal?: AbortSignal; as?: 'text' | 'blob'; quiet?: boolean }

async function request(url: string, options: RequestOptions): Promise<unknown> {
  try { return await requestOnce(url, options); } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'step_up_required' || options.quiet || !prove || !await prove()) throw cause;
    return await requestOnce(url, options);
  }
}

async function requestOnce(url: string, options: RequestOptions): Promise<unknown> {
  const method = options.method ?? 'GET';
  const headers: Record<string, string> = { Accept: options.as === 'text' ? 'text/plain, text/csv, */*' : 'application/json' };
  // The browser writes the header of a form or a file itself.
  const own = options.body instanceof FormData || options.body instanceof Blob ? options.body : null;
  if (options.body !== undefined && own === null) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') { const token = csrfToken(); if (token) headers['X-CSRF-Token'] = token; }
  let reply: Response;
  try {
    reply = await fetch(url, { method, headers, credentials: 'same-origin', ...(options.body === undefined ? {} : { body: own ?? JSON.stringify(options.body) }), ...(options.signal ? { signal: options.signal } : {}) });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'unreachable', 'No answer from the server');
  }
  const undo = reply.headers.get('x-argos-undo');
  const applied = reply.headers.get('x-argos-reconcile');
  if (applied && options.onApplied) options.onApplied(applied === 'ok');
  // Told together with the answer, so that what the page says of it carries the way back.
  const tell = (): void => { if (undo) { if (options.onUndo) options.onUndo(undo); else offered(undo, method === 'DELETE'); } };
  if (options.as === 'blob' && reply.ok) { const file = await reply.blob(); tell(); return file; }
  const raw = await reply.text();
  const json = (reply.headers.get('content-type') ?? '').includes('json');
  let body: unknown = raw;
  if (json && raw !== '') { try { body = JSON.parse(raw); } catch { throw new ApiError(reply.status, 'bad_reply', 'The server sent unreadable JSON'); } }
  // A proxy in front says in its own words that nobody answered.
  if (!json && reply.status >= 502 && reply.status <= 504) throw new ApiError(0, 'unreachable', 'No answer from the server');
  if (!reply.ok) {
    const error = toApiError(reply.status, json ? body : { detail: raw.slice(0, 300) }, (name) => reply.headers.get(name));
    if (reply.status === 401 && !options.quiet) onUnauthorized();
    throw error;
  }
  if (options.as !== 'text' && !json && raw !== '') throw new ApiError(404, 'not_json', 'This route is not available on this server');
  tell();
  return body;
}

/** The reply type is the declared contract of the route; the server's tests hold it to that. */
export async function load<T>(get: Get<T>, options: RequestOptions = {}): Promise<T> {
  return await request(get.url, { ...options, ...(get.as ? { as: get.as } : {}) }) as T;
}
export async function send<T = unknown>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
  return await request(url, { ...options, method, ...(body === undefined ? {} : { body }) }) as T;
}
/** A stream of events of one page; the page closes it. */
export function openStream(url: string): EventSource { return new EventSource(url); }
export function asApiError(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError(0, 'client', cause instanceof Error ? cause.message : String(cause));
}
