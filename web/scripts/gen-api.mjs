// Reads ../contract/openapi.json (OpenAPI 3.1) and writes src/api/gen/types.ts (one type per schema and one entry per
// operation) and src/api/gen/served.ts (which optional routes exist). Run by `npm run gen`; the output is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Routes that some pages offer only when the contract has them. */
const optional = { serviceControl: ['post', '/api/service-control'] };

const identifier = (name) => name.replace(/[^A-Za-z0-9_$]/g, '_').replace(/^(\d)/, '_$1');
const property = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const indent = (text, by = '  ') => text.replaceAll('\n', `\n${by}`);

/** The TypeScript text of a JSON schema. `depth` stops inlined recursion of malformed documents. */
export function typeOf(schema, depth = 0) {
  if (schema === true || schema === undefined || depth > 24) return 'unknown';
  if (schema === false) return 'never';
  if (schema.$ref) return identifier(schema.$ref.split('/').pop());
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return [...new Set(schema.enum.map((v) => JSON.stringify(v)))].join(' | ') || 'never';
  const many = schema.oneOf ?? schema.anyOf;
  if (many) return nullable(union(many.map((s) => typeOf(s, depth + 1))), schema);
  if (schema.allOf) {
    const parts = schema.allOf.map((s) => typeOf(s, depth + 1));
    if (schema.properties) parts.push(objectOf(schema, depth));
    return nullable(parts.map((p) => (p.includes(' | ') ? `(${p})` : p)).join(' & '), schema);
  }
  const kinds = Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : schema.properties || schema.additionalProperties ? ['object'] : schema.items || schema.prefixItems ? ['array'] : [];
  if (kinds.length === 0) return 'unknown';
  return nullable(union(kinds.map((kind) => byKind(kind, schema, depth))), schema);
}

function byKind(kind, schema, depth) {
  switch (kind) {
    case 'null': return 'null';
    case 'string': return 'string';
    case 'integer': case 'number': return 'number';
    case 'boolean': return 'boolean';
    case 'array': return arrayOf(schema, depth);
    case 'object': return objectOf(schema, depth);
    default: return 'unknown';
  }
}
function union(parts) { return [...new Set(parts)].join(' | '); }
function nullable(text, schema) { return schema.nullable === true && !/\bnull\b/.test(text) ? `${text} | null` : text; }

function arrayOf(schema, depth) {
  if (schema.prefixItems) return `[${schema.prefixItems.map((s) => typeOf(s, depth + 1)).join(', ')}]`;
  const item = typeOf(schema.items, depth + 1);
  return /^[\w$]+(\[\])*$/.test(item) ? `${item}[]` : `(${item})[]`;
}

function objectOf(schema, depth) {
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {}).map(([name, s]) => `${comment(s)}${property(name)}${required.has(name) ? '' : '?'}: ${indent(typeOf(s, depth + 1))};`);
  const extra = schema.additionalProperties;
  if (extra !== undefined && extra !== false) {
    const value = extra === true ? 'unknown' : typeOf(extra, depth + 1);
    if (lines.length === 0) return `Record<string, ${value}>`;
    lines.push('[key: string]: unknown;');
  }
  if (lines.length === 0) return 'Record<string, unknown>';
  return `{\n  ${lines.join('\n  ')}\n}`;
}
function comment(schema) {
  const text = schema && typeof schema === 'object' && typeof schema.description === 'string' ? schema.description.trim().replace(/\s+/g, ' ').replaceAll('*/', '* /') : '';
  return text === '' ? '' : `/** ${text} */\n  `;
}

const body = (content) => {
  if (!content) return 'unknown';
  const json = Object.entries(content).find(([type]) => type.includes('json'));
  if (json) return typeOf(json[1].schema);
  return Object.keys(content).some((type) => type.startsWith('text/')) ? 'string' : 'unknown';
};

function operation(method, path, op) {
  const parameters = op.parameters ?? [];
  const of = (place) => parameters.filter((p) => p.in === place).map((p) => `${property(p.name)}${p.required ? '' : '?'}: ${typeOf(p.schema ?? { type: 'string' })}`);
  const inPath = of('path');
  const inQuery = of('query');
  const good = Object.entries(op.responses ?? {}).filter(([code]) => code.startsWith('2'));
  const reply = union(good.map(([, r]) => (r.content ? body(r.content) : 'void'))) || 'void';
  const members = [
    inPath.length > 0 ? `params: { ${inPath.join('; ')} }` : null,
    inQuery.length > 0 ? `query: { ${inQuery.join('; ')} }` : null,
    op.requestBody?.content ? `body: ${indent(body(op.requestBody.content))}` : null,
    `reply: ${indent(reply)}`,
  ].filter(Boolean);
  return `${op.summary ? `  /** ${op.summary.replaceAll('*/', '* /')} */\n` : ''}  ${JSON.stringify(`${method.toUpperCase()} ${path}`)}: { ${members.join('; ')} };`;
}

/** The whole file for a document. */
export function generate(doc) {
  const methods = ['get', 'post', 'put', 'patch', 'delete'];
  const schemas = Object.entries(doc.components?.schemas ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const types = schemas.map(([name, schema]) => `${comment(schema).replace(/\n {2}$/, '\n')}export type ${identifier(name)} = ${typeOf(schema)};`);
  const operations = Object.entries(doc.paths ?? {}).sort(([a], [b]) => a.localeCompare(b)).flatMap(([path, item]) => methods.filter((m) => item[m]).map((m) => operation(m, path, item[m])));
  return `// Written by scripts/gen-api.mjs from the contract. Do not edit.\n/* biome-ignore-all lint: generated */\n\n${types.join('\n\n')}\n\nexport interface Operations {\n${operations.join('\n')}\n}\n`;
}
export function generateServed(doc) {
  const entries = Object.entries(optional).map(([name, [method, path]]) => `${name}: ${Boolean(doc.paths?.[path]?.[method])}`);
  return `// Written by scripts/gen-api.mjs: which optional routes the contract has. Pages hide what the server does not offer.\nexport const served: Readonly<Record<${Object.keys(optional).map((n) => `'${n}'`).join(' | ')}, boolean>> = { ${entries.join(', ')} };\n`;
}

if (process.argv[1] === at('gen-api.mjs') || process.argv[1] === fileURLToPath(import.meta.url)) {
  const doc = JSON.parse(readFileSync(process.argv[2] ?? at('../../contract/openapi.json'), 'utf8'));
  const types = generate(doc);
  writeFileSync(at('../src/api/gen/types.ts'), types);
  writeFileSync(at('../src/api/gen/served.ts'), generateServed(doc));
  console.log(`${Object.keys(doc.components?.schemas ?? {}).length} schemas, ${Object.keys(doc.paths ?? {}).length} paths, ${(types.length / 1024).toFixed(0)} kB of types`);
}
