((wanted) => {
  // What a page says of itself, in CSS pixels from the top left corner of the picture.
  const view = wanted.whole ? { x: 0, y: 0, width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight } : { x: scrollX, y: scrollY, width: innerWidth, height: innerHeight };
  const frame = wanted.frame ?? view;
  const boxOf = (element) => {
    const box = element.getBoundingClientRect();
    return { x: box.x + scrollX - frame.x, y: box.y + scrollY - frame.y, width: box.width, height: box.height };
  };
  const inFrame = (box) => box.width > 0 && box.height > 0 && box.x < frame.width && box.y < frame.height && box.x + box.width > 0 && box.y + box.height > 0;
  // A form answers `id` and `children` with its control of that name: the attribute and the prototype are asked.
  const idOf = (element) => element.getAttribute('id') ?? '';
  const childrenGetter = Object.getOwnPropertyDescriptor(Element.prototype, 'children').get;
  const childrenOf = (element) => [...childrenGetter.call(element)];
  const pathOf = (element) => {
    if (idOf(element)) return `#${CSS.escape(idOf(element))}`;
    const parts = [];
    for (let at = element; at && at.nodeType === 1 && parts.length < 8; at = at.parentElement) {
      if (idOf(at)) { parts.unshift(`#${CSS.escape(idOf(at))}`); break; }
      const same = at.parentElement ? childrenOf(at.parentElement).filter((child) => child.localName === at.localName) : [];
      parts.unshift(same.length > 1 ? `${at.localName}:nth-of-type(${same.indexOf(at) + 1})` : at.localName);
    }
    return parts.join(' > ');
  };
  const skipped = new Set(['html', 'head', 'script', 'style', 'link', 'meta', 'br', 'noscript', 'template', 'title', 'option']);
  const shown = (element) => !skipped.has(element.localName) && element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const ownText = (element) => [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join(' ').replace(/\s+/g, ' ').trim().slice(0, 120);
  const interactive = (element) => element.matches('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=checkbox], [role=tab], [role=menuitem], [onclick]');
  const all = [];
  for (const element of document.body ? document.body.querySelectorAll('*') : []) {
    if (all.length >= 3000) break;
    if (!shown(element)) continue;
    const bounds = boxOf(element);
    if (!inFrame(bounds)) continue;
    const s = getComputedStyle(element);
    all.push({ element, fact: {
      selector: pathOf(element), tag: element.localName, id: idOf(element), bounds, interactive: interactive(element), heading: /^h[1-6]$/.test(element.localName),
      text: element.matches('input:not([type=password]), textarea') ? '' : ownText(element), src: element.localName === 'img' ? (element.currentSrc || element.src).split(/[?#]/)[0].slice(-200) : '',
      styles: { display: s.display, visibility: s.visibility, opacity: s.opacity, position: s.position, color: s.color, 'background-color': s.backgroundColor, 'font-size': s.fontSize, 'font-weight': s.fontWeight, margin: s.margin, padding: s.padding, border: s.border },
    } });
  }
  const issues = [];
  const add = (type, severity, element, description) => issues.length < 200 && issues.push({ type, severity, description, selector: pathOf(element), bounds: boxOf(element) });
  if (wanted.issues) {
    // On a phone a page that is too wide shrinks the view with it; the width it was laid out for stays.
    const screenWidth = document.documentElement.clientWidth;
    const nameOf = (element) => `${element.localName}${idOf(element) ? `#${idOf(element)}` : ''}`;
    const over = all.filter(({ element }) => { const right = element.getBoundingClientRect().right + scrollX; return right > screenWidth + 5 && getComputedStyle(element).position !== 'fixed'; }).map(({ element }) => element);
    const wide = document.documentElement.scrollWidth > screenWidth + 5;
    if (wide) for (const element of over.filter((one) => !over.includes(one.parentElement)).slice(0, 20)) {
      const beyond = Math.round(element.getBoundingClientRect().right + scrollX - screenWidth);
      add('overflow', beyond > 100 ? 4 : 3, element, `${nameOf(element)} reaches ${beyond} px beyond the screen`);
    }
    const pressed = all.filter(({ element, fact }) => fact.interactive && !element.disabled).slice(0, 400);
    for (let i = 0; i < pressed.length; i += 1) for (let j = i + 1; j < pressed.length; j += 1) {
      const [a, b] = [pressed[i], pressed[j]];
      if (a.element.contains(b.element) || b.element.contains(a.element)) continue;
      const across = Math.min(a.fact.bounds.x + a.fact.bounds.width, b.fact.bounds.x + b.fact.bounds.width) - Math.max(a.fact.bounds.x, b.fact.bounds.x);
      const down = Math.min(a.fact.bounds.y + a.fact.bounds.height, b.fact.bounds.y + b.fact.bounds.height) - Math.max(a.fact.bounds.y, b.fact.bounds.y);
      if (across > 0 && down > 0 && across * down > 4) add('overlap', 4, a.element, `${nameOf(a.element)} and ${nameOf(b.element)} lie over each other`);
    }
    if (wanted.touch) for (const { element, fact } of pressed) {
      const inline = element.localName === 'a' && getComputedStyle(element).display === 'inline' && element.parentElement.textContent.trim().length > element.textContent.trim().length;
      if (!inline && Math.min(fact.bounds.width, fact.bounds.height) < 44) add('touch_target', 3, element, `${nameOf(element)} is ${Math.round(fact.bounds.width)} × ${Math.round(fact.bounds.height)} px; a finger needs 44`);
    }
    for (const { element, fact } of all) {
      const s = getComputedStyle(element);
      const clips = (s.overflowX === 'hidden' || s.overflowX === 'clip') && element.scrollWidth > element.clientWidth + 1;
      if (fact.text && clips && element.clientWidth > 0) add('truncation', 2, element, `The text of ${nameOf(element)} is cut off`);
    }
  }
  const found = (region) => {
    if (typeof region === 'object' && 'width' in region) return [region];
    const selector = typeof region === 'string' ? region : region.selector;
    let list = [];
    try { list = [...document.querySelectorAll(selector)]; } catch { if (typeof region === 'object') return null; }
    if (list.length === 0 && typeof region === 'string') list = all.filter(({ fact }) => fact.text.includes(region)).map(({ element }) => element);
    return list.map(boxOf);
  };
  const unknown = [];
  const boxes = (regions) => regions.flatMap((region) => { const list = found(region); if (list === null) { unknown.push(region.selector); return []; } return list.filter(inFrame); });
  const unmatched = wanted.mask.filter((region) => found(region)?.length === 0).map((region) => region.selector);
  const vitals = { lcp_ms: null, cls: null };
  try {
    const lcp = new PerformanceObserver(() => {});
    lcp.observe({ type: 'largest-contentful-paint', buffered: true });
    const last = lcp.takeRecords().at(-1);
    if (last) vitals.lcp_ms = last.startTime;
    const cls = new PerformanceObserver(() => {});
    cls.observe({ type: 'layout-shift', buffered: true });
    vitals.cls = cls.takeRecords().filter((entry) => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0);
  } catch { /* this browser measures nothing */ }
  return {
    facts: {
      title: document.title, url: location.href, text: (document.body ? document.body.innerText : '').slice(0, 20000), elements: all.map(({ fact }) => fact), issues,
      broken_images: [...document.images].filter((image) => image.complete && image.naturalWidth === 0 && image.src).map((image) => image.src.slice(0, 300)).slice(0, 50), ...vitals,
    },
    ignored: boxes(wanted.ignore), masks: boxes(wanted.mask), unknown, unmatched,
  };
})
