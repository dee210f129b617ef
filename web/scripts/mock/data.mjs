// Generated data of the mock server: a plausible small server whose values are functions of time, so history and live agree.

/** Deterministic noise in [0,1) for an integer and a seed. */
export function noise(n, seed) {
  let x = Math.imul(n ^ (seed * 0x9e3779b9), 0x85ebca6b);
  x ^= x >>> 13; x = Math.imul(x, 0xc2b2ae35); x ^= x >>> 16;
  return (x >>> 0) / 4294967296;
}
/** Smooth noise over `period` seconds. */
function smooth(t, seed, period) {
  const n = Math.floor(t / period);
  const f = (t / period) - n;
  const k = f * f * (3 - 2 * f);
  return noise(n, seed) * (1 - k) + noise(n + 1, seed) * k;
}
const day = (t) => (1 + Math.sin(((t % 86400) / 86400) * 2 * Math.PI - 1.8)) / 2;
const clamp = (v, a, b) => Math.max(a, Math.min(b, v));
const round = (v, d = 1) => Math.round(v * 10 ** d) / 10 ** d;

export const host = 'web-1';
const bootedAt = Math.floor(Date.now() / 1000) - 86400 * 12 - 7300;

export const measures = {
  cpu: (t) => round(clamp(6 + 16 * day(t) + 14 * smooth(t, 1, 240) + 9 * smooth(t, 2, 20) + (smooth(t, 3, 1800) > 0.86 ? 34 : 0), 0.4, 100)),
  mem: (t) => round(clamp(48 + 9 * smooth(t, 4, 5400) + 3 * smooth(t, 5, 120), 0, 100)),
  temp: (t) => round(41 + 12 * day(t) + 8 * smooth(t, 1, 240), 0),
  rx: (t) => Math.round(24000 + 380000 * day(t) * smooth(t, 6, 90) + 2_400_000 * Math.max(0, smooth(t, 7, 600) - 0.82)),
  tx: (t) => Math.round(18000 + 910000 * day(t) * smooth(t, 8, 90)),
  read: (t) => Math.round(4_000_000 * Math.max(0, smooth(t, 9, 60) - 0.55)),
  write: (t) => Math.round(60_000 + 2_200_000 * smooth(t, 10, 45) ** 3),
};
const disks = [
  { mount: '/', device: '/dev/nvme0n1p2', total: 512e9, base: 61, slope: 0.05 },
  { mount: '/srv/data', device: '/dev/sda1', total: 4e12, base: 83.4, slope: 0.21 },
  { mount: '/var/lib/containers', device: '/dev/nvme0n1p3', total: 128e9, base: 34, slope: 0.01 },
];
const services = [
  ['nginx.service', 'active'], ['postgresql.service', 'active'], ['ssh.service', 'active'], ['backup.service', 'timer-active'], ['unattended-upgrades.service', 'active'], ['grafana-server.service', 'failed'], ['cups.service', 'inactive'],
];
const programs = [
  ['postgres', 'postgres'], ['nginx', 'www-data'], ['node', 'shop'], ['argos', 'argos'], ['redis-server', 'redis'], ['containerd', 'root'], ['dockerd', 'root'], ['systemd-journal', 'root'], ['sshd', 'root'], ['prometheus', 'prom'], ['python3', 'etl'], ['rsync', 'backup'], ['systemd', 'root'], ['chronyd', 'chrony'], ['cron', 'root'], ['kworker/u8:2', 'root'], ['bash', 'ana'], ['htop', 'ana'], ['imgproxy', 'shop'], ['vector', 'root'],
];

function size(bytes) { const u = ['B', 'K', 'M', 'G', 'T']; let i = 0; let v = bytes; while (v >= 1024 && i < 4) { v /= 1024; i += 1; } return `${v >= 10 ? Math.round(v) : v.toFixed(1)}${u[i]}`; }
export function diskPercent(d, t) { return clamp(d.base + d.slope * ((t - Date.now() / 1000) / 86400), 0, 100); }

