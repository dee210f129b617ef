// House rules the linter does not know: file length, paths only in paths.ts, no icon outside the sprite, no inline script.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = [];
const names = new Set([...readFileSync(join(root, 'src/ui/icon-names.ts'), 'utf8').matchAll(/'([\w-]+)'/g)].map((m) => m[1]));
const symbols = new Set([...readFileSync(join(root, 'src/ui/sprite.svg'), 'utf8').matchAll(/<symbol id="([\w-]+)"/g)].map((m) => m[1]));
for (const name of names) if (!symbols.has(name)) problems.push(`src/ui/sprite.svg: no symbol ${name}`);

const classes = new Map();
/** Rules of a bare class, media queries left out. */
function collect(file, css) {
  let depth = 0;
  for (const line of css.replace(/\/\*[\s\S]*?\*\//g, '').split('\n')) {
    if (depth === 1 && !line.trim().startsWith('@')) for (const m of line.matchAll(/(?:^|\})\s*\.([a-z][\w-]*)\s*(\{[^}]*\})/g)) classes.set(m[1], [...(classes.get(m[1]) ?? []), { file, rule: m[2] }]);
    depth += (line.match(/\{/g) ?? []).length - (line.match(/\}/g) ?? []).length;
  }
}

function walk(dir) {
  for (const name of readdirSync(dir)) {
    const at = join(dir, name);
    if (statSync(at).isDirectory()) { if (name !== 'gen' && name !== 'node_modules') walk(at); continue; }
    if (name.endsWith('.css')) collect(relative(root, at), readFileSync(at, 'utf8'));
    // Style files load in any order: each one states the layer order itself.
    if (name.endsWith('.css') && !readFileSync(at, 'utf8').startsWith('@layer tokens, base, ui, shell, pages;')) problems.push(`${relative(root, at)}: does not open with the layer order`);
    if (!/\.(ts|tsx|mjs)$/.test(name)) continue;
    const text = readFileSync(at, 'utf8');
    const file = relative(root, at);
    const lines = text.split('\n').length;
    if (lines > 400) problems.push(`${file}: ${lines} lines, more than 400`);
    if (/^(\/\/|import|#!)/.test(text) === false && !file.includes('icon-names')) problems.push(`${file}: does not open with what it owns`);
    if (file.startsWith('src/') && /\b(fetch|EventSource)\(/.test(text) && !['src/api/client.ts', 'src/app/stream.ts'].includes(file)) problems.push(`${file}: HTTP outside api/client.ts`);
    if (/^src\/(pages|ui)\//.test(file) && !/\.test\./.test(file) && /(load|send)(<[^>]*>)?\(\s*('(POST|PUT|DELETE|PATCH)',\s*)?['"`]\/api/.test(text)) problems.push(`${file}: path written outside paths.ts`);
    if (/dangerouslySetInnerHTML|\beval\(|new Function\(/.test(text) && !file.includes('tidy.mjs')) problems.push(`${file}: forbidden by the content security policy`);
    if (/waitForFunction\(\s*async/.test(text) && !file.includes('tidy.mjs')) problems.push(`${file}: waitForFunction does not await an async predicate`);
    if (/\b(TODO|FIXME|XXX)\b/.test(text) && !file.includes('tidy.mjs')) problems.push(`${file}: unfinished note`);
  }
}
for (const dir of ['src', 'scripts', 'e2e']) walk(join(root, dir));
// Style sheets of pages stay loaded when another page is opened: one class, one meaning.
for (const [name, places] of classes) if (new Set(places.map((p) => p.rule)).size > 1 && new Set(places.map((p) => p.file)).size > 1) problems.push(`.${name} means different things in ${[...new Set(places.map((p) => p.file))].join(' and ')}`);
const html = readFileSync(join(root, 'index.html'), 'utf8');
if (/<script(?![^>]*\bsrc=)[^>]*>/.test(html) || /\son\w+=/.test(html)) problems.push('index.html: inline script');
for (const p of problems) console.error(p);
if (problems.length > 0) process.exit(1);
console.log(`tidy: ${names.size} icons, rules hold`);
