// Channel types and their fields: what they are called and how a form draws them. The fields themselves come from the server.
import type { MessageKey } from '../../i18n';
import type { IconName } from '../../ui/icon-names';

export interface FieldSpec { name: string; kind: string; secret: boolean; required: boolean; default: unknown; options: string[]; min: number | null; max: number | null }
export interface ChannelType { type: string; fields: FieldSpec[] }

type PlainText = Extract<MessageKey, `notify.type.${string}` | `notify.about.${string}` | `notify.field.${string}` | `notify.help.${string}`>;

const types: Readonly<Record<string, { title: PlainText; about: PlainText; icon: IconName }>> = {
  webhook: { title: 'notify.type.webhook', about: 'notify.about.webhook', icon: 'link' },
  email: { title: 'notify.type.email', about: 'notify.about.email', icon: 'inbox' },
  ntfy: { title: 'notify.type.ntfy', about: 'notify.about.ntfy', icon: 'bell' },
  gotify: { title: 'notify.type.gotify', about: 'notify.about.gotify', icon: 'bell' },
  telegram: { title: 'notify.type.telegram', about: 'notify.about.telegram', icon: 'send' },
  slack: { title: 'notify.type.slack', about: 'notify.about.slack', icon: 'send' },
  discord: { title: 'notify.type.discord', about: 'notify.about.discord', icon: 'send' },
  teams: { title: 'notify.type.teams', about: 'notify.about.teams', icon: 'send' },
  pushover: { title: 'notify.type.pushover', about: 'notify.about.pushover', icon: 'bell' },
  pagerduty: { title: 'notify.type.pagerduty', about: 'notify.about.pagerduty', icon: 'siren' },
  opsgenie: { title: 'notify.type.opsgenie', about: 'notify.about.opsgenie', icon: 'siren' },
  mqtt: { title: 'notify.type.mqtt', about: 'notify.about.mqtt', icon: 'radio' },
  apprise: { title: 'notify.type.apprise', about: 'notify.about.apprise', icon: 'link' },
  browser_push: { title: 'notify.type.browser_push', about: 'notify.about.browser_push', icon: 'globe' },
  in_app: { title: 'notify.type.in_app', about: 'notify.about.in_app', icon: 'inbox' },
};
export const typeOf = (type: string) => types[type];
/** Common ones first; a type this interface does not know comes last. */
export const inOrder = (all: readonly ChannelType[]) => { const order = Object.keys(types); const at = (t: string) => { const i = order.indexOf(t); return i < 0 ? order.length : i; }; return [...all].sort((a, b) => at(a.type) - at(b.type)); };

const labels: Readonly<Record<string, PlainText>> = {
  url: 'notify.field.url', method: 'notify.field.method', secret: 'notify.field.secret', signature_version: 'notify.field.signature_version', smtp_host: 'notify.field.smtp_host', smtp_port: 'notify.field.smtp_port', security: 'notify.field.security', smtp_username: 'notify.field.smtp_username', smtp_password: 'notify.field.smtp_password', smtp_auth: 'notify.field.smtp_auth', from: 'notify.field.from', to: 'notify.field.to', cc: 'notify.field.cc', reply_to: 'notify.field.reply_to', subject: 'notify.field.subject', bot_token: 'notify.field.bot_token', chat_id: 'notify.field.chat_id', parse_mode: 'notify.field.parse_mode', webhook_url: 'notify.field.webhook_url', channel: 'notify.field.channel', mention_users: 'notify.field.mention_users', app_token: 'notify.field.app_token', user_key: 'notify.field.user_key', priority: 'notify.field.priority', topic: 'notify.field.topic', token: 'notify.field.token', tags: 'notify.field.tags', broker: 'notify.field.broker', retain: 'notify.field.retain', routing_key: 'notify.field.routing_key', api_key: 'notify.field.api_key', region: 'notify.field.region', role: 'notify.field.role',
};
export const labelOf = (name: string) => labels[name];

const helps: Readonly<Record<string, PlainText>> = { smtp_host: 'notify.help.smtp_host', broker: 'notify.help.broker', subject: 'notify.help.subject' };
export const helpOf = (field: FieldSpec) => (field.name === 'priority' && field.kind === 'int' ? 'notify.help.priority0' as const : helps[field.name]);

/** What a form shows of a stored value. Secrets are never shown. */
export function shown(field: FieldSpec, value: unknown): string {
  if (field.secret) return '';
  const v = value ?? field.default;
  if (Array.isArray(v)) return v.join(', ');
  return v === null || v === undefined ? '' : String(v);
}

/** What is sent of a typed value; `undefined` leaves the stored one. */
export function typed(field: FieldSpec, text: string, isNew: boolean): unknown {
  if (field.secret) return text === '' ? (isNew ? undefined : '__UNCHANGED__') : text;
  if (field.kind === 'int') return text.trim() === '' ? field.default : Number(text);
  if (field.kind === 'bool') return text === 'true';
  if (field.kind === 'list') return text.split(',').map((t) => t.trim()).filter((t) => t !== '');
  return text.trim();
}