export function processes(t) {
  const rows = [];
  programs.forEach(([name, user], i) => {
    const copies = name === 'nginx' || name === 'postgres' ? 4 : 1;
    for (let c = 0; c < copies; c += 1) {
      const weight = [18, 4, 11, 1.2, 3, 1.6, 1.4, 0.8, 0.3, 6, 9, 2, 0.4, 0.2, 0.2, 0.3, 0.2, 1.1, 4, 1.3][i] ?? 1;
      rows.push({ pid: 400 + i * 137 + c * 3, name, user, cpu: round(weight * (0.3 + 1.2 * smooth(t, 50 + i + c * 7, 25)) / copies), mem: round(weight * 0.6 * (0.8 + 0.3 * noise(i + c, 9)) / copies), status: smooth(t, 90 + i + c, 9) > 0.7 ? 'running' : 'sleeping' });
    }
  });
  return rows.sort((a, b) => b.cpu - a.cpu);
}

export function stats(t) {
  const memTotal = 33_567_145_984;
  const mem = measures.mem(t);
  const list = processes(t);
  const top = (key) => [...list].sort((a, b) => b[key] - a[key]).slice(0, 5).map((p) => ({ name: p.name.slice(0, 16), val: p[key] }));
  const cpu = measures.cpu(t);
  return {
    timestamp: Math.floor(t), time: new Date(t * 1000).toISOString().slice(11, 19), hostname: host, os: 'Debian GNU/Linux 13', osName: 'Debian GNU/Linux 13', kernel: '6.12.48+deb13-amd64', defaultIp: '192.168.10.21', uptime: '12d 2h 1m', uptime_s: Math.floor(t) - bootedAt,
    load: [round(cpu / 14, 2), round(measures.cpu(t - 300) / 15, 2), round(measures.cpu(t - 900) / 16, 2)], loadavg: '', cpu_percent: cpu, cpuPercent: cpu, cpu_temp: measures.temp(t), gpu_temp: null,
    memory: { total: memTotal, available: Math.round(memTotal * (1 - mem / 100)), used: Math.round(memTotal * mem / 100), percent: mem }, mem_percent: Math.round(mem),
    disks: disks.map((d) => { const p = diskPercent(d, t); const used = Math.round(d.total * p / 100); return { mount: d.mount, device: d.device, percent: Math.round(p), barClass: p >= 90 ? 'danger' : p >= 75 ? 'warning' : 'success', total: size(d.total), used: size(used), free: size(d.total - used), size: size(d.total), total_bytes: d.total, used_bytes: used, free_bytes: d.total - used }; }),
    diskIo: [{ device: 'nvme0n1', read_bps: measures.read(t), write_bps: measures.write(t) }, { device: 'sda', read_bps: Math.round(measures.read(t + 777) / 3), write_bps: Math.round(measures.write(t + 999) / 2) }],
    net_rx_bytes: measures.rx(t), net_tx_bytes: measures.tx(t), netInterfaces: [{ name: 'enp3s0', rx_bps: measures.rx(t), tx_bps: measures.tx(t) }, { name: 'wg0', rx_bps: Math.round(measures.rx(t + 50) / 14), tx_bps: Math.round(measures.tx(t + 50) / 11) }],
    hwCpu: 'AMD Ryzen 7 5700G', hwGpu: null, topCpu: top('cpu'), topMem: top('mem'), topIo: [],
    services: services.map(([name, status]) => ({ name, status, is_user: false, active: status === 'active', user: '' })),
    containers: [{ id: '3f2a91b0c4de', name: 'shop-web', image: 'registry.local/shop:2.14', state: 'running', status: 'Up 3 days' }, { id: '77aa91b0c4de', name: 'shop-worker', image: 'registry.local/shop:2.14', state: 'running', status: 'Up 3 days' }, { id: '12bb91b0c4de', name: 'redis', image: 'redis:7', state: 'running', status: 'Up 12 days' }],
    alerts: [{ level: 'warning', severity: 'warning', msg: 'Disk /srv/data at 83%' }, { level: 'danger', severity: 'danger', msg: 'Service grafana-server.service failed' }],
    collector_pulse: 0.4, collector_status: 'healthy',
  };
}

