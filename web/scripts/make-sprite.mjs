// Builds src/ui/sprite.svg and src/ui/icon-names.ts from the drawings below (24-grid, stroke 1.75, round joins).
// Run after changing a drawing: node scripts/make-sprite.mjs
import { writeFileSync } from 'node:fs';

const c = (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}"/>`;
const p = (d) => `<path d="${d}"/>`;
const r = (x, y, w, h, rx = 2) => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${rx}"/>`;
const dot = (x, y, s = 1.1) => `<circle cx="${x}" cy="${y}" r="${s}" fill="currentColor" stroke="none"/>`;

const line = {
  home: p('M3.500 11 12 4l8.500 7M5.500 9.500V20h13V9.500M10 20v-6h4v6'),
  inbox: p('M3.500 13.500 6 5h12l2.500 8.500V19h-17zM3.500 13.500h5l1.200 2.500h4.600l1.200-2.500h5'),
  siren: p('M7 18v-5a5 5 0 0 1 10 0v5M4.500 18h15v2.500h-15zM12 2.500v2M4.500 6l1.400 1.400M19.500 6l-1.400 1.400'),
  boxes: r(3.5, 3.5, 7, 7, 1.5) + r(13.5, 3.5, 7, 7, 1.5) + r(3.5, 13.5, 7, 7, 1.5) + r(13.5, 13.5, 7, 7, 1.5),
  compass: c(12, 12, 8.5) + p('m15.500 8.500-2 5-5 2 2-5z'),
  globe: c(12, 12, 8.5) + p('M3.500 12h17M12 3.500c2.500 2.500 3.700 5.300 3.700 8.500s-1.200 6-3.700 8.500c-2.500-2.500-3.700-5.300-3.700-8.500s1.200-6 3.700-8.500z'),
  bolt: p('M13 2.500 4.500 13.500H11l-.5 8L19.500 10H13z'),
  radio: c(12, 12, 2) + p('M7.800 16.200a6 6 0 0 1 0-8.400M16.200 7.800a6 6 0 0 1 0 8.400M5 19a10 10 0 0 1 0-14M19 5a10 10 0 0 1 0 14'),
  flask: p('M9 3h6M10 3v6.500L4.800 18a2 2 0 0 0 1.700 3h11a2 2 0 0 0 1.700-3L14 9.500V3M7.300 14.500h9.400'),
  workflow: r(3, 3.5, 7, 6, 1.5) + r(14, 14.5, 7, 6, 1.5) + p('M6.500 9.500v5a3 3 0 0 0 3 3H14'),
  gear: c(12, 12, 3) + p('M12 2.800v2.700M12 18.500v2.700M21.200 12h-2.700M5.500 12H2.800M18.500 5.500l-1.900 1.900M7.400 16.600l-1.900 1.900M18.500 18.500l-1.900-1.900M7.400 7.400 5.500 5.500') + c(12, 12, 6.4),
  plus: p('M12 5v14M5 12h14'),
  search: c(11, 11, 6.5) + p('m16 16 4.500 4.500'),
  help: c(12, 12, 8.5) + p('M9.500 9.500a2.500 2.500 0 1 1 3.600 2.200c-.8.400-1.100.9-1.100 1.800') + dot(12, 16.8),
  user: c(12, 8, 3.8) + p('M4.500 20.500c.6-4 3.400-6 7.500-6s6.900 2 7.500 6'),
  users: c(9, 8.5, 3.3) + p('M2.800 19.500c.5-3.500 2.800-5.200 6.200-5.200s5.700 1.700 6.200 5.200M15.500 5.500a3.200 3.200 0 0 1 0 6M17.500 14.500c2.100.6 3.300 2.300 3.700 5'),
  moon: p('M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z'),
  sun: c(12, 12, 3.8) + p('M12 2.500v2M12 19.500v2M21.500 12h-2M4.500 12h-2M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400M18.700 18.700l-1.400-1.400M6.700 6.700 5.300 5.300'),
  monitor: r(3, 4, 18, 12.5) + p('M9 20.500h6M12 16.500v4'),
  'chevron-down': p('m6 9.500 6 6 6-6'), 'chevron-up': p('m6 15 6-6 6 6'), 'chevron-right': p('m9.500 6 6 6-6 6'), 'chevron-left': p('m14.500 6-6 6 6 6'),
  'arrow-up': p('M12 19.500V5M6 11l6-6 6 6'), 'arrow-down': p('M12 4.500V19M6 13l6 6 6-6'), 'arrow-right': p('M4.500 12H19M13 6l6 6-6 6'),
  close: p('m6 6 12 12M18 6 6 18'), check: p('m4.500 12.500 5 5 10-11'),
  copy: r(8.5, 8.5, 12, 12) + p('M5.500 15.500h-1a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1'),
  download: p('M12 3.500V15M7 10.500l5 5 5-5M4 20.500h16'), upload: p('M12 15.500V4M7 8.500l5-5 5 5M4 20.500h16'),
  refresh: p('M20 11.500A8 8 0 0 0 5.700 6.800L3.500 9M3.500 4v5h5M4 12.500a8 8 0 0 0 14.300 4.700l2.200-2.200M20.500 20v-5h-5'),
  play: p('M7.500 4.500v15l12-7.500z'), pause: p('M8 5v14M16 5v14'), stop: r(6, 6, 12, 12, 2),
  more: dot(5, 12, 1.6) + dot(12, 12, 1.6) + dot(19, 12, 1.6),
  clock: c(12, 12, 8.5) + p('M12 7v5.200l3.300 2'), filter: p('M3.500 5h17l-6.500 8v6.500l-4-2V13z'),
  columns: r(3.5, 4.5, 17, 15) + p('M9.200 4.500v15M14.800 4.500v15'),
  cpu: r(6, 6, 12, 12) + r(9.7, 9.7, 4.6, 4.6, 1) + p('M9.500 3v3M14.500 3v3M9.500 18v3M14.500 18v3M3 9.500h3M3 14.500h3M18 9.500h3M18 14.500h3'),
  memory: r(2.5, 7, 19, 9.5, 1.5) + p('M7 10v3.500M12 10v3.500M17 10v3.500M5.500 16.500V19M10 16.500V19M14 16.500V19M18.500 16.500V19'),
  disk: p('M3.500 13.500 6.500 5h11l3 8.500V19h-17zM3.500 13.500h17') + dot(17, 16.3) + dot(13.6, 16.3),
  network: r(9, 3.5, 6, 5, 1.2) + r(3, 15.5, 6, 5, 1.2) + r(15, 15.5, 6, 5, 1.2) + p('M12 8.500V12M6 15.500V12h12v3.500'),
  thermometer: p('M14 14V5.500a2.200 2.200 0 0 0-4.400 0V14a4.300 4.300 0 1 0 4.400 0z') + dot(11.8, 17.2, 1.8),
  server: r(3.5, 4, 17, 7) + r(3.5, 13, 17, 7) + dot(7.2, 7.5) + dot(7.2, 16.5) + p('M11 7.500h6M11 16.500h6'),
  terminal: r(3, 4.5, 18, 15) + p('m7 9.500 3 2.500-3 2.500M12.500 15h4.500'),
  list: p('M8.500 6.500h12M8.500 12h12M8.500 17.500h12') + dot(4.5, 6.5) + dot(4.5, 12) + dot(4.5, 17.5),
  activity: p('M2.500 12.500h4.200L9.500 5l5 14.500 2.800-7h4.200'),
  key: c(7.8, 15.8, 4) + p('m10.800 13 8.700-8.700M16 7.800l2.700 2.700M13 10.800l1.700 1.700'),
  shield: p('M12 3 4.500 6v5.500c0 4.600 3 7.600 7.500 9.500 4.500-1.900 7.500-4.900 7.500-9.500V6z'),
  bell: p('M6 16.500V11a6 6 0 1 1 12 0v5.500l1.500 2h-15zM10 21h4'),
  lock: r(5, 10.5, 14, 10) + p('M8 10.500V7.500a4 4 0 0 1 8 0v3'),
  logout: p('M10 4H5v16h5M10 12h10.500M16 7.500l4.500 4.500-4.500 4.500'),
  menu: p('M4 6.500h16M4 12h16M4 17.500h16'), trash: p('M4 6.500h16M9 6.500V4h6v2.500M6.500 6.500 7.300 20h9.400l.8-13.500M10 10.500v6M14 10.500v6'),
  edit: p('m4 20 .9-4L16 4.900l3.100 3.100L8 19.100zM13.800 7.100l3.100 3.100'),
  external: p('M14 4h6v6M20 4l-9 9M17.500 13.500V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7.500a1 1 0 0 1 1-1h5.500'),
  link: p('M10 14a4 4 0 0 0 5.700 0l3.100-3.100a4 4 0 1 0-5.700-5.700L12 6.300M14 10a4 4 0 0 0-5.700 0l-3.100 3.100a4 4 0 1 0 5.700 5.700l1.100-1.100'),
  eye: p('M2.500 12C5 7.500 8.200 5.300 12 5.300s7 2.200 9.500 6.700c-2.500 4.500-5.700 6.700-9.500 6.700S5 16.500 2.500 12z') + c(12, 12, 2.8),
  'eye-off': p('M9.500 5.700c.8-.3 1.600-.4 2.500-.4 3.800 0 7 2.200 9.500 6.700-.8 1.500-1.700 2.700-2.700 3.700M15.500 17.900c-1.100.5-2.300.8-3.500.8-3.800 0-7-2.200-9.500-6.700 1-1.900 2.200-3.300 3.500-4.400M3.500 3.500l17 17M10 10a2.800 2.800 0 0 0 4 4'),
  crosshair: c(12, 12, 6.5) + p('M12 2.500v5M12 16.500v5M2.500 12h5M16.500 12h5'),
  calendar: r(3.5, 5, 17, 15.5) + p('M3.500 10h17M8 2.800V7M16 2.800V7'),
  table: r(3.5, 4.5, 17, 15) + p('M3.500 9.500h17M3.500 14.500h17M10 9.500v10'),
  chart: p('M4 4v16h16.500M7.500 15.500l3.700-4.500 3 2.700 5.300-6.700'),
  layers: p('m12 3.500 9 4.700-9 4.700-9-4.700zM3 12.500l9 4.700 9-4.700M3 16.500l9 4.700 9-4.700'),
  history: p('M3.500 12a8.500 8.500 0 1 0 2.800-6.300L3.500 8.300M3.500 3.500v4.800h4.800M12 7.500v4.800l3.300 2'),
  database: p('M4.500 6c0-1.700 3.300-3 7.500-3s7.500 1.300 7.500 3-3.300 3-7.500 3-7.500-1.300-7.500-3zM4.500 6v12c0 1.700 3.300 3 7.500 3s7.500-1.300 7.500-3V6M4.500 12c0 1.700 3.300 3 7.500 3s7.500-1.300 7.500-3'),
  info: c(12, 12, 8.5) + p('M12 11v5.500') + dot(12, 7.8), save: p('M4.500 4.500h12l3 3v12h-15zM8 4.500V9h7V4.500M8 19.500v-6h8v6'),
  undo: p('M8.500 5 4 9.500 8.500 14M4 9.500h10.500a5.500 5.500 0 0 1 0 11H10'), star: p('m12 3.500 2.600 5.500 5.900.8-4.300 4.200 1.100 6-5.300-2.900L6.700 20l1.100-6L3.500 9.800l5.900-.8z'),
  keyboard: r(2.5, 6, 19, 12) + p('M7.500 14.500h9') + dot(6.5, 10) + dot(10.2, 10) + dot(13.8, 10) + dot(17.5, 10),
  phone: r(6.5, 2.5, 11, 19) + p('M11 18.500h2'), wrap: p('M4 6.500h16M4 12h12.500a3.200 3.200 0 0 1 0 6.500H12M14.500 16 12 18.500l2.500 2.500M4 18.500h4'),
  panel: r(3.5, 4.5, 17, 15) + p('M9 4.500v15'), map: p('M9 4.500 3.500 6.500v13l5.500-2 6 2 5.500-2v-13l-5.500 2zM9 4.500v13M15 6.500v13'),
  package: p('M12 3 4 7.200v9.600l8 4.200 8-4.200V7.200zM4 7.200l8 4.300 8-4.300M12 11.500V21M8 5.100l8 4.300'),
  send: p('M20.500 3.500 10.500 13.500M20.500 3.500l-6.500 17-3.500-7-7-3.500z'), pin: p('M9 4h6l-.6 6 2.600 3.500H7L9.600 10zM12 13.500V20.500'),
  logo: p('M2 12C5 7 8.300 4.700 12 4.700S19 7 22 12c-3 5-6.300 7.300-10 7.300S5 17 2 12z') + dot(12, 12, 3.6),
};

