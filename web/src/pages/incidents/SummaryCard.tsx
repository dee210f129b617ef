// An incident in a few sentences: of the language model when there is one, else of what is known.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';

export function SummaryCard({ id }: { id: number }) {
  const t = useT();
  const may = useCan('ai:use');
  const [said, setSaid] = useState<{ text: string; by: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  if (!may) return null;
  const ask = async () => {
    setBusy(true); setProblem(null);
    try {
      const answer = await send<{ response: string; model: string }>('POST', urls.summarizeIncident(id));
      setSaid({ text: answer.response, by: t('models.saidBy', { model: answer.model }) });
    } catch (cause) {
      const e = asApiError(cause);
      if (e.summary) setSaid({ text: e.summary.replaceAll('**', ''), by: t('models.withoutModel', { why: e.reason ?? e.message }) });
      else setProblem(e.message);
    }
    setBusy(false);
  };
  return (
    <Card title={t('models.summary')} actions={<Button small busy={busy} writes onClick={() => void ask()}>{said ? t('models.again') : t('models.summarize')}</Button>}>
      {problem ? <p role="alert" className="muted">{problem}</p> : said ? <div role="status"><p className="incident-summary"><bdi>{said.text}</bdi></p><p className="faint">{said.by}</p></div> : <p className="faint">{t('models.summaryText')}</p>}
    </Card>
  );
}
