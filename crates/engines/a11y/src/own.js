(() => {
  // Remembers the element that has the focus and how it looks with it, to be compared with how it looks without.
  const looks = (element) => {
    const s = getComputedStyle(element);
    return [s.outlineStyle === 'none' ? 'none' : `${s.outlineStyle} ${s.outlineWidth} ${s.outlineColor}`, s.boxShadow, s.borderColor, s.borderWidth, s.backgroundColor, s.color, s.textDecorationLine, s.backgroundImage, s.opacity, s.filter].join('|');
  };
  // A form answers `id` and `children` with its control of that name: the attribute and the prototype are asked.
  const idOf = (element) => element.getAttribute('id') ?? '';
  const childrenGetter = Object.getOwnPropertyDescriptor(Element.prototype, 'children').get;
  const childrenOf = (element) => [...childrenGetter.call(element)];
  const pathOf = (element) => {
    if (idOf(element)) return `#${CSS.escape(idOf(element))}`;
    const parts = [];
    for (let at = element; at && at.nodeType === 1 && parts.length < 6; at = at.parentElement) {
      if (idOf(at)) { parts.unshift(`#${CSS.escape(idOf(at))}`); break; }
      const same = at.parentElement ? childrenOf(at.parentElement).filter((child) => child.localName === at.localName) : [];
      parts.unshift(same.length > 1 ? `${at.localName}:nth-of-type(${same.indexOf(at) + 1})` : at.localName);
    }
    return parts.join(' > ');
  };
  const nodeOf = (element, why) => {
    const box = element.getBoundingClientRect();
    return { html: element.outerHTML.slice(0, 500), selector: pathOf(element), why, bounds: { x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height } };
  };
  const active = () => {
    let at = document.activeElement;
    while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
    return at && at !== document.body && at !== document.documentElement ? at : null;
  };
  const shown = (element) => element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }) && element.getClientRects().length > 0;
  const stops = () => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')]
    .filter((element) => element.tabIndex >= 0 && !element.disabled && !element.closest('[inert]') && shown(element) && element.type !== 'radio');
  const walk = { seen: new Set(), plain: [], last: null, order: 0, steps: 0, trap: null };
  const settle = () => {
    if (!walk.last) return;
    const { element, with: focused } = walk.last;
    walk.last = null;
    if (element.isConnected && active() !== element && looks(element) === focused && element.localName !== 'iframe') walk.plain.push(element);
  };
  return {
    begin() {
      // What fades in would be looked at before it is there.
      walk.sheet = new CSSStyleSheet();
      walk.sheet.insertRule('*, *::before, *::after { transition: none !important; }');
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, walk.sheet];
      document.activeElement?.blur?.(); getSelection()?.removeAllRanges();
      return stops().length;
    },
    // Called after each press of Tab; says whether the walk goes on.
    look() {
      walk.steps += 1;
      const at = active();
      const again = at && walk.seen.has(at);
      if (at !== walk.last?.element) settle();
      if (!at) return walk.steps < 3;
      if (again) {
        const left = stops().filter((element) => !walk.seen.has(element) && !at.contains(element));
        if (left.length > 0 && at.localName !== 'iframe') walk.trap = at;
        return false;
      }
      walk.seen.add(at);
      walk.last = { element: at, with: looks(at) };
      return true;
    },
    end() {
      active()?.blur?.();
      settle();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== walk.sheet);
      return {
        trap: walk.trap ? [nodeOf(walk.trap, 'The Tab key never leads away from here, though the page has more that can be reached.')] : [],
        focus: walk.plain.slice(0, 100).map((element) => nodeOf(element, 'Nothing shows that this element has the focus: give it an outline, a border or a shadow in :focus-visible.')),
        reached: walk.seen.size,
      };
    },
    // Both sides must reach 44 CSS pixels; links within a sentence are exempt.
    targets() {
      const small = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, [role=button], [role=link], [role=checkbox], [role=tab]')].filter(shown).filter((element) => {
        const box = element.getBoundingClientRect();
        const inline = element.localName === 'a' && getComputedStyle(element).display === 'inline' && element.parentElement && element.parentElement.textContent.trim().length > element.textContent.trim().length;
        return !inline && Math.min(box.width, box.height) < 44;
      });
      return small.slice(0, 100).map((element) => {
        const box = element.getBoundingClientRect();
        return { ...nodeOf(element, `It is ${Math.round(box.width)} × ${Math.round(box.height)} pixels; 44 × 44 are needed.`), ratio: Math.min(box.width, box.height), wanted: 44 };
      });
    },
    // At 320 CSS pixels nothing but tables, maps, code and media may need to be scrolled sideways.
    reflow() {
      const wide = document.documentElement.scrollWidth;
      if (wide <= document.documentElement.clientWidth + 5) return [];
      const exempt = (element) => element.closest('table, pre, code, svg, canvas, video, iframe, img, [role=grid], [role=table]');
      const over = [...document.querySelectorAll('body *')].filter((element) => shown(element) && !exempt(element) && element.getBoundingClientRect().right + scrollX > document.documentElement.clientWidth + 5);
      const outer = over.filter((element) => !over.includes(element.parentElement)).slice(0, 20);
      return outer.map((element) => nodeOf(element, `On a screen of 320 pixels it reaches to ${Math.round(element.getBoundingClientRect().right + scrollX)} pixels.`));
    },
  };
})()
