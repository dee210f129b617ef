// What an envelope of the assistant asks for.
import type { Envelope } from '../../api/media';

/** The actions of an envelope in their order; words alone ask for nothing. */
export function actionsOf(envelope: Envelope | undefined): Envelope[] {
  if (!envelope) return [];
  const all = envelope.action === 'multiple' ? (envelope.actions ?? []) : [envelope];
  return all.filter((a) => typeof a === 'object' && a !== null && a.action !== 'info' && a.action !== 'multiple');
}
/** The change of flows an action means; null when it is another kind. */
export function batchOf(action: Envelope): { flows: unknown[]; remove: string[] } | null {
  if ((action.action === 'create_flow' || action.action === 'update_flow') && action.flow) return { flows: [action.flow], remove: [] };
  return action.action === 'delete_flow' && action.flow_id ? { flows: [], remove: [action.flow_id] } : null;
}