const canonical = {
  host_cpu_percent: () => [[{ host }, measures.cpu]],
  host_mem_percent: () => [[{ host }, measures.mem]],
  host_temp_celsius: () => [[{ host, sensor: 'k10temp' }, measures.temp]],
  host_load1: () => [[{ host }, (t) => round(measures.cpu(t) / 14, 2)]],
  host_net_bps: () => [[{ host, dir: 'rx' }, measures.rx], [{ host, dir: 'tx' }, measures.tx]],
  host_diskio_bps: () => [[{ host, device: 'nvme0n1', dir: 'read' }, measures.read], [{ host, device: 'nvme0n1', dir: 'write' }, measures.write]],
  host_disk_percent: () => disks.map((d) => [{ host, mount: d.mount }, (t) => round(diskPercent(d, t), 2)]),
  argos_http_requests: () => [[{ route: '/api/stats' }, (t) => Math.round(10 + 6 * smooth(t, 31, 300))]],
};
const classic = { cpu_percent: measures.cpu, mem_percent: measures.mem, cpu_temp: measures.temp, net_rx_bytes: measures.rx, net_tx_bytes: measures.tx, disk_io_read_bps: measures.read, disk_io_write_bps: measures.write, disk_percent: (t) => round(diskPercent(disks[1], t), 2) };
/** The outage gap of the fixture: charts must show a hole here. */
export const gap = { from: Date.now() / 1000 - 3 * 3600 - 1500, to: Date.now() / 1000 - 3 * 3600 - 300 };
const inGap = (t) => t > gap.from && t < gap.to;

export function history(metric, hours, resolution) {
  const f = classic[metric];
  if (!f) return null;
  const now = Date.now() / 1000;
  const out = [];
  for (let t = Math.floor((now - hours * 3600) / resolution) * resolution; t < now; t += resolution) if (!inGap(t)) out.push({ time: t, value: f(t) });
  return out;
}
export function query(metric, from, to, step) {
  const build = canonical[metric] ?? (classic[metric] ? () => [[{}, classic[metric]]] : null);
  if (!build) return null;
  return { metric, step, series: build().map(([labels, f]) => { const points = []; const now = Date.now() / 1000; for (let t = Math.floor(from / step) * step; t < Math.min(to, now); t += step) points.push([t, inGap(t) ? null : f(t)]); return { labels, unit: /percent/.test(metric) ? '%' : /bps|bytes/.test(metric) ? 'B/s' : /celsius|temp/.test(metric) ? '°C' : '', points }; }) };
}
export const series = () => ({ series: Object.entries(canonical).flatMap(([metric, build]) => build().map(([labels]) => ({ metric, labels, unit: /percent/.test(metric) ? '%' : /bps/.test(metric) ? 'B/s' : /celsius/.test(metric) ? '°C' : '', kind: 'gauge' }))) });
export const metricNames = () => [...Object.keys(canonical), ...Object.keys(classic)].map((name) => ({ name, value: null, type: 'history' }));

export function journal(params) {
  const unit = params.get('unit') ?? '';
  const grep = params.get('grep') ?? '';
  const m = /^(\d+) (sec|min|hour|day)/.exec(params.get('since') ?? '60 min ago');
  const seconds = Number(m?.[1] ?? 60) * ({ sec: 1, min: 60, hour: 3600, day: 86400 }[m?.[2] ?? 'min']);
  const texts = [
    ['nginx', '10.0.0.7 - - "GET /api/cart HTTP/2.0" 200 812'], ['nginx', '10.0.0.7 - - "POST /checkout HTTP/2.0" 201 96'], ['postgres', 'LOG:  checkpoint complete: wrote 214 buffers (1.3%)'], ['systemd', 'Starting backup.service - Nightly backup...'], ['systemd', 'Finished backup.service - Nightly backup.'], ['sshd', 'Accepted publickey for ana from 192.168.10.4 port 51122'], ['sshd', 'Failed password for invalid user admin from 203.0.113.9 port 40022'], ['grafana-server', 'error: failed to open database: no such file or directory'], ['kernel', 'nvme0n1: warning: temperature above threshold'], ['argos', 'collector tick took 412 ms'], ['nginx', 'upstream timed out (110: Connection timed out) while reading'],
  ];
  const now = Math.floor(Date.now() / 1000);
  const every = Math.max(4, Math.floor(seconds / 400));
  const lines = [];
  for (let t = Math.floor((now - seconds) / every) * every; t < now; t += every) {
    const [u, text] = texts[Math.floor(noise(t, 77) * texts.length)];
    if (unit && !unit.startsWith(u)) continue;
    if (grep && !text.toLowerCase().includes(grep.toLowerCase())) continue;
    if (Number(params.get('priority') || 7) <= 4 && !/error|fail|warn|timed/i.test(text)) continue;
    lines.push(`${new Date(t * 1000).toISOString().slice(0, 19)}+0000 ${host} ${u}[${400 + u.length * 31}]: ${text}`);
  }
  return lines.slice(-Number(params.get('lines') || 50)).join('\n') || 'No entries.';
}

