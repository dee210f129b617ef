import { expect, it } from 'vitest';
import { listOf } from './lists';

it('stored list is read back as the entries that were saved', () => {
  const stored = 'https://token.example.org,https://id.example.org/realms/ci';
  expect(listOf(stored)).toEqual(['https://token.example.org', 'https://id.example.org/realms/ci']);
  expect(listOf(listOf(stored).join('\n'))).toEqual(listOf(stored));
  expect(listOf(' \n, ')).toEqual([]);
});
