// What a poller needs to know besides the address: one set of fields for adding and for changing a device. Secrets are sent, never shown.
import { useT } from '../../i18n';
import { Select, Switch, TextField } from '../../ui/Form';

export const pollers = ['snmp', 'apcupsd', 'modbus', 'http', 'redfish', 'ipmi', 'nut'] as const;
export type Poller = (typeof pollers)[number];
export const ports: Record<Poller, string> = { nut: '3493', snmp: '161', apcupsd: '3551', modbus: '502', http: '443', redfish: '443', ipmi: '623' };
export const pollerNames: Record<Poller, string> = { nut: 'NUT', snmp: 'SNMP', apcupsd: 'apcupsd', modbus: 'Modbus/TCP', http: 'HTTP (JSON)', redfish: 'Redfish', ipmi: 'IPMI' };
export const kinds = ['ups', 'pdu', 'sensor', 'host'] as const;
export type Kind = (typeof kinds)[number];
const versions = [{ id: '', text: '–' }, { id: '1', text: '1' }, { id: '2c', text: '2c' }, { id: '3', text: '3' }] as const;
const auths = ['', 'none', 'MD5', 'SHA', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const;
const privs = ['', 'none', 'DES', 'AES', 'AES192', 'AES256'] as const;
const registers = [{ id: 'apc_ups', text: 'APC Smart-UPS' }, { id: 'sdm230', text: 'Eastron SDM230' }] as const;
const tls = ['off', 'prefer', 'require'] as const;
const numbers: readonly string[] = ['unit_id', 'cipher_suite'];
/** Members the fields here speak of; others of a device stay as they are. */
const members: Record<Poller, readonly string[]> = {
  nut: ['ups_name', 'username', 'password', 'tls'], snmp: ['version', 'community', 'write_community', 'v3_username', 'v3_auth_protocol', 'v3_auth_key', 'v3_priv_protocol', 'v3_priv_key'], apcupsd: [], modbus: ['profile', 'unit_id'],
  http: ['url', 'json', 'username', 'password', 'tls_verify'], redfish: ['username', 'password', 'tls_verify'], ipmi: ['username', 'password', 'cipher_suite'],
};
const secrets: readonly string[] = ['password', 'community', 'write_community', 'v3_auth_key', 'v3_priv_key'];

/** Every member as text; `tls_verify` is `false` or empty. */
export type Connection = Record<string, string>;

/** The members a poller knows, without the empty ones. */
export function configOf(poller: Poller, fields: Connection): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of members[poller]) {
    const value = (fields[key] ?? '').trim();
    if (key === 'json') out.json = Object.fromEntries(value.split('\n').map((line) => line.split('=').map((x) => x.trim())).filter((pair): pair is [string, string] => pair.length === 2 && pair[0] !== ''));
    else if (value !== '') out[key] = numbers.includes(key) ? Number(value) : key === 'tls_verify' ? false : value;
  }
  return out;
}

/** What changes a stored configuration to the fields: what was emptied is taken away, an empty secret keeps the stored one. */
export function changeOf(poller: Poller, fields: Connection, before: Record<string, unknown>): Record<string, unknown> {
  const gone = members[poller].filter((key) => before[key] !== undefined && !secrets.includes(key) && (fields[key] ?? '').trim() === '');
  return { ...configOf(poller, fields), ...Object.fromEntries(gone.map((key) => [key, null])) };
}

export function fieldsOf(poller: Poller, config: Record<string, unknown>): Connection {
  const out: Connection = {};
  for (const key of members[poller]) {
    const value = config[key];
    if (typeof value === 'string' || typeof value === 'number') out[key] = String(value);
    else if (key === 'tls_verify' && value === false) out[key] = 'false';
    else if (key === 'json' && typeof value === 'object' && value !== null) out[key] = Object.entries(value).map(([name, pointer]) => `${name} = ${String(pointer)}`).join('\n');
  }
  return out;
}

export function ConnectionFields({ poller, fields, onChange, stored = [] }: { poller: Poller; fields: Connection; onChange: (fields: Connection) => void; /** Secrets the server holds. */ stored?: readonly string[] }) {
  const t = useT();
  const set = (key: string) => (value: string) => onChange({ ...fields, [key]: value });
  const field = (key: string) => ({ value: fields[key] ?? '', onChange: set(key) });
  const secret = (key: string, complete = 'new-password') => ({ ...field(key), type: 'password' as const, autoComplete: complete, ...(stored.includes(key) ? { placeholder: '••••••••', help: t('power.storedSecret') } : {}) });
  const choice = (key: string, none: string) => ({ value: fields[key] ?? none, onChange: set(key) });
  const login = <div className="fieldrow"><TextField label={t('power.user')} {...field('username')} optional autoComplete="off" /><TextField label={t('power.password')} {...secret('password')} optional /></div>;
  switch (poller) {
    case 'snmp': return (
      <>
        <div className="fieldrow"><Select label={t('power.snmpVersion')} {...field('version')} options={versions} help={t('power.defaultHelp')} />{fields.version === '3' ? <TextField label={t('power.user')} {...field('v3_username')} autoComplete="off" /> : <><TextField label={t('power.community')} {...secret('community', 'off')} optional /><TextField label={t('power.writeCommunity')} help={t('power.writeHelp')} {...secret('write_community', 'off')} optional /></>}</div>
        {fields.version === '3' ? <><div className="fieldrow"><Select label={t('power.authProtocol')} {...choice('v3_auth_protocol', '')} options={auths.map((id) => ({ id: id as string, text: id || '–' }))} /><TextField label={t('power.authKey')} {...secret('v3_auth_key')} /></div><div className="fieldrow"><Select label={t('power.privProtocol')} {...choice('v3_priv_protocol', '')} options={privs.map((id) => ({ id: id as string, text: id || '–' }))} /><TextField label={t('power.privKey')} {...secret('v3_priv_key')} /></div></> : null}
      </>
    );
    case 'nut': return <><div className="fieldrow"><TextField label={t('power.upsName')} {...field('ups_name')} placeholder="ups" mono /><Select label={t('power.tls')} {...choice('tls', 'off')} options={tls.map((id) => ({ id: id as string, text: t(`power.tls.${id}`) }))} /></div>{login}</>;
    case 'modbus': return <div className="fieldrow"><Select label={t('power.registers')} {...choice('profile', 'apc_ups')} options={registers.map((r) => ({ id: r.id as string, text: r.text }))} /><TextField label={t('power.unit')} {...field('unit_id')} placeholder="1" inputMode="numeric" mono /></div>;
    case 'ipmi': return <>{login}<div className="fieldrow"><Select label={t('power.cipher')} {...choice('cipher_suite', '17')} options={(['17', '3'] as const).map((id) => ({ id: id as string, text: t(`power.cipher.${id}`) }))} /></div></>;
    case 'http': case 'redfish': return (
      <>
        {poller === 'http' ? <><TextField label={t('power.url')} {...field('url')} placeholder="/status.json" mono /><div className="field"><label htmlFor="power-pointers">{t('power.pointers')}</label><textarea id="power-pointers" className="input mono" rows={3} value={fields.json ?? ''} placeholder={'power_watts = /emeter/power\nvoltage = /emeter/voltage'} onChange={(e) => set('json')(e.target.value)} /><p className="field-help">{t('power.pointersHelp')}</p></div></> : null}
        {login}
        <Switch label={t('power.insecure')} checked={fields.tls_verify === 'false'} onChange={(on) => set('tls_verify')(on ? 'false' : '')} />
      </>
    );
    case 'apcupsd': return null;
  }
}
