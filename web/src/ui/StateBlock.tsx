// The states a page or card can be in besides showing data. Every list and card uses these, none draws its own.
import type { ReactNode } from 'react';
import type { ApiError } from '../api/client';
import { useT } from '../i18n';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';

export function Empty({ icon = 'info', title, text, action, compact }: { icon?: IconName; title: string; text?: ReactNode; action?: ReactNode; compact?: boolean }) {
  return (
    <div className={compact ? 'state state-compact' : 'state'}>
      <span className="state-icon"><Icon name={icon} size={compact ? 18 : 24} /></span>
      <p className="state-title">{title}</p>
      {text ? <p className="state-text">{text}</p> : null}
      {action ? <div className="state-action">{action}</div> : null}
    </div>
  );
}

/** Lines of the final height; appears after 150 ms so that fast answers do not flash. */
export function Skeleton({ lines = 3, height = 16 }: { lines?: number; height?: number }) {
  const t = useT();
  return (
    <div className="skeleton" role="status">
      <span className="sr">{t('core.loading')}</span>
      {Array.from({ length: lines }, (_, i) => <span key={i} style={{ blockSize: height, inlineSize: `${[92, 78, 86, 64][i % 4]}%` }} />)}
    </div>
  );
}

export function ErrorBlock({ error, retry, compact }: { error: ApiError; retry?: () => void; compact?: boolean }) {
  const t = useT();
  if (error.status === 403) return <Forbidden permission={error.permission} detail={error.message} compact={compact ?? false} />;
  const missing = error.status === 404 || error.status === 501;
  return (
    <div className={compact ? 'state state-compact' : 'state'} role="alert">
      <span className={missing ? 'state-icon' : 'state-icon state-bad'}><Icon name={missing ? 'info' : 'siren'} size={compact ? 18 : 24} /></span>
      <p className="state-title">{error.unreachable ? t('core.errorUnreachable') : missing ? t('core.errorMissing') : t('core.errorTitle')}</p>
      <p className="state-text">{error.unreachable ? t('core.errorUnreachableText') : error.message}</p>
      <div className="state-action">
        {retry ? <Button small icon="refresh" onClick={retry}>{t('core.retry')}</Button> : null}
        {error.requestId ? <span className="faint num">{t('core.requestId', { id: error.requestId })}</span> : null}
      </div>
    </div>
  );
}

export function Forbidden({ permission, detail, compact }: { permission: string | null; detail?: string; compact?: boolean }) {
  const t = useT();
  return (
    <div className={compact ? 'state state-compact' : 'state'}>
      <span className="state-icon"><Icon name="lock" size={compact ? 18 : 24} /></span>
      <p className="state-title">{t('core.forbiddenTitle')}</p>
      <p className="state-text">{permission ? t('core.forbiddenNeeds', { permission }) : (detail ?? t('core.forbiddenText'))}</p>
    </div>
  );
}

interface Loadable<T> { data: T | undefined; error: ApiError | undefined; loading: boolean; reload: () => void }

/** Chooses between skeleton, error and content; stale data with a failed refresh keeps showing under a strip. */
export function Loaded<T>({ from, lines, height, compact, children }: { from: Loadable<T>; lines?: number; height?: number; compact?: boolean; children: (data: T) => ReactNode }) {
  const t = useT();
  if (from.data === undefined) {
    if (from.error) return <ErrorBlock error={from.error} retry={from.reload} {...(compact ? { compact } : {})} />;
    return <Skeleton {...(lines ? { lines } : {})} {...(height ? { height } : {})} />;
  }
  return (
    <>
      {from.error ? <p className="notice-strip" role="status"><Icon name="clock" size={14} />{t('core.staleData', { why: from.error.message })} <button type="button" className="linkish" onClick={from.reload}>{t('core.retry')}</button></p> : null}
      {children(from.data)}
    </>
  );
}
