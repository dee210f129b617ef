// What of the settings of a project is sent.
import { expect, test } from 'vitest';
import { draftOf, isHalfPlace, patchOf } from './project-settings';

const settings = { base_url: { staging: 'https://s' }, variables: { n: 3, name: 'ada' }, secrets: { token: '***' }, allowed_hosts: ['10.0.0.4'], retries: 1, trace: 'off', visual: { threshold: 0.2 } };
const own = ['base_url', 'variables', 'allowed_hosts', 'retries', 'visual'];

test('nothing_changed_sends_nothing', () => {
  const draft = draftOf(settings, own, null);
  expect(patchOf(settings, draft, draft)).toEqual({});
  // The project does not say it: it is inherited, though the view shows it.
  expect(draft.plain.trace).toBe('');
});

test('only_what_is_different_is_sent_and_null_gives_back', () => {
  const before = draftOf(settings, own, null);
  const now = { ...before, base_url: [{ key: 'prod', value: 'https://p' }], variables: [{ key: 'n', value: '4' }, { key: 'name', value: 'ada' }, { key: ' ', value: 'x' }], hosts: '', plain: { ...before.plain, retries: '', record_video: 'true', default_timeout_ms: '9000', width: '800', height: '600' }, visual: { ...before.visual, threshold: '', ignore_selectors: '.clock, .ad' } };
  expect(patchOf(settings, before, now)).toEqual({ base_url: { staging: null, prod: 'https://p' }, variables: { n: 4 }, allowed_hosts: [], retries: null, record_video: true, default_timeout_ms: 9000, viewport: { width: 800, height: 600 }, visual: { threshold: null, ignore_selectors: ['.clock', '.ad'] } });
});

test('rule_of_pictures_is_sent_and_given_back', () => {
  const before = draftOf({ ...settings, visual: { sensitivity: 'low' } }, own, null);
  expect(patchOf(settings, before, { ...before, visual: { ...before.visual, auto_approve: 'dynamic' } })).toEqual({ visual: { auto_approve: 'dynamic' } });
  const ruled = draftOf({ ...settings, visual: { auto_approve: 'dynamic' } }, own, null);
  expect(patchOf(settings, ruled, { ...ruled, visual: { ...ruled.visual, auto_approve: '' } })).toEqual({ visual: { auto_approve: null } });
});

test('place_and_permissions_are_said_whole_and_given_back', () => {
  const stored = { geolocation: { latitude: 52.5, longitude: 13.4, accuracy: 10 }, permissions: ['geolocation', 'unknownOne'] };
  const before = draftOf(stored, ['geolocation', 'permissions'], null);
  expect([before.plain.latitude, before.plain.accuracy, before.permissions]).toEqual(['52.5', '10', ['geolocation', 'unknownOne']]);
  expect(patchOf(stored, before, before)).toEqual({});
  const half = (plain: Record<string, string>) => isHalfPlace({ ...before, plain: { ...before.plain, ...plain } });
  expect([half({}), half({ latitude: ' ' }), half({ latitude: '', longitude: '' }), half({ accuracy: '' })]).toEqual([false, true, true, false]);
  expect(patchOf(stored, before, { ...before, plain: { ...before.plain, latitude: '40.4', accuracy: '' }, permissions: [] })).toEqual({ geolocation: { latitude: 40.4, longitude: 13.4, accuracy: null }, permissions: null });
  expect(patchOf(stored, before, { ...before, plain: { ...before.plain, latitude: '', longitude: ' ', accuracy: '' } })).toEqual({ geolocation: null });
});

test('variables_of_an_environment_are_sent_alone', () => {
  const before = draftOf({ ...settings, custom: { environments: { staging: { who: 'ada' } } } }, own, null);
  expect(before.environments).toEqual({ staging: [{ key: 'who', value: 'ada' }] });
  const now = { ...before, environments: { staging: [{ key: 'who', value: 'bob' }], prod: [{ key: 'x', value: '1' }] } };
  expect(patchOf({ custom: { environments: { staging: { who: 'ada' } } } }, before, now)).toEqual({ environments: { staging: { who: 'bob' }, prod: { x: '1' } } });
});

test('secret_is_kept_replaced_or_removed_and_never_sent_back', () => {
  const before = draftOf(settings, own, null);
  expect(before.secrets).toEqual([{ key: 'token', value: '', stored: true }]);
  const replaced = { ...before, secrets: [{ key: 'token', value: 'new', stored: true }, { key: 'other', value: 'o', stored: false }] };
  expect(patchOf(settings, before, replaced)).toEqual({ secrets: { token: 'new', other: 'o' } });
  expect(patchOf(settings, before, { ...before, secrets: [] })).toEqual({ secrets: { token: null } });
  expect(patchOf(settings, before, { ...before, login: { username: 'u', password: 'p', origin: ' ' } })).toEqual({ http_credentials: { username: 'u', password: 'p', origin: null } });
  expect(patchOf(settings, before, { ...before, forgetLogin: true })).toEqual({ http_credentials: null });
});
