// A rule condition as a sentence and back: one comparison of a known subject. Anything else stays text.

export type Operator = '>' | '<' | '>=' | '<=' | '==' | '!=';
export interface Subject { id: string; metric: string; unit: string; label: 'cpu' | 'mem' | 'disk' | 'temp' | 'load' | 'rx' | 'tx' | 'service'; value: string; operator: Operator; /** Canonical series for the preview. */ series: string | null }
export interface Sentence { subject: string; metric: string; operator: Operator; value: string }

export const subjects: readonly Subject[] = [
  { id: 'cpu', metric: 'cpu_percent', unit: '%', label: 'cpu', value: '90', operator: '>', series: 'host_cpu_percent' },
  { id: 'mem', metric: 'mem_percent', unit: '%', label: 'mem', value: '90', operator: '>', series: 'host_mem_percent' },
  { id: 'disk', metric: 'disks[*].percent', unit: '%', label: 'disk', value: '80', operator: '>=', series: 'host_disk_percent' },
  { id: 'temp', metric: 'cpu_temp', unit: '°C', label: 'temp', value: '80', operator: '>', series: 'host_temp_celsius' },
  { id: 'load', metric: 'load_1m', unit: '', label: 'load', value: '8', operator: '>', series: 'host_load1' },
  { id: 'rx', metric: 'net_rx_bytes', unit: 'B/s', label: 'rx', value: '10000000', operator: '>', series: 'host_net_bps' },
  { id: 'tx', metric: 'net_tx_bytes', unit: 'B/s', label: 'tx', value: '10000000', operator: '>', series: 'host_net_bps' },
  { id: 'service', metric: 'services[*].status', unit: '', label: 'service', value: 'failed', operator: '==', series: null },
];

const shape = /^\s*([A-Za-z_][\w.[\]*/@:-]*)\s*(>=|<=|==|!=|>|<)\s*(?:"([^"]*)"|(-?\d+(?:\.\d+)?))\s*$/;
const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** Null when the condition is more than one plain comparison. */
export function readSentence(condition: string): Sentence | null {
  const m = shape.exec(condition);
  if (!m?.[1] || !m[2]) return null;
  const metric = m[1];
  const known = subjects.find((s) => s.metric === metric || s.metric === snake(metric));
  return { subject: known?.id ?? 'metric', metric: known?.metric ?? metric, operator: m[2] as Operator, value: m[3] ?? m[4] ?? '' };
}

export function writeCondition(s: Sentence): string {
  const value = s.value.trim();
  const literal = /^-?\d+(\.\d+)?$/.test(value) ? value : `"${value.replaceAll('"', '')}"`;
  return `${s.metric} ${s.operator} ${literal}`;
}
