// Runs in a world of its own beside every document: finds elements, judges whether they can be acted upon, and acts where
// no device is needed. It shares the DOM with the page but no variable, so the page can neither see nor break it.
// Waiting is done here, frame by frame as the browser paints, so that one call answers for the whole wait.
'use strict';
globalThis.argos = (() => {
  const DESCRIBED_MAX = 10;
  const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-cy', 'data-qa'];
  const UNSEEN = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD']);
  // A form answers `children` with its control of that name; a shadow root and a document have no such.
  const CHILDREN = Object.getOwnPropertyDescriptor(Element.prototype, 'children').get;
  const childrenOf = (node) => (node instanceof HTMLFormElement ? CHILDREN.call(node) : node.children);
  const normal = (text) => text.replace(/[\s\u00ad\u200b]+/g, ' ').trim();
  const matches = (text, wanted, exact) =>
    exact ? normal(text) === normal(wanted) : normal(text).toLowerCase().includes(normal(wanted).toLowerCase());
  class Invalid extends Error {}

  // A hidden or throttled frame paints nothing; then a timer keeps the wait going.
  let isPainted = true;
  const painted = () =>
    new Promise((done) => {
      const end = (painting) => {
        isPainted = painting;
        done();
      };
      const timer = setTimeout(() => end(false), 100);
      requestAnimationFrame(() => {
        clearTimeout(timer);
        end(true);
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
    const children = (element) => [...(element.shadowRoot?.children ?? []), ...childrenOf(element)];
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

