// A flow while it is written: text fields in, the object for the node out. Members the form does not know are kept.
import type { FlowEnd, MediaFlow } from '../../api/media';

export type EndKind = 'udp' | 'rtp' | 'srt' | 'rist' | 'rtmp' | 'rtsp' | 'test_pattern' | 'hls' | 'webrtc';
export interface EndField { member: string; secret?: boolean; optional?: boolean; number?: boolean; placeholder?: string; choices?: readonly string[]; /** Only in these modes. */ modes?: readonly string[] }

const srt: readonly EndField[] = [
  { member: 'mode', choices: ['caller', 'listener', 'rendezvous'] }, { member: 'local_addr', placeholder: '0.0.0.0:9000', modes: ['listener', 'rendezvous'] }, { member: 'remote_addr', placeholder: '203.0.113.7:9000', modes: ['caller', 'rendezvous'] },
  { member: 'latency_ms', number: true, optional: true, placeholder: '120' }, { member: 'passphrase', secret: true, optional: true }, { member: 'stream_id', optional: true },
];
export const inputFields: Partial<Record<EndKind, readonly EndField[]>> = {
  udp: [{ member: 'bind_addr', placeholder: '0.0.0.0:5000' }, { member: 'source_addr', optional: true }], rtp: [{ member: 'bind_addr', placeholder: '0.0.0.0:5004' }, { member: 'source_addr', optional: true }], srt,
  rist: [{ member: 'bind_addr', placeholder: '0.0.0.0:6000' }, { member: 'buffer_ms', number: true, optional: true }], rtmp: [{ member: 'listen_addr', placeholder: '0.0.0.0:1935' }, { member: 'app', optional: true, placeholder: 'live' }, { member: 'stream_key', secret: true, optional: true }],
  rtsp: [{ member: 'rtsp_url', placeholder: 'rtsp://camera.example.com/stream' }, { member: 'username', optional: true }, { member: 'password', secret: true, optional: true }], test_pattern: [{ member: 'width', number: true, optional: true, placeholder: '1280' }, { member: 'height', number: true, optional: true, placeholder: '720' }, { member: 'fps', number: true, optional: true, placeholder: '25' }],
};
export const outputFields: Partial<Record<EndKind, readonly EndField[]>> = {
  udp: [{ member: 'dest_addr', placeholder: '239.1.1.1:5000' }], rtp: [{ member: 'dest_addr', placeholder: '239.1.1.1:5004' }], srt, rist: [{ member: 'remote_addr', placeholder: '203.0.113.7:6000' }],
  rtmp: [{ member: 'dest_url', placeholder: 'rtmp://live.example.com/app' }, { member: 'stream_key', secret: true }], hls: [{ member: 'ingest_url', placeholder: 'http://origin.example.com/live' }, { member: 'auth_token', secret: true, optional: true }],
  webrtc: [{ member: 'mode', choices: ['whip_client', 'whep_server'] }, { member: 'whip_url', placeholder: 'https://whip.example.com/endpoint', modes: ['whip_client'] }, { member: 'bearer_token', secret: true, optional: true }],
};

export interface EndDraft { key: string; kind: string; name: string; text: Record<string, string>; /** As it was read. */ rest: FlowEnd }
export interface FlowDraft { id: string; name: string; inputs: EndDraft[]; outputs: EndDraft[]; rest: Record<string, unknown> }

export function fieldsOf(list: 'inputs' | 'outputs', kind: string): readonly EndField[] | undefined { return (list === 'inputs' ? inputFields : outputFields)[kind as EndKind]; }

let counter = 0;
export function newEnd(list: 'inputs' | 'outputs', kind: string): EndDraft {
  counter += 1;
  const first = fieldsOf(list, kind)?.find((f) => f.member === 'mode')?.choices?.[0];
  return { key: `new${counter}`, kind, name: '', text: first ? { mode: first } : {}, rest: {} };
}
function endDraft(list: 'inputs' | 'outputs', end: FlowEnd): EndDraft {
  const text: Record<string, string> = {};
  for (const f of fieldsOf(list, end.type ?? '') ?? []) if (end[f.member] !== undefined && end[f.member] !== null) text[f.member] = String(end[f.member]);
  counter += 1;
  return { key: `end${counter}`, kind: end.type ?? '', name: end.name ?? '', text, rest: end };
}
export function draftOf(flow: MediaFlow | null): FlowDraft {
  if (!flow) return { id: '', name: '', inputs: [newEnd('inputs', 'srt')], outputs: [newEnd('outputs', 'udp')], rest: {} };
  const { id, name, inputs, outputs, input_ids: _i, output_ids: _o, ...rest } = flow;
  return { id, name, inputs: inputs.map((e) => endDraft('inputs', e)), outputs: outputs.map((e) => endDraft('outputs', e)), rest };
}

