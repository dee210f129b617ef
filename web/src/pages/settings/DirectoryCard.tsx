// The directory people sign in with: where it is, which group gives which role, and a test that walks the steps of a sign-in.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { DirectoryStep, SettingRow } from '../../api/shapes';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Field, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const keys = ['ldap.url', 'ldap.base_dn', 'ldap.bind_dn', 'ldap.bind_password', 'ldap.group_roles'] as const;
const textOf = (rows: readonly SettingRow[], key: string) => rows.find((r) => r.key === key)?.value ?? '';
/** `{"cn=ops,dc=x":"operator"}` as one line each: `operator cn=ops,dc=x`. */
const linesOf = (json: string) => { try { return Object.entries(JSON.parse(json || '{}') as Record<string, string>).map(([dn, role]) => `${role} ${dn}`).join('\n'); } catch { return ''; } };
const mapOf = (text: string) => Object.fromEntries(text.split('\n').map((l) => l.trim()).filter(Boolean).map((l) => { const at = l.indexOf(' '); return [at < 0 ? '' : l.slice(at + 1).trim(), at < 0 ? l : l.slice(0, at)]; }));

export function DirectoryCard() {
  const rows = useResource(paths.settings);
  return <Loaded from={rows} lines={6}>{(all) => <Directory key={keys.map((k) => all.find((r) => r.key === k)?.version ?? 0).join()} rows={all} />}</Loaded>;
}

function Directory({ rows }: { rows: readonly SettingRow[] }) {
  const t = useT();
  const [form, setForm] = useState({ url: textOf(rows, 'ldap.url'), base: textOf(rows, 'ldap.base_dn'), bind: textOf(rows, 'ldap.bind_dn'), password: '', groups: linesOf(textOf(rows, 'ldap.group_roles')) });
  const [fault, setFault] = useState<{ key: string; text: string } | null>(null);
  const [who, setWho] = useState({ username: '', password: '' });
  const [steps, setSteps] = useState<DirectoryStep[] | { why: string } | null>(null);
  const [busy, setBusy] = useState<'save' | 'test' | null>(null);
  const put = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const errorOf = (key: string) => (fault?.key === key ? fault.text : null);
  const isSet = rows.find((r) => r.key === 'ldap.bind_password')?.set === true;
  const save = async () => {
    setBusy('save'); setFault(null);
    const wanted: [string, unknown][] = [['ldap.base_dn', form.base.trim()], ['ldap.bind_dn', form.bind.trim()], ...(form.password === '' ? [] : [['ldap.bind_password', form.password] as [string, unknown]]), ['ldap.group_roles', mapOf(form.groups)], ['ldap.url', form.url.trim()]];
    let at = '';
    try {
      for (const [key, value] of wanted) { at = key; await send('PUT', urls.setting(key), { value }); }
      toast({ level: 'ok', text: t('directory.saved') });
    } catch (cause) { setFault({ key: at, text: asApiError(cause).message }); }
    invalidate('/api/settings');
    setBusy(null);
  };
  const test = async () => {
    setBusy('test'); setSteps(null);
    try { setSteps(await send<DirectoryStep[]>('POST', urls.directoryTest, who)); } catch (cause) { setSteps({ why: asApiError(cause).message }); }
    setBusy(null);
  };
  return (
    <Card title={t('directory.title')} sub={t('directory.sub')} actions={<StatusMark status={textOf(rows, 'ldap.url') ? 'ok' : 'paused'} word={textOf(rows, 'ldap.url') ? t('signon.on') : t('signon.off')} />}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <TextField label={t('directory.url')} value={form.url} onChange={(url) => put({ url })} placeholder="ldaps://directory.example.org" help={t('directory.urlHelp')} error={errorOf('ldap.url')} mono />
        <TextField label={t('directory.base')} value={form.base} onChange={(base) => put({ base })} placeholder="dc=example,dc=org" error={errorOf('ldap.base_dn')} mono />
        <TextField label={t('directory.bind')} optional value={form.bind} onChange={(bind) => put({ bind })} autoComplete="off" error={errorOf('ldap.bind_dn')} mono />
        <TextField label={t('directory.password')} type="password" value={form.password} onChange={(password) => put({ password })} autoComplete="new-password" help={isSet ? t('signon.secretSet') : ''} error={errorOf('ldap.bind_password')} />
        <Field label={t('directory.groups')} help={t('directory.groupsHelp')} error={errorOf('ldap.group_roles')}>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono" rows={3} aria-describedby={describedBy} aria-invalid={invalid || undefined} value={form.groups} placeholder="operator cn=ops,ou=groups,dc=example,dc=org" spellCheck={false} onChange={(e) => put({ groups: e.target.value })} />}</Field>
        <div className="form-actions"><Button type="submit" kind="primary" writes busy={busy === 'save'}>{t('signon.save')}</Button></div>
      </form>
      <form className="stack probe" onSubmit={(e) => { e.preventDefault(); void test(); }}>
        <p className="muted">{t('directory.testText')}</p>
        <TextField label={t('directory.who')} optional value={who.username} onChange={(username) => setWho({ ...who, username })} autoComplete="off" />
        <TextField label={t('directory.whoPassword')} optional type="password" value={who.password} onChange={(password) => setWho({ ...who, password })} autoComplete="off" />
        <div className="form-actions"><Button type="submit" busy={busy === 'test'}>{t('directory.test')}</Button></div>
        {steps && 'why' in steps ? <p role="alert"><StatusMark status="critical" word={steps.why} /></p> : null}
        {Array.isArray(steps) ? <ul className="probe-steps" role="status">{steps.map((s) => <li key={s.step}><StatusMark status={s.ok ? 'ok' : 'critical'} word={tDynamic(`directory.step.${s.step}`, s.step)} /><bdi className="faint">{s.detail}</bdi></li>)}</ul> : null}
      </form>
    </Card>
  );
}
