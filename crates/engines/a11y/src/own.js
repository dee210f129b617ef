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
  // Colours as the screen shows them: red, green, blue and how much of what is behind shines through.
  const brush = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const colour = (css) => { brush.clearRect(0, 0, 1, 1); brush.fillStyle = css; brush.fillRect(0, 0, 1, 1); const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data; return { r, g, b, a: a / 255 }; };
  const over = (front, back) => { const mix = (a, b) => a * front.a + b * (1 - front.a); return { r: mix(front.r, back.r), g: mix(front.g, back.g), b: mix(front.b, back.b), a: 1 }; };
  const light = ({ r, g, b }) => { const part = (c) => { const s = c / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; }; return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const outer = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  // What is behind an element; null where a picture or what is see-through keeps it from being known.
  function behind(element) {
    const layers = [];
    for (let at = element; at; at = outer(at)) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none' || style.opacity !== '1' || style.filter !== 'none' || style.mixBlendMode !== 'normal') return null;
      const here = colour(style.backgroundColor);
      layers.push(here);
      if (here.a === 1) break;
    }
    return layers.reverse().reduce((back, front) => over(front, back), { r: 255, g: 255, b: 255, a: 1 });
  }
  const walk = { order: [], seen: new Set(), plain: [], last: null, steps: 0, trap: null };
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
      const box = at.getBoundingClientRect();
      walk.order.push({ element: at, left: box.left + scrollX, right: box.right + scrollX, top: box.top + scrollY, bottom: box.bottom + scrollY });
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
        order: this.backwards(),
        reached: walk.seen.size,
      };
    },
    // Where the walk goes up, or back in its line, a person may lose the thread; a column beside is begun at its top. Whether the
    // order still makes sense only a person can say.
    backwards() {
      const loose = (element) => { for (let at = element; at; at = outer(at)) if (/^(fixed|sticky)$/.test(getComputedStyle(at).position)) return true; return false; };
      const steps = walk.order.filter(({ element, left, right, top, bottom }) => element.isConnected && right > left && bottom > top && !loose(element));
      const found = [];
      for (const [at, next] of steps.slice(1).map((next, index) => [steps[index], next])) {
        const backward = getComputedStyle(next.element).direction === 'rtl' ? next.left >= at.right : next.right <= at.left;
        const beside = getComputedStyle(next.element).direction === 'rtl' ? next.right <= at.left : next.left >= at.right;
        const above = next.bottom <= at.top;
        const sameLine = Math.min(at.bottom, next.bottom) - Math.max(at.top, next.top) > Math.min(at.bottom - at.top, next.bottom - next.top) / 2;
        if ((above && !beside) || (sameLine && backward)) found.push(nodeOf(next.element, `The Tab key comes here from ${pathOf(at.element)}, ${above ? 'below' : 'behind'} it on the screen: see that the order makes sense.`));
      }
      return found.slice(0, 20);
    },
    // The edge of a field or the field itself must be seen against what is around it; a button with words is known by them.
    edges() {
      const fields = [...document.querySelectorAll('input:not([type=hidden]), select, textarea, [role=checkbox], [role=radio], [role=switch], [role=textbox], [role=combobox]')];
      const wanted = fields.filter((element) => shown(element) && !element.disabled && element.getAttribute('aria-disabled') !== 'true' && !/^(submit|button|reset|image|file|range|color)$/.test(element.type ?? '') && !element.closest('[inert]'));
      const found = { weak: [], unsure: [] };
      for (const element of wanted) {
        const style = getComputedStyle(element);
        const isBox = /^(checkbox|radio)$/.test(element.type ?? '');
        // What the browser paints itself is its own.
        if (isBox && style.appearance !== 'none') continue;
        // What is nothing but its label, such as a box that is drawn beside it, cannot be judged here.
        if (style.opacity === '0' || element.getBoundingClientRect().width < 4) continue;
        const around = outer(element) && behind(outer(element));
        if (!around || style.backgroundImage !== 'none' || style.boxShadow !== 'none' || isBox) { found.unsure.push(nodeOf(element, 'Whether its edge is seen against what is around it cannot be measured.')); continue; }
        const sides = ['Top', 'Right', 'Bottom', 'Left'].filter((side) => style[`border${side}Style`] !== 'none' && parseFloat(style[`border${side}Width`]) >= 1).map((side) => colour(style[`border${side}Color`]));
        const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 ? [colour(style.outlineColor)] : [];
        const painted = Math.max(...[colour(style.backgroundColor), ...sides, ...outline].map((paint) => contrast(over(paint, around), around)));
        // What has no edge of its own may have one drawn around it.
        if (painted < 1.05) found.unsure.push(nodeOf(element, 'It has no edge of its own: see that it is seen against what is around it.'));
        else if (painted < 3) found.weak.push({ ...nodeOf(element, `Its edge and its background have a contrast of ${painted.toFixed(2)} with what is around it; 3 is needed.`), ratio: painted, wanted: 3 });
      }
      return { weak: found.weak.slice(0, 100), unsure: found.unsure.slice(0, 50) };
    },
    // What moves by itself for more than five seconds, or without an end; whether it can be stopped only a person can say.
    motion() {
      const moves = /^(transform|translate|rotate|scale|left|right|top|bottom|margin.*|width|height|offsetDistance|backgroundPosition.*|clipPath|strokeDashoffset)$/;
      const found = new Set();
      for (const animation of document.getAnimations()) {
        const target = animation.effect?.target;
        if (animation.playState !== 'running' || !target || !shown(target) || animation.timeline !== document.timeline) continue;
        const { endTime } = animation.effect.getComputedTiming();
        const names = animation.effect.getKeyframes().flatMap((frame) => Object.keys(frame));
        if (endTime > 5000 && names.some((name) => moves.test(name))) found.add(target);
      }
      return [...found].slice(0, 20).map((element) => nodeOf(element, 'It moves by itself for more than five seconds: see that it can be paused, stopped or hidden, and that it rests for who prefers reduced motion.'));
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