/** A flow without ends, and a key that no other one has. */
export function newFlow(): { key: string; draft: FlowDraft } {
  counter += 1;
  return { key: `flow${counter}`, draft: { id: '', name: '', inputs: [], outputs: [], rest: {} } };
}

/** A flow without what nobody may see: `***` means nothing on another node. */
export function withoutSecrets<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutSecrets) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== '***').map(([k, v]) => [k, withoutSecrets(v)])) as T;
}
/** A new flow from a template: its ids are made anew. */
export function fromTemplate(template: Record<string, unknown>): FlowDraft {
  const list = (name: 'inputs' | 'outputs') => (Array.isArray(template[name]) ? (template[name] as FlowEnd[]) : []).filter((e) => typeof e === 'object' && e !== null);
  const single = typeof template.input === 'object' && template.input !== null ? [template.input as FlowEnd] : [];
  const { input: _i, ...rest } = template;
  const draft = draftOf({ ...rest, id: '', name: String(template.name ?? ''), inputs: [...single, ...list('inputs')], outputs: list('outputs') });
  const anew = (ends: EndDraft[]) => ends.map((e) => { const { id: _id, ...kept } = e.rest; return { ...e, rest: kept }; });
  return { ...draft, inputs: anew(draft.inputs), outputs: anew(draft.outputs) };
}

/** An id from a name: what every node takes. */
export function slug(name: string): string { return name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 48) || 'flow'; }

function endOf(list: 'inputs' | 'outputs', draft: EndDraft, id: string): FlowEnd {
  const out: FlowEnd = { ...draft.rest, type: draft.kind, id };
  out.name = draft.name.trim() || draft.rest.name || id;
  for (const f of fieldsOf(list, draft.kind) ?? []) {
    const text = (draft.text[f.member] ?? '').trim();
    const hidden = f.modes !== undefined && !f.modes.includes(draft.text.mode ?? '');
    if (text === '' || hidden) delete out[f.member];
    else out[f.member] = f.number && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }
  return out;
}
/** Ends keep their ids; new ones get one that no other end of the flow has. */
function endsOf(list: 'inputs' | 'outputs', drafts: readonly EndDraft[], flow: string): FlowEnd[] {
  const taken = new Set(drafts.map((e) => e.rest.id));
  return drafts.map((draft, index) => {
    if (draft.rest.id !== undefined) return endOf(list, draft, draft.rest.id);
    const word = (n: number) => `${flow}-${list === 'inputs' ? 'in' : 'out'}${n === 1 && list === 'inputs' ? '' : n}`;
    let n = index + 1;
    while (taken.has(word(n))) n += 1;
    taken.add(word(n));
    return endOf(list, draft, word(n));
  });
}
/** The flow for the node, with its parts inside; the server translates for the node's generation. */
export function flowOf(draft: FlowDraft): MediaFlow {
  const id = draft.id || slug(draft.name);
  return { ...draft.rest, id, name: draft.name.trim(), inputs: endsOf('inputs', draft.inputs, id), outputs: endsOf('outputs', draft.outputs, id) };
}

const lists = ['inputs', 'outputs'] as const;
/** Whether the form has a field that shows a fault at this path; others are told above it. */
export function hasField(draft: FlowDraft, path: string): boolean {
  const [, list, index, member] = /^(inputs|outputs)\[(\d+)\]\.(\w+)$/.exec(path) ?? [];
  if (list === undefined) return path === 'name';
  const end = draft[list as (typeof lists)[number]][Number(index)];
  return end !== undefined && (fieldsOf(list as (typeof lists)[number], end.kind) ?? []).some((f) => f.member === member && !f.choices && (!f.modes || f.modes.includes(end.text.mode ?? '')));
}
/** Where the address stands that a node says is taken. */
export function takenField(draft: FlowDraft, message: string): string | undefined {
  const ports: readonly string[] = message.match(/\d+/g) ?? [];
  const says = (text: string) => text !== '' && (message.includes(text) || ports.includes(/:(\d+)$/.exec(text)?.[1] ?? 'none'));
  for (const list of lists) {
    for (const [index, end] of draft[list].entries()) {
      const member = ['bind_addr', 'local_addr', 'listen_addr'].find((m) => says((end.text[m] ?? '').trim()));
      if (member !== undefined) return `${list}[${index}].${member}`;
    }
  }
  return undefined;
}
