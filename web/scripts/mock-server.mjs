// Serves dist with generated data in the shapes of the API: for developing pages and for browser tests without the binary.
// node scripts/mock-server.mjs [--port 8090] ; accounts: admin / Argos-Mock-1 (owner), viewer / Argos-Mock-1, totp / Argos-Mock-1 (any code but 000000), new / Argos-Mock-1 (must change).
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as data from './mock/data.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const port = Number(process.argv[process.argv.indexOf('--port') + 1] || 8090) || 8090;
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.webmanifest': 'application/manifest+json', '.png': 'image/png' };
const csp = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

const viewer = ['stats:read', 'history:read', 'alerts:read', 'automations:read', 'notifications:read', 'events:read', 'system:read', 'settings:read', 'inventory:read', 'dashboard:read', 'dashboard:write', 'backups:read', 'integrations:read', 'plugins:read'];
const owner = [...viewer, 'users:manage', 'settings:write', 'audit:read', 'api_keys:manage', 'notifications:manage', 'alerts:manage', 'services:control', 'system:inspect', 'automations:run', 'logs:system'];
const users = new Map([['admin', { role: 'owner', totp: false }], ['viewer', { role: 'viewer', totp: false }], ['totp', { role: 'admin', totp: true }], ['new', { role: 'owner', totp: false, must: true }]].map(([n, u]) => [n, { password: 'Argos-Mock-1', ...u }]));
const sessions = new Map();
const challenges = new Map();
const tickMs = Number(process.env.MOCK_TICK_MS ?? 5_000);
let failures = 0;
const rows = data.settings();
let nextId = 3;
const iso = (ago) => new Date(Date.now() - ago * 1000).toISOString();
let rules = [
  { id: 'disk-data', name: 'Disk full', condition: 'disk_percent > 80', severity: 'warning', message: 'A disk is above 80 %', channels: [], cooldown: 300, for_s: 0, enabled: true, builtin: false, autonomy: 'notify' },
  { id: 'cpu-high', name: 'CPU', condition: 'cpu_percent > 90', severity: 'danger', message: 'CPU critical', channels: ['1'], cooldown: 300, for_s: 300, enabled: true, builtin: true, autonomy: 'notify' },
];
let channels = [{ id: 1, name: 'ops-hook', type: 'webhook', enabled: true, verified: true, broadcast: true, sent_today: 3, template: '', config: { url: 'https://hooks.example.net/argos', secret: '__UNCHANGED__' }, failures: 0, last_sent_at: iso(4000), rate_limit_per_minute: 30 }];
let keys = [{ id: 'a1b2c3d4e5f6', name: 'grafana', role: 'viewer', created_at: Math.floor(Date.now() / 1000) - 86400 * 40, expires_at: null, last_used: Math.floor(Date.now() / 1000) - 300 }];
let inbox = [{ id: 2, timestamp: Math.floor(Date.now() / 1000) - 900, level: 'warning', title: 'Disk /srv/data at 83%', message: 'Forecast: full in 79 days.', read: false, username: null }, { id: 1, timestamp: Math.floor(Date.now() / 1000) - 90000, level: 'info', title: 'Backup finished', message: '214 MiB in 12 s', read: true, username: null }];
const eventRows = data.events();
/** Unread messages, as what waits. */
function waitingPage(kind) {
  const items = kind === '' || kind === 'message' ? inbox.filter((n) => !n.read).map((n) => ({ ref: `message:${n.id}`, kind: 'message', severity: n.level, title: n.title, detail: n.message, at: new Date(n.timestamp * 1000).toISOString(), by: null, expires_at: null, risk: null, page: '/inbox?tab=messages', words: ['read'] })) : [];
  return { items, total: items.length, counts: items.length > 0 ? [{ kind: 'message', count: items.length }] : [], unavailable: [] };
}
const prefs = new Map();
const firings = [
  { ref: 'alert:7', title: 'Service grafana-server.service failed', severity: 'critical', since: new Date(Date.now() - 260e3).toISOString(), cause: 'services[*].status == "failed"', value: null, rule_id: 'service_failed', firing_id: 7, labels: { service: 'grafana-server.service' }, children: [{ ref: 'alert:8', title: 'Port 3001 closed', severity: 'warning', rule_id: 'port', firing_id: 8 }], state: 'open', acknowledged_by: null, silenced_until: null },
  { ref: 'alert:5', title: 'Disk /srv/data at 83 %', severity: 'warning', since: new Date(Date.now() - 5400e3).toISOString(), cause: 'disks[*].percent >= 80', value: 83, rule_id: 'disk-data', firing_id: 5, labels: { mount: '/srv/data' }, children: [], state: 'open', acknowledged_by: null, silenced_until: null },
];
const now = () => Math.floor(Date.now() / 1000);

