import { expect, test } from 'vitest';
import type { MediaFlow } from '../../api/media';
import { draftOf, flowOf, fromTemplate, hasField, newEnd, slug, takenField, withoutSecrets } from './flow-draft';

test('a_flow_that_nobody_changed_comes_back_as_it_was_with_members_the_form_does_not_know', () => {
  const flow: MediaFlow = { id: 'f', name: 'F', enabled: false, media_analysis: true, inputs: [{ id: 'i', name: 'I', type: 'srt', mode: 'listener', local_addr: '0.0.0.0:9000', passphrase: '***', mss: 1500 }], outputs: [{ id: 'o', name: 'O', type: 'display', connector: 'HDMI-1' }] };
  expect(flowOf(draftOf(flow))).toEqual(flow);
});
test('a_new_flow_gets_ids_from_its_name_numbers_as_numbers_and_no_empty_members', () => {
  const input = { ...newEnd('inputs', 'srt'), text: { mode: 'listener', local_addr: '0.0.0.0:9000', remote_addr: 'left over', latency_ms: '200', stream_id: '' } };
  const flow = flowOf({ id: '', name: 'Studio Á 1', inputs: [input], outputs: [], rest: {} });
  expect(flow).toEqual({ id: 'studio-a-1', name: 'Studio Á 1', inputs: [{ id: 'studio-a-1-in', name: 'studio-a-1-in', type: 'srt', mode: 'listener', local_addr: '0.0.0.0:9000', latency_ms: 200 }], outputs: [] });
});
test('a_name_without_letters_still_gives_an_id', () => { expect([slug('***'), slug('A b')]).toEqual(['flow', 'a-b']); });
test('a_template_carries_no_secret_and_its_flow_gets_ids_of_its_own', () => {
  const kept = withoutSecrets({ id: 'f', name: 'F', inputs: [{ id: 'i', type: 'srt', mode: 'listener', local_addr: '0.0.0.0:9000', passphrase: '***' }], outputs: [{ id: 'o', type: 'udp', dest_addr: '10.0.0.1:5000' }] });
  const flow = flowOf({ ...fromTemplate(kept), name: 'Studio 2' });
  expect([flow.id, flow.inputs[0]?.id, flow.outputs[0]?.id, flow.inputs[0]?.passphrase]).toEqual(['studio-2', 'studio-2-in', 'studio-2-out1', undefined]);
  expect(fromTemplate({ name: 'Old', input: { type: 'udp', bind_addr: '0.0.0.0:1' }, outputs: 'odd' }).inputs.map((e) => e.kind)).toEqual(['udp']);
});
test('a_fault_without_a_field_of_its_own_and_an_address_that_is_taken_are_found', () => {
  const draft = draftOf({ id: 'f', name: 'F', inputs: [{ id: 'i', type: 'srt', mode: 'caller', remote_addr: '10.0.0.1:9000', mss: 9 }, { id: 'j', type: 'udp', bind_addr: '0.0.0.0:5600' }], outputs: [] });
  const paths = ['name', 'inputs[0].remote_addr', 'inputs[0].local_addr', 'inputs[0].mss', 'inputs[0].redundancy.bind_addr', 'inputs[7].bind_addr', 'assembly.programs'];
  expect(paths.filter((p) => hasField(draft, p))).toEqual(['name', 'inputs[0].remote_addr']);
  expect(['Address 0.0.0.0:5600 in use', 'port 5600 (udp) is used by f2', 'port 56001', 'remote 10.0.0.1:9000'].map((m) => takenField(draft, m))).toEqual(['inputs[1].bind_addr', 'inputs[1].bind_addr', undefined, undefined]);
});
