// Says that a form shows what was written earlier, with the way back, or that what is typed is kept.
import { useT } from '../i18n';
import type { Draft } from '../state/draft';
import { Age } from './Age';
import { Icon } from './Icon';

export function DraftNote({ draft }: { draft: Draft }) {
  const t = useT();
  if (draft.restoredAt !== null) return <p className="notice-strip draft-note" role="status"><Icon name="history" size={14} /><span>{t('draft.restored')} <Age at={draft.restoredAt} /></span> <button type="button" className="linkish" onClick={draft.startOver}>{t('draft.startOver')}</button></p>;
  return <p className="faint draft-note" role="status">{draft.kept ? t('draft.kept') : ''}</p>;
}
