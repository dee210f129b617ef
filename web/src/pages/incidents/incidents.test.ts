import { describe, expect, test } from 'vitest';
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
  ])('%s_is_read_and_written_back', (condition) => {
    const terms = readTerms(condition);
    expect(terms).not.toBeNull();
    if (terms) expect(writeTerms(terms)).toBe(condition);
  });
  test.each(['', 'a > 1 AND b > 2 OR c > 3', '(a > 1 OR b > 2) AND c > 3', 'event("x") > 1', 'a >', 'zscore(a) > 3'])('%s_stays_text', (condition) => { expect(readTerms(condition)).toBeNull(); });
});

describe('weekly windows', () => {
  test('time_and_weekday_become_cron_and_back', () => {
    expect(writeWeekly({ day: '0', time: '03:05' })).toBe('5 3 * * 0');
    expect(readWeekly('5 3 * * 0')).toEqual({ day: '0', time: '03:05' });
    expect(readWeekly('0  22 * * *')).toEqual({ day: '*', time: '22:00' });
  });
  test.each(['*/5 * * * *', '0 3 1 * *', '61 3 * * *', '0 25 * * *', '@daily', '0 3 * * 1-5'])('%s_is_more_than_weekly', (cron) => { expect(readWeekly(cron)).toBeNull(); });
});