const kinds = [
  ['ops', 'alert.firing', 'error', 'rule', 'disk-data', 'Disk /srv/data at 83%'], ['platform', 'auth.login', 'info', 'user', 'ana', 'ana signed in from 192.168.10.4'], ['platform', 'config_change', 'info', 'setting', 'monitoredServices', 'Setting monitoredServices changed'], ['ops', 'service.failed', 'error', 'service', 'web-1/grafana-server.service', 'grafana-server.service failed'], ['ops', 'alert.resolved', 'info', 'rule', 'cpu-high', 'CPU back below 90 % after 6 min'], ['platform', 'backup_completed', 'info', null, null, 'Backup of 214 MiB finished in 12 s'], ['platform', 'notification.failed', 'warning', 'channel', '1', 'Webhook ops-hook answered 502, trying again'], ['ops', 'host.started', 'info', 'machine', 'web-1', 'web-1 started after 41 s'], ['platform', 'auth.login_failed', 'warning', 'user', 'admin', 'Failed sign-in for admin from 203.0.113.9'],
];
export function events(count = 240) {
  const now = Math.floor(Date.now() / 1000);
  const out = [];
  let t = now - 240;
  for (let i = 0; i < count; i += 1) {
    const [source, kind, severity, subject_type, subject_id, message] = kinds[Math.floor(noise(i, 5) * kinds.length)];
    out.push({ id: 10_000 - i, source, kind, severity, subject_type, subject_id, subject_name: subject_id, message, actor: kind === 'config_change' ? 'ana' : null, created_at: new Date(t * 1000).toISOString(), repeat_count: i % 17 === 3 ? 4 : 1, acknowledged_by: null, data: null });
    t -= 300 + Math.floor(noise(i, 6) * 5200);
  }
  return out;
}

export function settings() {
  const row = (key, type, value, def, rule, description, more = {}) => ({ key, value: String(value), default: String(def), options: type === 'enum' ? rule.split('/') : [], locked_by: null, owner: 'platform', set: value !== def, version: 0, source: value === def ? 'default' : 'stored', locked: false, secret: false, type, rule, description, updated_at: value === def ? null : new Date(Date.now() - 86400e3 * 3).toISOString(), updated_by: value === def ? null : 'admin', class: 'R', ...more });
  return [
    row('http.public_url', 'url', '', '', 'http(s) URL', 'Address under which people reach this server.'),
    row('http.rate_limiting', 'bool', true, true, '', 'Limits requests per principal.'),
    row('system.timezone', 'string', 'Europe/Madrid', 'UTC', 'IANA zone', 'Zone in which calendar days and schedules are cut.'),
    row('session.absolute_timeout_hours', 'int', 168, 168, '1-8760', 'A session ends after this many hours.'),
    row('session.idle_timeout_hours', 'int', 24, 24, '1-8760', 'A session ends after this many idle hours.'),
    row('auth.password_min_length', 'int', 12, 8, '8-128', 'Shortest accepted password.'),
    row('auth.require_2fa', 'bool', false, false, '', 'Every account needs a second factor.'),
    row('oidc.client_secret', 'string', '', '', '', 'Secret of the single sign-on client.', { secret: true }),
    row('smtp.password', 'string', '__UNCHANGED__', '', '', 'Password of the mail server.', { secret: true, source: 'stored', updated_at: new Date().toISOString(), updated_by: 'ana' }),
    row('logs.retention_days', 'int', 30, 30, '1-3650', 'Log rows older than this are removed.'),
    row('metrics.raw_days', 'int', 2, 2, '1-30', 'Days raw points are kept.'),
    row('metrics.public', 'bool', false, false, '', 'Anyone may read the metrics exposition.'),
    row('monitoredServices', 'string', 'nginx,postgresql,ssh,grafana-server', '', 'comma separated units', 'Units whose state is read every tick.'),
    row('terminal.enabled', 'bool', false, false, '', 'Allows shells in the browser.', { locked: true, source: 'env' }),
    row('update.channel', 'enum', 'stable', 'stable', 'stable/beta', 'Where updates come from.'),
    row('backup.enabled', 'bool', false, false, '', 'Backs the store up on schedule.'), row('backup.schedule', 'cron', '0 2 * * *', '0 2 * * *', '5 fields', 'When the backup runs.'), row('backup.retention_days', 'int', 14, 14, '1-3650', 'Backups older than this are removed.'),
  ];
}
