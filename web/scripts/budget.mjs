// Sizes of the build: the script that Home needs before it shows something, and everything together.
// Fails above the hard limit; warns above the aim.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const aimKb = 95;
const limitKb = 98;
const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'));
const gz = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** The chunk and everything it imports statically. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key]?.imports ?? []) closure(next, seen);
  return seen;
}
const home = closure('index.html');
for (const key of ['src/pages/home/HomePage.tsx', 'src/i18n/en/home.ts']) closure(key, home);
const scripts = [...new Set([...home].map((k) => manifest[k]?.file).filter((f) => f?.endsWith('.js')))];
const styles = [...new Set([...home].flatMap((k) => manifest[k]?.css ?? []))];
const kb = (n) => (n / 1024).toFixed(1);
const script = scripts.reduce((sum, f) => sum + gz(f), 0);
const style = styles.reduce((sum, f) => sum + gz(f), 0);
for (const f of scripts) console.log(`  ${kb(gz(f)).padStart(6)} kB gz  ${f}`);
console.log(`script to Home ${kb(script)} kB gz (aim ${aimKb}, limit ${limitKb}); styles ${kb(style)} kB gz`);

function total(dir) { return readdirSync(dir).reduce((sum, name) => { const at = join(dir, name); return sum + (statSync(at).isDirectory() ? total(at) : name.endsWith('.gz') ? 0 : gzipSync(readFileSync(at)).length); }, 0); }
console.log(`all assets ${(total(dist) / 1024 / 1024).toFixed(2)} MB gz`);
if (script > limitKb * 1024) { console.error('over the limit'); process.exit(1); }
if (script > aimKb * 1024) console.warn('over the aim');
