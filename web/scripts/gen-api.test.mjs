import { expect, test } from 'vitest';
import { generate, generateServed, typeOf } from './gen-api.mjs';

test('typeOf_scalars_unions_and_null', () => {
  expect(typeOf({ type: 'integer', format: 'int64' })).toBe('number');
  expect(typeOf({ type: ['string', 'null'] })).toBe('string | null');
  expect(typeOf({ anyOf: [{ $ref: '#/components/schemas/A-b' }, { type: 'null' }] })).toBe('A_b | null');
  expect(typeOf({ enum: ['a', 'b'] })).toBe('"a" | "b"');
  expect(typeOf({ type: 'array', items: { type: ['number', 'null'] } })).toBe('(number | null)[]');
  expect(typeOf({ type: 'array', prefixItems: [{ type: 'number' }, { type: ['number', 'null'] }] })).toBe('[number, number | null]');
  expect(typeOf({ type: 'object', additionalProperties: { type: 'string' } })).toBe('Record<string, string>');
});

test('generate_document_with_one_route_gives_schema_and_operation', () => {
  const text = generate({
    paths: { '/api/x/{id}': { get: { summary: 'One x.', parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'integer' } }, { in: 'query', name: 'q', schema: { type: 'string' } }], responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/X' } } } }, 404: {} } } } },
    components: { schemas: { X: { type: 'object', required: ['id'], properties: { id: { type: 'integer', description: 'Its id.' }, 'odd-name': { type: 'string' } } } } },
  });
  expect(text).toContain('export type X = {\n  /** Its id. */\n  id: number;\n  "odd-name"?: string;\n};');
  expect(text).toContain('"GET /api/x/{id}": { params: { id: number }; query: { q?: string }; reply: X };');
});

test('generateServed_reports_absent_and_present_routes', () => {
  expect(generateServed({ paths: {} })).toContain('serviceControl: false');
  expect(generateServed({ paths: { '/api/service-control': { post: {} } } })).toContain('serviceControl: true');
});
