// Writes a .gz (level 9) next to every asset; the server embeds exactly those.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
let count = 0;
function walk(dir) {
  for (const name of readdirSync(dir)) {
    const at = join(dir, name);
    if (statSync(at).isDirectory()) { walk(at); continue; }
    if (name.endsWith('.gz')) continue;
    writeFileSync(`${at}.gz`, gzipSync(readFileSync(at), { level: 9 }));
    count += 1;
  }
}
rmSync(join(dist, 'manifest.json'), { force: true });
walk(dist);
console.log(`${count} files compressed`);
