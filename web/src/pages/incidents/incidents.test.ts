import { describe, expect, test } from 'vitest';
import { deedBody, deedOf } from './ActionField';
import { choicesFor, unitOf } from './MetricField';
import { readTerms, writeTerms } from './terms';
import { readWeekly, writeWeekly } from './weekly';

describe('condition terms', () => {
  test.each([
    'cpu_percent > 90',
    'avg(cpu_percent, 15m) > 80 AND mem_percent >= 90',
    'absent(agents[web-1].online, 5m) OR anomaly(cpu_percent)',
    'NOT services[*].status == "failed" AND rate(net_rx_bytes, 1h) > 100',
    'forecast(disks[/].percent, 24h) >= 95',
    'services[nginx].status == "a AND b"',
    'avg(power_battery_percent[ups-1], 5m) < 30',
    'edge_requests[a.example][class=5xx] > 1',
  ])('%s_is_read_and_written_back', (condition) => {
    const terms = readTerms(condition);
    expect(terms).not.toBeNull();
    if (terms) expect(writeTerms(terms)).toBe(condition);
  });
  test.each(['', 'a > 1 AND b > 2 OR c > 3', '(a > 1 OR b > 2) AND c > 3', 'event("x") > 1', 'a >', 'zscore(a) > 3'])('%s_stays_text', (condition) => { expect(readTerms(condition)).toBeNull(); });
});

describe('what a rule has done', () => {
  test.each([
    [{ type: 'webhook', url: 'https://a.example/', headers: { 'X-A': 'b' }, body: 'text' }, 'notify'],
    [{ type: 'webhook', params: { url: 'https://a.example/', headers: { 'X-A': 'b' } }, note: 'ours' }, 'approve'],
    [{ type: 'power_outlet', params: { outlet: 3 } }, 'execute'],
    [{ run: 'something old' }, 'notify'],
    [null, 'disabled'],
  ])('saved_again_%j_%s_stays_as_it_is', (action, autonomy) => { expect(deedBody(deedOf(action, autonomy))).toEqual({ action, autonomy }); });
  test('another_action_takes_nothing_of_the_one_before', () => {
    const before = deedOf({ type: 'webhook', url: 'https://a.example/', body: 'text' }, 'approve');
    expect(deedBody({ ...before, type: 'job', kind: 'jobs.prune' })).toEqual({ action: { type: 'job', params: { kind: 'jobs.prune' } }, autonomy: 'approve' });
    expect(deedBody({ ...before, type: '' })).toEqual({ action: null, autonomy: 'approve' });
  });
});

describe('measurements offered', () => {
  const all = [
    { metric: 'power_battery_percent', unit: '%', source: 'power', labels: ['device_id'], total: 2, subjects: [{ metric: 'power_battery_percent[ups-1]', value: 90 }, { metric: 'power_battery_percent[ups-2]', value: null }] },
    { metric: 'edge_bytes', unit: 'bytes/s', source: 'edge', labels: ['host'], total: 1, subjects: [{ metric: 'edge_bytes[a.example]', value: 5 }] },
  ];
  const names = (text: string) => choicesFor(all, text).map((c) => c.name);
  test('words_find_metrics_and_a_whole_name_its_things', () => {
    expect(names('battery')).toEqual(['power_battery_percent']);
    expect(names('power_battery_percent')).toEqual(['power_battery_percent', 'power_battery_percent[ups-1]', 'power_battery_percent[ups-2]']);
    expect(names('power_battery_percent[ups-2')).toEqual(['power_battery_percent', 'power_battery_percent[ups-2]']);
    expect(names('nonsense')).toEqual([]);
    expect(unitOf(all, 'edge_bytes[a.example]')).toBe('bytes/s');
  });
});

describe('weekly windows', () => {
  test('time_and_weekday_become_cron_and_back', () => {
    expect(writeWeekly({ day: '0', time: '03:05' })).toBe('5 3 * * 0');
    expect(readWeekly('5 3 * * 0')).toEqual({ day: '0', time: '03:05' });
    expect(readWeekly('0  22 * * *')).toEqual({ day: '*', time: '22:00' });
  });
  test.each(['*/5 * * * *', '0 3 1 * *', '61 3 * * *', '0 25 * * *', '@daily', '0 3 * * 1-5'])('%s_is_more_than_weekly', (cron) => { expect(readWeekly(cron)).toBeNull(); });
});
