// Routing rules of a site: first match wins. Order by drag or by buttons; a rule reads as a sentence.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Rule, Site } from '../../api/edge';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Switch } from '../../ui/Form';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { RuleForm } from './RuleForm';
import { TryRequest } from './TryRequest';
import { thenOf, whenOf } from './states';

/** The list with one entry moved before another. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const out = [...list];
  const [one] = out.splice(from, 1);
  if (one !== undefined) out.splice(to, 0, one);
  return out;
}

export function Routing({ site }: { site: Site }) {
  const t = useT();
  const may = useCan('edge:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const rules = useResource(paths.siteRules(site.id), { everyMs: 10_000 });
  const pools = useResource(paths.pools);
  const [editing, setEditing] = useState<Rule | 'new' | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const changed = () => invalidate(urls.siteRules(site.id), urls.sites, urls.engineStatus);
  const act = (work: Promise<unknown>) => { work.catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(changed); };
  const order = (list: readonly Rule[]) => act(send('POST', urls.siteRuleOrder(site.id), { rule_ids: list.map((r) => r.id) }));
  const add = <Button kind="primary" icon="plus" writes reason={reason} onClick={() => setEditing('new')}>{t('sites.addRule')}</Button>;
  return (
    <div className="stack">
    <Card flush title={t('sites.tab.routing')} sub={t('sites.routingSub')} actions={add}>
      <Loaded from={rules} lines={4}>
        {(list) => (
          <>
            {list.length === 0 ? <Empty icon="list" title={t('sites.noRules')} text={t('sites.noRulesText', { pool: site.target_group?.name ?? '' })} /> : null}
            <ol className="rules">
              {list.map((r, n) => (
                <li key={r.id} className={`rule${r.enabled ? '' : ' rule-off'}${over === n && dragged !== n ? ' rule-over' : ''}`} draggable={may} onDragStart={() => setDragged(n)} onDragEnd={() => { setDragged(null); setOver(null); }} onDragOver={(e) => { e.preventDefault(); setOver(n); }} onDrop={(e) => { e.preventDefault(); if (dragged !== null && dragged !== n) order(moved(list, dragged, n)); setDragged(null); setOver(null); }}>
                  <span className="rule-grip num" title={may ? t('sites.drag') : undefined}>{r.priority}</span>
                  <span className="rule-text">{r.name ? <b>{r.name}</b> : null}<span>{whenOf(t, r)}</span><span className="faint">→ {thenOf(t, r, pools.data ?? [])}{r.requests_at_once_max > 0 ? ` · ${t('sites.atOnceOf', { n: r.requests_at_once_max })}` : null}</span></span>
                  <span className="rule-acts">
                    <Button small kind="quiet" icon="arrow-up" label={t('sites.up')} disabled={n === 0} writes reason={reason} onClick={() => order(moved(list, n, n - 1))} />
                    <Button small kind="quiet" icon="arrow-down" label={t('sites.down')} disabled={n === list.length - 1} writes reason={reason} onClick={() => order(moved(list, n, n + 1))} />
                    <Button small kind="quiet" icon="edit" label={t('sites.edit')} writes reason={reason} onClick={() => setEditing(r)} />
                    <Switch hideLabel label={t('sites.ruleOn')} checked={r.enabled} onChange={() => act(send('POST', urls.siteRuleToggle(site.id, r.id), {}))} reason={reason} />
                    <ConfirmInline action={t('sites.remove')} effect={t('sites.removeRule')} icon="trash" danger reason={reason} run={async () => { await send('DELETE', urls.siteRule(site.id, r.id)); changed(); }} />
                  </span>
                </li>
              ))}
              <li className="rule rule-last"><span className="rule-grip">…</span><span>{t('sites.otherwise', { pool: site.target_group?.name ?? '–' })}</span></li>
            </ol>
          </>
        )}
      </Loaded>
      {editing === null ? null : <RuleForm site={site} rule={editing === 'new' ? null : editing} pools={pools.data ?? []} onClose={() => setEditing(null)} onSaved={() => { setEditing(null); changed(); }} />}
    </Card>
    <Card title={t('sites.tryTitle')} sub={t('sites.trySub')}><TryRequest site={site} asOf={JSON.stringify(rules.data)} /></Card>
    </div>
  );
}