function cookies(req) { return Object.fromEntries((req.headers.cookie ?? '').split(/;\s*/).filter(Boolean).map((c) => [c.slice(0, c.indexOf('=')), c.slice(c.indexOf('=') + 1)])); }
function reply(res, status, body, headers = {}) {
  const text = typeof body === 'string';
  res.writeHead(status, { 'Content-Type': text ? 'text/plain; charset=utf-8' : 'application/json', 'Cache-Control': 'no-store', 'X-Request-Id': randomBytes(8).toString('hex'), ...headers });
  res.end(status === 204 ? undefined : text ? body : JSON.stringify(body));
}
function fail(res, status, detail, code, headers) { reply(res, status, { error: detail, detail, code, request_id: randomBytes(8).toString('hex') }, headers); }
function signIn(res, username) {
  const token = randomBytes(32).toString('hex');
  const csrf = randomBytes(16).toString('hex');
  sessions.set(token, { username, csrf });
  reply(res, 200, { username, role: users.get(username).role }, { 'Set-Cookie': [`argos_session=${token}; HttpOnly; SameSite=Lax; Path=/`, `csrf_token=${csrf}; SameSite=Lax; Path=/`] });
}
async function body(req) { const parts = []; for await (const p of req) parts.push(p); const text = Buffer.concat(parts).toString(); return text === '' ? {} : JSON.parse(text); }

function stream(res, send, everyMs) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' });
  send();
  const timer = setInterval(send, everyMs);
  const ping = setInterval(() => res.write(': ping\n\n'), 10_000);
  res.on('close', () => { clearInterval(timer); clearInterval(ping); });
}

