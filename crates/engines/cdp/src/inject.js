// Runs in a world of its own beside every document: finds elements, judges whether they can be acted upon, and acts where
// no device is needed. It shares the DOM with the page but no variable, so the page can neither see nor break it.
// Waiting is done here, frame by frame as the browser paints, so that one call answers for the whole wait.
'use strict';
globalThis.argos = (() => {
  const DESCRIBED_MAX = 10;
  const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-cy', 'data-qa'];
  const UNSEEN = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD']);
  const normal = (text) => text.replace(/[\s\u00ad\u200b]+/g, ' ').trim();
  const matches = (text, wanted, exact) =>
    exact ? normal(text) === normal(wanted) : normal(text).toLowerCase().includes(normal(wanted).toLowerCase());
  class Invalid extends Error {}

  // A hidden or throttled frame paints nothing; then a timer keeps the wait going.
  const painted = () =>
    new Promise((done) => {
      const timer = setTimeout(done, 100);
      requestAnimationFrame(() => {
        clearTimeout(timer);
        done();
      });
    });

  // ---- finding ----

  const parentOf = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  // A control's own insides (the picker of a colour field) are nobody's element.
  const isOpen = (element) => {
    const root = element.getRootNode();
    return !root.host || (root.host.shadowRoot === root && isOpen(root.host));
  };
  const isWithin = (node, ancestor) => {
    for (let at = node; at; at = parentOf(at)) if (at === ancestor) return true;
    return false;
  };

  function roots(scope) {
    const found = [scope];
    for (let i = 0; i < found.length; i++) {
      if (found[i].shadowRoot) found.push(found[i].shadowRoot);
      for (const element of found[i].querySelectorAll('*')) if (element.shadowRoot) found.push(element.shadowRoot);
    }
    return [...new Set(found)];
  }

  // The steps between descendant blanks, or null when there is only one or a list.
  function descents(selector) {
    const steps = [''];
    let depth = 0;
    let quote = '';
    for (const c of selector) {
      if (quote) quote = c === quote ? '' : quote;
      else if (c === '"' || c === "'") quote = c;
      else if (c === '(' || c === '[') depth++;
      else if (c === ')' || c === ']') depth--;
      else if (depth === 0 && (c === ',' || c === '\\')) return null;
      if (c === ' ' && depth === 0 && !quote) steps.push('');
      else steps[steps.length - 1] += c;
    }
    const kept = steps.filter(Boolean);
    return kept.length > 1 && !kept.some((step) => /^[>+~]$|^[>+~]|[>+~]$/.test(step)) ? kept : null;
  }

  function css(scope, selector) {
    const places = roots(scope);
    const found = new Set();
    for (const root of places) for (const element of root.querySelectorAll(selector)) found.add(element);
    // A selector may begin outside a shadow root and end inside.
    const steps = places.length > 1 ? descents(selector) : null;
    if (steps) {
      let current = [scope];
      for (const step of steps) current = [...new Set(current.flatMap((at) => roots(at).flatMap((root) => [...root.querySelectorAll(step)])))];
      for (const element of current) found.add(element);
    }
    return [...found];
  }

  function textOf(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE && node.nodeType !== Node.DOCUMENT_FRAGMENT_NODE) return '';
    if (UNSEEN.has(node.nodeName)) return '';
    if (node.nodeName === 'INPUT') return /^(button|submit|reset)$/.test(node.type) ? node.value : '';
    let text = '';
    for (const child of node.shadowRoot?.childNodes ?? []) text += textOf(child);
    for (const child of node.childNodes) text += textOf(child);
    return text;
  }

  // The innermost elements whose text matches.
  function byText(scope, wanted, exact) {
    const found = [];
    const visit = (element) => {
      if (UNSEEN.has(element.nodeName) || !matches(textOf(element), wanted, exact)) {
        // Exact text may be that of a part whose whole says more.
        if (!exact || UNSEEN.has(element.nodeName)) return false;
        return children(element).map(visit).some(Boolean);
      }
      const inner = children(element).map(visit).some(Boolean);
      if (!inner) found.push(element);
      return true;
    };
    const children = (element) => [...(element.shadowRoot?.children ?? []), ...element.children];
    // A document that has only just begun has no root yet.
    for (const element of scope === document ? [document.documentElement].filter(Boolean) : children(scope)) visit(element);
    return found;
  }

  function byLabel(scope, wanted, exact) {
    const found = new Set();
    for (const root of roots(scope)) {
      for (const element of root.querySelectorAll('input, textarea, select, button, meter, output, progress, [aria-label], [aria-labelledby]')) {
        const referenced = (element.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean);
        const labels = [
          ...[...(element.labels ?? [])].map(textOf),
          element.getAttribute('aria-label') ?? '',
          referenced.map((id) => textOf(element.getRootNode().getElementById?.(id) ?? document.createTextNode(''))).join(' '),
        ];
        if (labels.some((label) => normal(label) && matches(label, wanted, exact))) found.add(element);
      }
    }
    return [...found];
  }

  function byAttribute(scope, names, wanted, exact) {
    const selector = names.map((name) => `[${name}]`).join(',');
    return css(scope, selector).filter((element) =>
      names.some((name) => {
        const value = element.getAttribute(name);
        return value !== null && (exact ? value === wanted : matches(value, wanted, false));
      }),
    );
  }

  function byXpath(scope, expression) {
    const inner = scope !== document && expression.startsWith('/') ? '.' + expression : expression;
    const result = document.evaluate(inner, scope, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE);
    const found = [];
    for (let i = 0; i < result.snapshotLength; i++) if (result.snapshotItem(i).nodeType === Node.ELEMENT_NODE) found.push(result.snapshotItem(i));
    return found;
  }

  function bare(scope, word) {
    let found = [];
    try {
      found = css(scope, word);
    } catch {
      // Not a selector: it is an id for tests or a text.
    }
    if (!found.length) found = byAttribute(scope, TEST_IDS, word, true);
    return found.length ? found : byText(scope, word, false);
  }

  function step(scopes, part) {
    const each = (find) => {
      const found = [...new Set(scopes.flatMap(find))];
      if (scopes.length > 1) found.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
      return found;
    };
    switch (part.kind) {
      case 'css':
        return each((scope) => css(scope, part.value));
      case 'bare':
        return each((scope) => bare(scope, part.value));
      case 'xpath':
        return each((scope) => byXpath(scope, part.value));
      case 'text':
        return each((scope) => byText(scope, part.value, part.exact));
      case 'label':
        return each((scope) => byLabel(scope, part.value, part.exact));
      case 'attribute':
        return each((scope) => byAttribute(scope, part.names, part.value, part.exact));
      case 'has_text':
        return scopes.filter((element) => matches(textOf(element), part.value, false));
      case 'visible':
        return scopes.filter(isVisible);
      case 'nth': {
        const element = scopes.at(part.index);
        return element ? [element] : [];
      }
      default:
        throw new Invalid(`no such selector: ${part.kind}`);
    }
  }

  function find(parts, scopes) {
    try {
      return parts.reduce(step, Array.isArray(scopes) ? scopes : [document]);
    } catch (error) {
      if (error instanceof DOMException) throw new Invalid(error.message.replace(/^Failed to execute '\w+' on '\w+': /, ''));
      throw error;
    }
  }

  // Elements that were named from outside, those inside the scopes.
  const among = (found, scopes) =>
    found.filter((element) => element.nodeType === Node.ELEMENT_NODE && isOpen(element) && scopes.some((scope) => scope === document || (scope !== element && isWithin(element, scope))));

  // ---- judging ----

  function isVisible(element) {
    if (!element.checkVisibility({ visibilityProperty: true })) {
      // An element without a box of its own is as visible as what is in it.
      if (element.isConnected && getComputedStyle(element).display === 'contents') return [...element.children].some(isVisible);
      return false;
    }
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }

  function isEnabled(element) {
    for (let at = element; at; at = parentOf(at)) {
      if (at.matches(':disabled') && (at === element || at.matches('button, select, fieldset, optgroup'))) return at.matches('fieldset') ? !element.matches(':disabled') : false;
      if (at.getAttribute('aria-disabled') === 'true') return false;
    }
    return true;
  }

  function isEditable(element) {
    if (!isEnabled(element)) return false;
    if (element.matches('input, textarea')) return !element.readOnly && element.getAttribute('aria-readonly') !== 'true';
    return element.matches('select') || element.isContentEditable;
  }

  function isChecked(element) {
    if (element.matches('input[type=checkbox], input[type=radio]')) return element.checked;
    const state = element.getAttribute('aria-checked') ?? element.getAttribute('aria-pressed');
    return state === null ? null : state === 'true';
  }

  function describe(element) {
    const attributes = ['id', 'class', 'name', 'type', 'role', 'aria-label', 'data-testid', 'href']
      .map((name) => [name, element.getAttribute(name)])
      .filter(([, value]) => value)
      .map(([name, value]) => ` ${name}="${value.slice(0, 40)}"`)
      .join('');
    const text = normal(textOf(element)).slice(0, 40);
    return `<${element.localName}${attributes}>${text}`;
  }

  function hitAt(x, y) {
    let root = document;
    let hit = null;
    for (;;) {
      const next = root.elementFromPoint(x, y);
      if (!next || next === hit) return hit;
      hit = next;
      if (!hit.shadowRoot) return hit;
      root = hit.shadowRoot;
    }
  }

  // Whether an event at `hit` reaches the element: it is inside, or it is its label.
  function reaches(hit, element) {
    if (isWithin(hit, element)) return true;
    for (let at = hit; at; at = parentOf(at)) if (at.localName === 'label' && at.control === element) return true;
    return element.localName === 'label' && hit !== null && element.control === hit;
  }

  function pointOf(element, position) {
    const box = element.getBoundingClientRect();
    if (position) return { x: box.left + element.clientLeft + position.x, y: box.top + element.clientTop + position.y };
    // The middle of the first piece that is in view: a link over two lines has nothing in the middle of its box.
    for (const piece of element.getClientRects()) {
      const left = Math.max(piece.left, 0);
      const right = Math.min(piece.right, innerWidth);
      const top = Math.max(piece.top, 0);
      const bottom = Math.min(piece.bottom, innerHeight);
      if (right - left > 0.5 && bottom - top > 0.5) return { x: (left + right) / 2, y: (top + bottom) / 2 };
    }
    return null;
  }

  const ALIGNMENTS = ['center', 'end', 'start', 'nearest'];

  // What is missing for the action, or where it may happen.
  function judge(element, spec, memory) {
    const need = spec.need;
    if (!element.isConnected) return { why: 'is detached' };
    if (need.visible && !isVisible(element)) return { why: 'is not visible' };
    if (need.enabled && !isEnabled(element)) return { why: 'is not enabled' };
    if (need.editable && !isEditable(element)) return { why: 'is not editable' };
    if (spec.scroll && memory.scrolled !== element) {
      element.scrollIntoViewIfNeeded(true);
      memory.scrolled = element;
    }
    if (need.stable) {
      const { x, y, width, height } = element.getBoundingClientRect();
      const box = [x, y, width, height].join();
      const same = memory.box === box && memory.boxed === element;
      memory.box = box;
      memory.boxed = element;
      if (!same) return { why: 'is moving', soon: true };
    }
    if (!spec.point) return { ok: true };
    const point = pointOf(element, spec.position);
    if (!point || point.x < 0 || point.y < 0 || point.x >= innerWidth || point.y >= innerHeight) {
      element.scrollIntoView({ block: ALIGNMENTS[memory.tries++ % 4], inline: 'center', behavior: 'instant' });
      return { why: 'is out of view' };
    }
    if (need.hit) {
      const hit = hitAt(point.x, point.y);
      if (!hit || !reaches(hit, element)) {
        // A bar that stays in place may cover it here but not there.
        if (spec.scroll && memory.tries < 8) element.scrollIntoView({ block: ALIGNMENTS[memory.tries++ % 4], inline: 'nearest', behavior: 'instant' });
        return { why: hit ? `is covered by ${describe(hit)}` : 'is out of view' };
      }
    }
    return { ok: true, point };
  }

  // ---- acting ----

  const tell = (element, ...names) => {
    for (const name of names) element.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
  };
  const fieldOf = (element) => (element.localName === 'label' && element.control ? element.control : element);

  function fill(target, { value }) {
    const element = fieldOf(target);
    const type = element.localName === 'input' ? element.type : '';
    if (/^(checkbox|radio|file|button|submit|reset|image|hidden)$/.test(type)) throw new Invalid(`an input of type ${type} cannot be filled`);
    element.focus({ preventScroll: true });
    if (/^(color|date|time|datetime-local|month|range|week)$/.test(type)) {
      const before = element.value;
      element.value = value;
      if (element.value !== value.trim() && element.value.toLowerCase() !== value.trim().toLowerCase()) {
        element.value = before;
        throw new Invalid(`an input of type ${type} does not take ${JSON.stringify(value)}`);
      }
      tell(element, 'input', 'change');
      return;
    }
    if (type === 'number' && value !== '' && !Number.isFinite(Number(value))) throw new Invalid(`an input of type number does not take ${JSON.stringify(value)}`);
    if (element.matches('input, textarea')) element.select();
    else if (element.isContentEditable) getSelection().selectAllChildren(element);
    else throw new Invalid(`${describe(element)} cannot be filled`);
    const empty = element.matches('input, textarea') ? element.value === '' : element.textContent === '';
    if (value === '') {
      if (!empty) document.execCommand('delete');
    } else if (!document.execCommand('insertText', false, value)) {
      if (element.isContentEditable) element.textContent = value;
      else element.value = value;
      tell(element, 'input');
    }
  }

  // Chooses options by value, label or `index=n`; what is missing may still come.
  function choose(target, { values }) {
    const element = fieldOf(target);
    if (element.localName !== 'select') throw new Invalid(`${describe(element)} is no list to choose from`);
    const options = [...element.options];
    const chosen = values.map((value) => {
      const index = /^index=(\d+)$/.exec(value);
      return (
        options.find((option) => option.value === value) ??
        options.find((option) => normal(option.label) === normal(value)) ??
        (index ? options[Number(index[1])] : undefined)
      );
    });
    const missing = chosen.findIndex((option) => !option || option.matches(':disabled'));
    if (missing >= 0) return { why: `has no option ${JSON.stringify(values[missing])}` };
    if (!element.multiple && chosen.length > 1) throw new Invalid('this list takes one option');
    element.focus({ preventScroll: true });
    for (const option of options) option.selected = chosen.includes(option);
    tell(element, 'input', 'change');
    return { value: chosen.map((option) => option.value) };
  }

  function read(element, { what, of }) {
    switch (what) {
      case 'text':
        return element.innerText ?? element.textContent;
      case 'value':
        return element.localName === 'select' && element.multiple ? [...element.selectedOptions].map((o) => o.value) : (fieldOf(element).value ?? null);
      case 'attribute':
        return element.getAttribute(of);
      case 'style':
        return getComputedStyle(element).getPropertyValue(of);
      case 'html':
        return element.outerHTML;
      case 'box': {
        const { x, y, width, height } = element.getBoundingClientRect();
        return { x: x + scrollX, y: y + scrollY, width, height };
      }
      case 'state':
        return {
          visible: isVisible(element),
          enabled: isEnabled(element),
          editable: isEditable(element),
          checked: isChecked(fieldOf(element)),
          focused: element.getRootNode().activeElement === element,
          describe: describe(element),
        };
      default:
        throw new Invalid(`no such reading: ${what}`);
    }
  }

  function clearFiles(target) {
    const element = fieldOf(target);
    if (element.type !== 'file') throw new Invalid(`${describe(element)} takes no files`);
    element.files = new DataTransfer().files;
    tell(element, 'input', 'change');
  }

  const OPERATIONS = {
    clear_files: (element) => void clearFiles(element),
    fill: (element, op) => void fill(element, op),
    choose,
    read: (element, op) => ({ value: read(element, op) }),
    focus: (element) => void fieldOf(element).focus(),
    blur: (element) => void fieldOf(element).blur(),
    select_text: (element) => void (element.select ? element.select() : getSelection().selectAllChildren(element)),
    scroll_by: (element, { x, y }) => void element.scrollBy({ left: x, top: y, behavior: 'instant' }),
    arm: (element) => void arm(element),
  };

  // ---- waiting ----

  // One element that the action may happen to, and the operation done on it.
  async function act(spec, targets) {
    const end = performance.now() + spec.timeout;
    const memory = { tries: 0 };
    let why = null;
    try {
      for (;;) {
        const found = find(spec.parts, targets);
        if (Array.isArray(targets) && targets.some((element) => !element.isConnected)) return { reason: 'detached' };
        if (found.length > 1 && spec.strict) return { reason: 'ambiguous', count: found.length, candidates: found.slice(0, DESCRIBED_MAX).map(describe) };
        const element = found.length > 1 ? (found.find(isVisible) ?? found[0]) : found[0];
        let judged = {};
        if (element) {
          judged = judge(element, spec, memory);
          if (judged.ok) {
            const done = spec.op ? (OPERATIONS[spec.op.name](element, spec.op) ?? {}) : {};
            if (!done.why) return { ok: true, point: judged.point ?? null, value: done.value ?? null, ambiguous: found.length > 1 ? found.length : null };
            judged = done;
          }
          // Moving for one frame is how every wait begins; it says nothing.
          if (!judged.soon || why === null) why = judged.why;
        } else {
          why = null;
        }
        if (performance.now() >= end) return { reason: 'timeout', why };
        await painted();
      }
    } catch (error) {
      if (error instanceof Invalid) return { reason: 'invalid', why: error.message };
      throw error;
    }
  }

  function stateHolds(found, state) {
    switch (state) {
      case 'attached':
        return found.length > 0;
      case 'detached':
        return found.length === 0;
      case 'visible':
        return found.some(isVisible);
      default:
        return !found.some(isVisible);
    }
  }

  async function wait({ parts, state, timeout, strict }, targets) {
    const end = performance.now() + timeout;
    try {
      for (;;) {
        const found = find(parts, targets);
        if (found.length > 1 && strict) return { reason: 'ambiguous', count: found.length, candidates: found.slice(0, DESCRIBED_MAX).map(describe) };
        if (stateHolds(found, state)) return { ok: true };
        if (performance.now() >= end) return { reason: 'timeout', why: found.length ? `is not ${state}` : null };
        await painted();
      }
    } catch (error) {
      if (error instanceof Invalid) return { reason: 'invalid', why: error.message };
      throw error;
    }
  }

  // Reads all that match, now.
  function readAll({ parts, op }, targets) {
    try {
      return { ok: true, value: find(parts, targets).map((element) => read(element, op)) };
    } catch (error) {
      if (error instanceof Invalid) return { reason: 'invalid', why: error.message };
      throw error;
    }
  }

  // The next change of the document, for those who look from outside.
  const changed = ({ timeout }) =>
    new Promise((done) => {
      const observer = new MutationObserver(() => end());
      const timer = setTimeout(() => end(), timeout);
      const end = () => {
        observer.disconnect();
        clearTimeout(timer);
        done(true);
      };
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });

  // ---- making sure that an event arrives where it was meant ----

  const ARMED_MS_MAX = 15000;
  let armed = null;
  const EVENTS = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'auxclick', 'dblclick', 'contextmenu'];

  // Whatever moved between the judgement and the event: an event that arrives elsewhere is stopped, and may be tried again.
  function arm(element) {
    disarm();
    const state = { missed: null, element };
    state.listener = (event) => {
      if (!event.isTrusted) return;
      const hit = event.composedPath()[0];
      if (state.decided === undefined) state.decided = hit instanceof Node && !reaches(hit, element) ? describe(hit) : null;
      if (state.decided === null) return;
      state.missed = state.decided;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    for (const name of EVENTS) addEventListener(name, state.listener, { capture: true });
    armed = state;
    // Whoever armed it may have given up; what follows is not judged by it.
    setTimeout(() => armed === state && disarm(), ARMED_MS_MAX);
  }

  function disarm() {
    if (!armed) return { missed: null };
    for (const name of EVENTS) removeEventListener(name, armed.listener, { capture: true });
    const { missed } = armed;
    armed = null;
    return { missed };
  }

  // Where a point of a frame's view is in the view of the document around it.
  function around({ x, y, hit }, frame) {
    frame.scrollIntoViewIfNeeded(true);
    const box = frame.getBoundingClientRect();
    const style = getComputedStyle(frame);
    const scale = frame.offsetWidth ? box.width / frame.offsetWidth : 1;
    const point = {
      x: box.left + (frame.clientLeft + parseFloat(style.paddingLeft) + x) * scale,
      y: box.top + (frame.clientTop + parseFloat(style.paddingTop) + y) * scale,
    };
    const over = hit ? hitAt(point.x, point.y) : frame;
    return { point, why: over && isWithin(over, frame) ? null : over ? `is covered by ${describe(over)}` : 'is out of view' };
  }

  // Whether the page began to drag by itself since this was asked for.
  let drag = null;
  function watchDrag() {
    const state = { event: null };
    addEventListener('dragstart', (event) => (state.event = event), { capture: true, once: true });
    drag = state;
    return true;
  }
  const isDragging = () => Boolean(drag?.event && !drag.event.defaultPrevented);

  return { act, wait, readAll, changed, disarm, around, find, among, watchDrag, isDragging };
})();