// The eight state marks: filled shapes on a 16-grid; the cut-out is drawn in the surface colour.
const cut = (d) => `<path d="${d}" fill="none" stroke="var(--mark-cut, #fff)" stroke-width="1.800" stroke-linecap="round" stroke-linejoin="round"/>`;
const marks = {
  ok: `<circle cx="8" cy="8" r="7" fill="currentColor"/>${cut('m4.900 8.200 2.200 2.200 4-4.500')}`,
  info: `<rect x="1.200" y="1.200" width="13.600" height="13.600" rx="3" fill="currentColor"/>${cut('M8 7.400v4M8 4.600v.05')}`,
  warning: `<path d="M8 1.400 15.300 14H.7z" fill="currentColor" stroke="currentColor" stroke-width="1.200" stroke-linejoin="round"/>${cut('M8 5.800v3.600M8 11.800v.05')}`,
  critical: `<path d="M5 .9h6l4.100 4.100v6L11 15.100H5L.9 11V5z" fill="currentColor"/>${cut('m5.400 5.400 5.200 5.200M10.600 5.400l-5.200 5.200')}`,
  maintenance: `<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M11.600 5.600a2.500 2.500 0 0 1-3.300 2.900l-2.600 2.600a.9.900 0 0 1-1.300-1.300l2.600-2.600a2.500 2.500 0 0 1 2.900-3.300L8.600 5.200l.3 1.300 1.300.3z" fill="var(--mark-cut, #fff)"/>`,
  paused: `<circle cx="8" cy="8" r="6.300" fill="none" stroke="currentColor" stroke-width="1.400"/><path d="M6.300 5.200v5.600M9.700 5.200v5.600" stroke="currentColor" stroke-width="1.800" stroke-linecap="round"/>`,
  pending: `<circle cx="8" cy="8" r="6.300" fill="none" stroke="currentColor" stroke-width="1.400"/><path d="M8 4.600V8.200l2.300 1.400" fill="none" stroke="currentColor" stroke-width="1.600" stroke-linecap="round" stroke-linejoin="round"/>`,
  unknown: `<circle cx="8" cy="8" r="6.300" fill="none" stroke="currentColor" stroke-width="1.400" stroke-dasharray="2.600 1.700"/><path d="M6.300 6.400a1.750 1.750 0 1 1 2.500 1.600c-.55.3-.8.6-.8 1.200M8 11.400v.05" fill="none" stroke="currentColor" stroke-width="1.500" stroke-linecap="round"/>`,
};

const symbols = [
  ...Object.entries(line).map(([id, body]) => `<symbol id="${id}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.750" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`),
  ...Object.entries(marks).map(([id, body]) => `<symbol id="mark-${id}" viewBox="0 0 16 16">${body}</symbol>`),
];
/** Drops trailing zeros of decimals. */
const tidy = (s) => s.replace(/(\d*\.\d*?[1-9])0+(?=[^\d])/g, '$1');
const root = new URL('../src/ui/', import.meta.url);
writeFileSync(new URL('sprite.svg', root), `${tidy(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>`)}\n`);
writeFileSync(new URL('icon-names.ts', root), `// Written by scripts/make-sprite.mjs.\nexport type IconName =\n${Object.keys(line).map((n) => `  | '${n}'`).join('\n')};\n`);
console.log(`${symbols.length} symbols`);