const gets = {
  '/api/ui/me': (c) => ({ user: { id: 1, uid: 'u', username: c.username, display_name: c.username, role: c.role, must_change_password: users.get(c.username).must === true, has_2fa: users.get(c.username).totp }, can: c.grants, preferences: prefs.get(c.username) ?? {}, requires_2fa_setup: false }),
  '/api/ui/components': () => ({ components: [{ name: 'database', status: 'healthy', last_ok: now() - 2, failures: 0, latency_ms: 0.8, detail: null }, { name: 'collector', status: 'healthy', last_ok: now() - 3, failures: 0, latency_ms: 41, detail: null }, { name: 'notifier', status: 'degraded', last_ok: now() - 190, failures: 3, latency_ms: null, detail: 'ops-hook answered 502' }, { name: 'backup', status: 'disabled', last_ok: null, failures: 0, latency_ms: null, detail: 'no target' }], tasks: [{ name: 'host.collector', state: 'running', restarts: 0, last_error: null, since: iso(4000) }, { name: 'notify.sender', state: 'running', restarts: 2, last_error: 'connection reset', since: iso(1900) }, { name: 'jobs.worker', state: 'running', restarts: 0, last_error: null, since: iso(4000) }] }),
  '/api/stats': () => data.stats(Date.now() / 1000),
  '/api/history/multi': (_c, q) => Object.fromEntries((q.get('metrics') ?? '').split(',').map((m) => [m, data.history(m, Number(q.get('range') ?? 24), Number(q.get('resolution') ?? 60))]).filter(([, v]) => v)),
  '/api/metrics/available': () => data.metricNames(),
  '/api/metrics/series': () => data.series(),
  '/api/metrics/query': (_c, q) => data.query(q.get('metric'), Number(q.get('from')), Number(q.get('to')), Number(q.get('step') || 60)) ?? { status: 400, detail: 'unknown metric' },
  '/api/system/info': () => ({ hostname: data.host, os: 'Debian GNU/Linux 13 (trixie)', kernel: '6.12.48+deb13-amd64', arch: 'x86_64', cpu_model: 'AMD Ryzen 7 5700G', cpu_cores: 16, gpu: null, uptime: '12d 2h', load: '', ip: '192.168.10.21', governor: 'schedutil', version: '0.1.0', ram_total_gb: 31.3, ram_available_gb: 15.1, swap_total_gb: 8, swap_used_gb: 0.2 }),
  '/api/system/health': () => ({ score: 78, grade: 'B', hostname: data.host, uptime: '12d', checks: [{ name: 'CPU', status: 'ok', value: '23 %', deduction: 0 }, { name: 'Memory', status: 'ok', value: '52 %', deduction: 0 }, { name: 'Disk /srv/data', status: 'warning', value: '83 %', deduction: 0 }, { name: 'Service grafana-server', status: 'critical', value: 'failed', deduction: 10 }, { name: 'Active alerts', status: 'warning', value: '2', deduction: 6 }, { name: 'CPU temperature', status: 'ok', value: '49 °C', deduction: 0 }] }),
  '/api/processes/current': () => data.processes(Date.now() / 1000).slice(0, 100),
  '/api/processes/history': () => [],
  '/api/network/interfaces': () => [{ name: 'enp3s0', ip: '192.168.10.21', up: true, speed: 1000, mtu: 1500 }, { name: 'wg0', ip: '10.8.0.1', up: true, speed: 0, mtu: 1420 }, { name: 'enp4s0', ip: '', up: false, speed: 0, mtu: 1500 }],
  '/api/network/ports': () => [[22, '0.0.0.0', 900, 'sshd'], [80, '0.0.0.0', 537, 'nginx'], [443, '0.0.0.0', 537, 'nginx'], [3000, '127.0.0.1', 674, 'node'], [5432, '127.0.0.1', 400, 'postgres'], [6379, '127.0.0.1', 948, 'redis-server'], [8080, '0.0.0.0', 811, 'argos'], [51820, '0.0.0.0', null, '']].map(([p, address, pid, process]) => ({ port: p, address, pid, process })),
  '/api/network/connections': () => Array.from({ length: 140 }, (_, i) => ({ pid: 400 + (i % 9) * 137, process: ['nginx', 'postgres', 'node', 'argos', 'sshd'][i % 5], local: `192.168.10.21:${[443, 5432, 3000, 8080, 22][i % 5]}`, remote: `10.0.${i % 7}.${(i * 13) % 250}:${40000 + i}`, status: 'ESTABLISHED' })),
  '/api/smart': () => [{ device: '/dev/nvme0n1', model: 'Samsung SSD 980 PRO 1TB', serial: 'S5GX', capacity_bytes: 1e12, smart_ok: true, temp_c: 41, power_on_hours: 11230, risk_score: 0, attributes: {} }, { device: '/dev/sda', model: 'WDC WD40EFRX', serial: 'WD1', capacity_bytes: 4e12, smart_ok: true, temp_c: 36, power_on_hours: 41022, risk_score: 50, attributes: { pending_sectors: 8 } }, { device: '/dev/sdb', error: 'smartctl: permission denied' }],
  '/api/disks/prediction': () => ({ metrics: { disk_percent: { regression: { slope: 2.4e-6, intercept: 70, r_squared: 0.93 }, projection: [] } }, combined: { full_at: iso(-86400 * 79), primary_metric: 'disk_percent', r_squared: 0.93, confidence: 'high', slope_per_day: 0.2098 } }),
  '/api/journal/units': () => ['nginx.service', 'postgresql.service', 'ssh.service', 'grafana-server.service', 'backup.service', 'cron.service', 'systemd-journald.service'].map((name) => ({ name, status: name.startsWith('grafana') ? 'failed' : 'active' })),
  '/api/ui/attention': () => ({ problems: firings.map((f) => ({ ...f, actions: ['ack', 'silence'] })), well: 42 }),
  '/api/ui/timeline': (_c, q) => {
    const f = eventRows.filter((e) => (!q.get('source') || e.source === q.get('source')) && (!q.get('severity') || e.severity === q.get('severity')) && (!q.get('q') || e.message.toLowerCase().includes(q.get('q').toLowerCase())) && (!q.get('from') || Date.parse(e.created_at) / 1000 >= Number(q.get('from'))) && (!q.get('to') || Date.parse(e.created_at) / 1000 <= Number(q.get('to'))) && (!q.get('cursor') || e.id < Number(q.get('cursor'))));
    const items = f.slice(0, Number(q.get('limit') || 50));
    return { items, next: f.length > items.length ? String(items.at(-1).id) : null };
  },
  '/api/ui/setup': () => ({ tasks: [{ id: 'password', state: 'done', detail: null }, { id: 'second_factor', state: 'open', detail: null }, { id: 'channel', state: channels.length ? 'done' : 'open', detail: String(channels.length) }, { id: 'tls', state: 'open', detail: null }] }),
  '/api/alert-rules': () => rules,
  '/api/alert-history': (_c, q) => Array.from({ length: Math.min(40, Number(q.get('limit') || 100)) }, (_, i) => ({ id: 40 - i, rule_id: i % 3 ? 'disk-data' : 'cpu-high', timestamp: now() - i * 14000 - 5400, severity: i % 3 ? 'warning' : 'danger', message: i % 3 ? 'Disk /srv/data at 83%' : 'CPU critical: 96%', resolved_at: i === 0 ? null : now() - i * 14000 - 3000 })),
  '/api/notifications': () => ({ notifications: inbox, unread_count: inbox.filter((n) => !n.read).length }),
  '/api/ui/inbox': (_c, q) => waitingPage(q.get('kind') ?? ''),
  '/api/ui/credentials': () => ({ items: [{ kind: 'api_key', name: 'grafana', used_by: ['stats:read'], created_at: iso(86400 * 40), changed_at: iso(86400 * 40), expires_at: iso(-86400 * 5), last_used_at: iso(60), renewal: 'rotate', page: '/settings/credentials' }, { kind: 'setting', name: 'smtp.password', used_by: [], created_at: null, changed_at: iso(86400 * 3), expires_at: null, last_used_at: null, renewal: 'replace', page: '/settings/system/configuration?q=smtp.password' }], total: 2, counts: [{ kind: 'api_key', count: 1 }, { kind: 'setting', count: 1 }], unavailable: [] }),
  '/api/ui/schedules': () => ({ items: [{ kind: 'schedule', name: 'Instance backup', at: iso(-3600 * 5), until: null, repeats: 'Daily at 2:00 AM (UTC)', page: '/settings/backups' }, { kind: 'certificate_renewal', name: 'app.example.com', at: iso(-86400 * 3), until: null, repeats: null, page: '/sites/certificates' }], unavailable: [] }),
  '/api/profile': (c) => ({ username: c.username, role: c.role, permissions: c.grants, has_2fa: users.get(c.username).totp, recent_logins: [{ time: now() - 60, username: c.username, action: 'login', details: 'password', ip: '192.168.10.4' }], failed_logins: [{ time: now() - 86000, username: c.username, action: 'failed_login', details: '', ip: '203.0.113.9' }], recent_actions: [] }),
  '/api/auth/sessions': (c) => [...sessions].filter(([, s]) => s.username === c.username).map(([t], i) => ({ id: t.slice(0, 8), prefix: t.slice(0, 8), kind: 'web', username: c.username, role: c.role, created_at: iso(i * 900 + 60), expires_at: iso(-86400 * 6 + i), current: t === c.token, client_ip: '192.168.10.4', user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', last_seen_at: iso(i * 400) })),
  '/api/auth/totp/status': (c) => ({ enabled: users.get(c.username).totp, setup_pending: false, recovery_codes_remaining: users.get(c.username).totp ? 9 : null }),
  '/api/users': () => [...users].map(([username, u], i) => ({ username, display_name: username, email: null, role: u.role, is_active: true, has_2fa: u.totp, must_change_password: u.must === true, last_login_at: i ? iso(i * 90000) : iso(60), created_at: iso(86400 * 30) })),
  '/api/admin/api-keys': () => keys,
  '/api/audit/verify': () => ({ ok: true, rows: 4213, broken_at: null }),
  '/api/ui/audit': (_c, q) => Array.from({ length: Math.min(200, Number(q.get('limit') || 100)) }, (_, i) => ({ time: now() - i * 3100, username: ['ana', 'admin', 'apikey:grafana'][i % 3], action: ['login', 'settings_update', 'service_control', 'user_add', 'api_key_create'][i % 5], details: ['', 'monitoredServices', 'restart nginx.service', 'viewer', 'grafana'][i % 5], ip: '192.168.10.4' })),
  '/api/settings': () => rows,
  '/api/notifications/channels': () => channels,
  '/api/notifications/deliveries': () => ({ deliveries: Array.from({ length: 14 }, (_, i) => ({ id: 14 - i, channel_id: 1, channel_name: 'ops-hook', event_type: i % 3 ? 'alert.firing' : 'alert.resolved', status: i === 2 ? 'failed' : i === 5 ? 'throttled' : 'sent', reason: i === 5 ? 'throttled' : null, error_message: i === 2 ? 'HTTP 502 Bad Gateway' : null, attempts: i === 2 ? 3 : 1, http_status: i === 2 ? 502 : 200, created_at: iso(i * 5200) })) }),
  '/api/jobs': () => Array.from({ length: 23 }, (_, i) => ({ id: 90 - i, uid: `j${i}`, kind: ['retention.prune', 'metrics.rollup', 'smart.scan', 'backup.run', 'audit.verify'][i % 5], state: i === 0 ? 'running' : i === 7 ? 'failed' : 'succeeded', progress: i === 0 ? { percent: 62, phase: 'compressing' } : null, error: i === 7 ? 'no backup target' : null, trigger: 'schedule', created_at: iso(i * 3600 + 20), started_at: iso(i * 3600 + 18), finished_at: i === 0 ? null : iso(i * 3600) })),
  '/api/health': () => ({ status: 'ok', service: 'argos', version: '0.1.0', uptime_s: 4021, db: 'ok' }),
  '/readyz': () => ({ ready: true, checks: { database: true, migrations: true, data_dir: true, scheduler: true, vault: true } }),
};
const needs = { '/api/users': 'users:manage', '/api/admin/api-keys': 'api_keys:manage', '/api/ui/audit': 'audit:read', '/api/journal': 'logs:system', '/api/journal/units': 'logs:system', '/api/network/connections': 'system:inspect' };

async function write(req, res, path, c) {
  const b = await body(req);
  const id = path.split('/').pop();
  const user = users.get(c.username);
  if (path === '/api/auth/logout') { sessions.delete(c.token); return reply(res, 204, ''); }
  if (path === '/api/profile/password') {
    if (b.current !== user.password) return fail(res, 401, 'Current password is incorrect', 'wrong_password');
    user.password = b.new; user.must = false; return reply(res, 200, { status: 'ok' });
  }
  if (path === '/api/user/preferences' && req.method === 'DELETE') { prefs.delete(c.username); return reply(res, 200, { status: 'ok' }); }
  if (path === '/api/user/preferences') { prefs.set(c.username, b.preferences); return reply(res, 200, { status: 'ok' }); }
  if (path === '/api/auth/totp/setup') return reply(res, 200, { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', otpauth_url: 'otpauth://totp/argos-edge:admin?secret=JBSWY3DPEHPK3PXP&issuer=argos-edge', qr_png_base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', recovery_codes: Array.from({ length: 10 }, (_, i) => `ab${i}d-ef${i}h`) });
  if (path === '/api/auth/totp/activate') { if (!/^\d{6}$/.test(b.code) || b.code === '000000') return fail(res, 401, 'invalid code', 'invalid_code'); user.totp = true; return reply(res, 200, { ok: true }); }
  if (path === '/api/auth/totp/disable') { user.totp = false; return reply(res, 200, { ok: true }); }
  if (path === '/api/auth/totp/recovery/regenerate') return reply(res, 200, { codes: Array.from({ length: 10 }, (_, i) => `zz${i}d-yy${i}h`) });
  const firing = /^\/api\/ui\/attention\/(\d+)\/(ack|silence)$/.exec(path);
  if (firing) { const f = firings.find((x) => x.firing_id === Number(firing[1])); if (firing[2] === 'ack') { f.acknowledged_by = c.username; f.state = 'acknowledged'; } else { f.silenced_until = b.minutes ? iso(-b.minutes * 60) : null; f.state = b.minutes ? 'silenced' : 'open'; } return reply(res, 200, { status: 'ok' }); }
  if (!c.grants.includes('settings:write') && !path.startsWith('/api/notifications/')) return fail(res, 403, 'Permission denied: settings:write', 'forbidden');
  if (path.startsWith('/api/settings/')) {
    const key = decodeURIComponent(id);
    const row = rows.find((r) => r.key === key);
    if (!row) return fail(res, 400, 'unknown setting key', 'unknown_setting');
    if (row.locked) return fail(res, 409, `${key} is set by the environment`, 'setting_locked');
    if (row.type === 'int' && !/^\d+$/.test(String(b.value))) return fail(res, 400, `${key}: a whole number is expected`, 'invalid_setting');
    Object.assign(row, { value: String(b.value), set: true, source: 'stored', updated_at: iso(0), updated_by: c.username });
    return reply(res, 200, row);
  }
  if (path === '/api/alert-rules/preview') { if (!b.condition || !/[<>=]/.test(b.condition)) return fail(res, 400, 'Condition is required', 'condition_required'); const n = /9\d/.test(b.condition) ? 0 : 3; return reply(res, 200, { firings: n, intervals: Array.from({ length: n }, (_, i) => ({ from: now() - 86400 * (3 - i), to: now() - 86400 * (3 - i) + 1500, peak: 94, label: null })), step_s: 300, hours: b.hours ?? 24, unknown_metrics: [] }); }
  if (path === '/api/alert-rules') { if (!b.condition) return fail(res, 400, 'Condition is required', 'condition_required'); const rule = { id: randomBytes(4).toString('hex'), enabled: true, severity: 'warning', channels: [], cooldown: 300, for_s: 0, message: b.condition, ...b }; rules = [...rules, rule]; return reply(res, 200, { status: 'ok', id: rule.id }); }
  if (path.startsWith('/api/alert-rules/')) { if (req.method === 'DELETE') rules = rules.filter((r) => r.id !== id); else rules = rules.map((r) => (r.id === id ? { ...r, ...b } : r)); return reply(res, 200, { status: 'ok' }); }
  if (path === '/api/notifications/channels') { const ch = { id: nextId++, verified: false, failures: 0, broadcast: true, sent_today: 0, template: '', last_sent_at: null, ...b }; channels = [ch, ...channels]; return reply(res, 201, ch); }
  const channel = /^\/api\/notifications\/channels\/(\d+)(\/\w+)?$/.exec(path);
  if (channel) {
    const n = Number(channel[1]);
    if (channel[2] === '/test') return reply(res, 200, n === 1 ? { success: true, sent_payload: { text: 'Test event from Argos' } } : { success: false, error_message: 'connection refused', sent_payload: {} });
    if (channel[2] === '/toggle') channels = channels.map((x) => (x.id === n ? { ...x, enabled: !x.enabled } : x));
    else if (req.method === 'DELETE') channels = channels.filter((x) => x.id !== n);
    else channels = channels.map((x) => (x.id === n ? { ...x, ...b } : x));
    return reply(res, 200, channels.find((x) => x.id === n) ?? {});
  }
  const waits = /^\/api\/ui\/inbox\/message(?::|%3A)(\d+)\/decide$/.exec(path);
  if (waits) { inbox = inbox.map((x) => (String(x.id) === waits[1] ? { ...x, read: true } : x)); return reply(res, 200, { ref: `message:${waits[1]}`, state: 'read' }); }
  if (path.startsWith('/api/notifications/')) { inbox = inbox.map((x) => (path.endsWith('read-all') || path.includes(`/${x.id}/`) ? { ...x, read: true } : x)); return reply(res, 200, { status: 'ok' }); }
  if (path === '/api/admin/users') {
    if (b.action === 'add') { if (users.has(b.username)) return fail(res, 409, 'User already exists', 'conflict'); users.set(b.username, { password: b.password, role: b.role, totp: false }); }
    if (b.action === 'remove') users.delete(b.username);
    if (b.action === 'set_role') users.get(b.username).role = b.role;
    return reply(res, 200, { status: 'ok' });
  }
  if (path === '/api/admin/api-keys') { const k = { id: randomBytes(6).toString('hex'), name: b.name, role: b.role, created_at: now(), expires_at: b.expires_days ? now() + b.expires_days * 86400 : null, last_used: null }; keys = [k, ...keys]; return reply(res, 200, { ...k, key: `argus_sk_${randomBytes(24).toString('base64url')}` }); }
  if (path.startsWith('/api/admin/api-keys/')) { keys = keys.filter((k) => k.id !== id); return reply(res, 200, { status: 'ok' }); }
  if (path.startsWith('/api/auth/sessions/')) { for (const t of sessions.keys()) if (t.startsWith(id)) sessions.delete(t); return reply(res, 204, ''); }
  if (path === '/api/service-control') return b.service.startsWith('grafana') ? fail(res, 422, 'Job for grafana-server.service failed because the control process exited with error code.', 'command_failed') : reply(res, 200, { success: true, stderr: '' });
  return fail(res, 404, 'Not found', 'not_found');
}

async function api(req, res, url) {
  const path = url.pathname;
  if (path === '/api/auth/providers') return reply(res, 200, []);
  if (path === '/api/auth/safe-redirect') return reply(res, 200, { url: '/' });
  if (path === '/api/health' || path === '/readyz') return reply(res, 200, gets[path]());
  if (path === '/api/auth/login') {
    const b = await body(req);
    const user = users.get(b.username);
    if (failures >= 5) { failures = 0; return fail(res, 429, 'too many failed attempts, try again in 1 minutes', 'rate_limited', { 'Retry-After': '30' }); }
    if (!user || user.password !== b.password) { failures += 1; return fail(res, 401, 'invalid credentials', 'invalid_credentials'); }
    if (user.totp) { const id = randomBytes(16).toString('hex'); challenges.set(id, b.username); return reply(res, 200, { requires_totp: true, challenge_id: id, methods: ['totp', 'recovery'] }); }
    return signIn(res, b.username);
  }
  if (path === '/api/auth/totp/verify' || path === '/api/auth/totp/recovery') {
    const b = await body(req);
    const name = challenges.get(b.challenge_id);
    if (!name) return fail(res, 401, 'challenge not found or expired', 'challenge_expired');
    if (path.endsWith('recovery') ? !/^[a-z0-9]{4}-[a-z0-9]{4}$/.test(b.recovery_code ?? '') : !/^\d{6}$/.test(b.code ?? '') || b.code === '000000') return fail(res, 401, 'invalid code', 'invalid_code');
    return signIn(res, name);
  }
  const token = cookies(req).argos_session;
  const s = sessions.get(token);
  if (!s) return fail(res, 401, 'Authentication required', 'unauthorized');
  const role = users.get(s.username)?.role ?? 'viewer';
  const c = { ...s, token, role, grants: role === 'viewer' ? viewer : owner };
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    if (req.headers['x-csrf-token'] !== s.csrf) return fail(res, 403, 'CSRF token missing or wrong', 'csrf_failed');
    return write(req, res, path, c);
  }
  if (needs[path] && !c.grants.includes(needs[path])) return fail(res, 403, `Permission denied: ${needs[path]}`, 'forbidden');
  if (path === '/api/stream') return stream(res, () => res.write(`data: ${JSON.stringify(data.stats(Date.now() / 1000))}\n\n`), tickMs);
  if (path === '/api/events/stream') {
    let n = 20_000 + Math.floor(Date.now() / 1000) % 10_000;
    return stream(res, () => { n += 1; const e = { ...eventRows[n % 9], id: n, created_at: iso(0) }; if (n % 2) res.write(`id: ${n}\ndata: ${JSON.stringify(e)}\n\n`); }, tickMs * 4);
  }
  if (path === '/api/journal') return reply(res, 200, data.journal(url.searchParams));
  if (path.startsWith('/api/sla/')) return reply(res, 200, 99.9312);
  if (path.startsWith('/api/alert-rules/test/')) { const r = rules.find((x) => x.id === path.split('/').pop()); return r ? reply(res, 200, { rule_id: r.id, condition: r.condition, result: r.id === 'disk-data', available_metrics: ['cpu_percent', 'mem_percent', 'disk_percent'], values: { disk_percent: 83.4 } }) : fail(res, 404, 'Rule not found', 'not_found'); }
  if (/^\/api\/history\/[^/]+$/.test(path) && path !== '/api/history/multi') { const h = data.history(path.split('/').pop(), Number(url.searchParams.get('range') ?? 24), Number(url.searchParams.get('resolution') ?? 60)); return h ? reply(res, 200, h) : fail(res, 400, 'unknown metric', 'unknown_metric'); }
  const get = gets[path];
  if (!get) return fail(res, 404, 'Not found', 'not_found');
  const out = get(c, url.searchParams);
  return out?.status === 400 ? fail(res, 400, out.detail, 'bad_request') : reply(res, 200, out);
}

function file(res, path) {
  const aliases = { '/docs': '/docs.html', '/redoc': '/redoc.html' };
  let at = join(dist, normalize(aliases[path] ?? path));
  if (!at.startsWith(dist) || !existsSync(at) || statSync(at).isDirectory()) at = join(dist, 'index.html');
  if (!existsSync(at)) return reply(res, 503, 'dist is empty: npm run build');
  res.writeHead(200, { 'Content-Type': types[extname(at)] ?? 'application/octet-stream', 'Content-Security-Policy': csp, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache', ...(existsSync(`${at}.gz`) ? { 'Content-Encoding': 'gzip' } : {}) });
  res.end(readFileSync(existsSync(`${at}.gz`) ? `${at}.gz` : at));
}

/** The checked-in document, or a one-route stand-in before it exists. */
function contract() {
  const at = fileURLToPath(new URL('../../contract/openapi.json', import.meta.url));
  if (existsSync(at)) return JSON.parse(readFileSync(at, 'utf8'));
  return { openapi: '3.1.0', info: { title: 'Argos', version: '0' }, paths: { '/api/health': { get: { summary: 'Health.', responses: { 200: { description: 'ok' } } } } } };
}

createServer((req, res) => {
  const url = new URL(req.url, 'http://mock');
  if (url.pathname.startsWith('/api/') || url.pathname === '/readyz') api(req, res, url).catch((e) => fail(res, 500, String(e), 'internal'));
  else if (url.pathname === '/healthz') reply(res, 200, 'ok');
  else if (url.pathname === '/openapi.json') reply(res, 200, contract());
  else file(res, url.pathname);
}).listen(port, '127.0.0.1', function () { console.log(`http://127.0.0.1:${this.address().port}`); });
