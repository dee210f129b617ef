(async (wanted) => {
  const boxOf = (element) => {
    // What is wrong with the whole document stands nowhere in it.
    if (!element || !element.getBoundingClientRect || element === document.documentElement || element === document.body) return null;
    const box = element.getBoundingClientRect();
    if (box.width === 0 && box.height === 0) return null;
    // Places are those of the page: a frame adds where it stands, which one of another origin does not say.
    let [x, y] = [box.x, box.y];
    let at = window;
    while (at !== window.top) {
      const frame = at.frameElement;
      if (!frame) return null;
      const around = frame.getBoundingClientRect();
      [x, y, at] = [x + around.x + frame.clientLeft, y + around.y + frame.clientTop, at.parent];
    }
    return { x: x + at.scrollX, y: y + at.scrollY, width: box.width, height: box.height };
  };
  const number = (value) => {
    const found = parseFloat(value);
    return Number.isFinite(found) ? found : null;
  };
  const measured = (id, node) => {
    const data = [...node.any, ...node.all, ...node.none].map((check) => check.data).find((value) => value && typeof value === 'object');
    if (!data) return {};
    if (id.startsWith('color-contrast')) return { ratio: number(data.contrastRatio), wanted: number(data.expectedContrastRatio) };
    if (id === 'target-size' && data.minSize) return { ratio: Math.min(number(data.width) ?? 0, number(data.height) ?? 0), wanted: number(data.minSize) };
    return {};
  };
  const slim = (rules, nodes) => rules.map((rule) => ({
    id: rule.id, impact: rule.impact, tags: rule.tags, help: rule.help,
    nodes: rule.nodes.slice(0, nodes).map((node) => ({
      html: node.html.slice(0, 500), selector: node.target.flat(3).join(' '), why: (node.failureSummary ?? rule.help).slice(0, 500),
      bounds: boxOf(node.element), ...measured(rule.id, node),
    })),
  }));
  const root = wanted.scope ? globalThis.argosScope : document;
  delete globalThis.argosScope;
  // A rule it does not know would end the whole run.
  const known = new Set(axe.getRules().map((rule) => rule.ruleId));
  const rules = Object.fromEntries(Object.entries(wanted.rules).filter(([id]) => known.has(id)));
  const found = await axe.run(root, {
    runOnly: { type: 'tag', values: wanted.tags }, rules, elementRef: true, iframes: false,
    resultTypes: ['violations', 'incomplete'],
  });
  return {
    violations: slim(found.violations, 100), incomplete: slim(found.incomplete, 50), passes: slim(found.passes, 0),
    frames: root.querySelectorAll('iframe, frame').length,
  };
})
