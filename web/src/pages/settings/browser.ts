// A user agent in two words; the whole text stays in the title.
const browsers: readonly (readonly [RegExp, string])[] = [[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/(Headless)?Chrom(e|ium)\//, 'Chromium'], [/Safari\//, 'Safari'], [/^curl\//, 'curl']];
const systems: readonly (readonly [RegExp, string])[] = [[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux/, 'Linux']];

export function browserName(agent: string): string {
  const browser = browsers.find(([p]) => p.test(agent))?.[1];
  const system = systems.find(([p]) => p.test(agent))?.[1];
  return browser ? [browser, system].filter(Boolean).join(', ') : agent.slice(0, 60);
}
