// pixelmatch on two pictures in memory, warm.
import { readFileSync } from 'node:fs';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

const [first, second] = process.argv.slice(2).map((path) => PNG.sync.read(readFileSync(path)));
const times = [];
let pixels = 0;
for (let n = 0; n < 20; n++) {
  const began = performance.now();
  pixels = pixelmatch(first.data, second.data, null, first.width, first.height, { threshold: 0.1 });
  if (n >= 5) times.push(performance.now() - began);
}
times.sort((a, b) => a - b);
console.log(JSON.stringify({ ms: times[times.length >> 1], pixels }));
