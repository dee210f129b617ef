(() => {
  const LINKS_MAX = 400, ELEMENTS_MAX = 300, WAYS_MAX = 3000;
  const VISIBLE = { checkOpacity: false, checkVisibilityCSS: true };
  const look = LOOK;
  const { normal } = look;
  const seen = { url: location.href, title: normal(document.title) ?? '', links: [], elements: [], forms: [], skeleton: [], headings: [] };
  seen.description = normal(document.querySelector('meta[name="description" i]')?.content);
  seen.canonical = document.querySelector('link[rel="canonical"]')?.href ?? null;
  const shown = (element) => element.checkVisibility(VISIBLE) && element.getClientRects().length > 0;
  // What is in a frame leads elsewhere only within it.
  const inHeader = (element) => element.ownerDocument === document && element.closest('header,nav,[role=navigation],[role=banner]') !== null;
  const innerOf = (frame) => { try { return frame.contentDocument?.body ? frame.contentDocument : null; } catch { return null; /* another site's */ } };
  // The document, its open shadow roots, and the documents of frames of the same site that are seen, with the frames on the way.
  const roots = [];
  (function enter(root, frames, left, top) {
    if (roots.length >= 200 || frames.length > 5) return;
    roots.push({ root, frames, left, top });
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) enter(element.shadowRoot, frames, left, top);
      const inner = /^i?frame$/.test(element.localName) && shown(element) ? innerOf(element) : null;
      if (!inner) continue;
      const box = element.getBoundingClientRect();
      enter(inner, [...frames, element], left + box.x + element.clientLeft, top + box.y + element.clientTop);
    }
  })(document, [], 0, 0);
  const every = (selector, among = roots) => among.flatMap(({ root }) => [...root.querySelectorAll(selector)]);
  const own = roots.filter(({ frames }) => frames.length === 0);
  // A form answers its own members with its controls of that name.
  const ACTION = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'action').get;
  const CHILDREN = Object.getOwnPropertyDescriptor(Element.prototype, 'children').get;
  // Those of the document keep their numbers when a shadow root or a frame comes.
  const placed = roots.flatMap(({ root, frames }) => [...root.querySelectorAll('form')].map((form) => ({ form, frames }))).slice(0, 50);
  const forms = placed.map(({ form }) => form);
  for (const { form, frames } of placed) {
    const method = (form.getAttribute('method') ?? '').toLowerCase();
    // Without an address and a method a script takes the form; what it does cannot be known.
    const plain = form.hasAttribute('action') || form.hasAttribute('method');
    const heading = form.querySelector('legend,h1,h2,h3') ?? form.closest('section,article,main,dialog')?.querySelector('h1,h2,h3');
    // What a form in a frame leads to is shown in the frame, unless it says otherwise.
    const framed = frames.length > 0 && !/^_top$/i.test(form.getAttribute('target') ?? '');
    seen.forms.push({ method: method || 'get', framed, action: plain && !framed ? ACTION.call(form) : null, name: normal(form.getAttribute('name') ?? form.getAttribute('id')), title: normal(form.getAttribute('aria-label') ?? heading?.textContent) });
  }
  const USED = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button],[role=link],[role=tab],[role=menuitem],[role=checkbox],[role=switch],[onclick],[contenteditable=""],[contenteditable=true]';
  const kindOf = (element, role) => element.localName === 'a' || role === 'link' ? 'link' : element.localName === 'button' || role === 'button' || (element.localName === 'input' && /^(submit|button|image|reset)$/.test(element.type)) ? 'button' : /^(input|select|textarea)$/.test(element.localName) ? 'field' : 'item';
  const flag = (element, name) => (element.hasAttribute(name) ? element.getAttribute(name) === 'true' : null);
  function take(element, { frames, left, top }) {
    const fingerprint = look.of(element);
    const box = element.getBoundingClientRect();
    const place = element.form ? forms.indexOf(element.form) : -1;
    const submit = (element.localName === 'button' && (element.type === 'submit' || !element.type)) || (element.localName === 'input' && /^(submit|image)$/.test(element.type));
    seen.elements.push({
      fingerprint,
      kind: kindOf(element, fingerprint.role),
      label: fingerprint.accessible_name,
      frames: frames.map(look.of),
      bounds: [box.x + left + scrollX, box.y + top + scrollY, box.width, box.height],
      autocomplete: element.getAttribute('autocomplete'),
      href: element.localName === 'a' ? element.href : null,
      form: place >= 0 ? place : null,
      in_header: inHeader(element),
      required: element.required === true || element.getAttribute('aria-required') === 'true',
      disabled: element.disabled === true || element.getAttribute('aria-disabled') === 'true',
      readonly: element.readOnly === true,
      submits: submit && Boolean(element.form),
      has_popup: element.hasAttribute('aria-haspopup') && element.getAttribute('aria-haspopup') !== 'false',
      expanded: flag(element, 'aria-expanded'),
      checked: typeof element.checked === 'boolean' ? element.checked : null,
      min: element.getAttribute('min'),
      max: element.getAttribute('max'),
      max_length: element.maxLength > 0 ? element.maxLength : null,
      options: element.localName === 'select' ? [...element.options].filter((o) => !o.disabled).slice(0, 20).map((o) => o.value) : [],
    });
  }
  const ways = new Set();
  function visit(root, way, depth, where) {
    for (const element of root.localName === 'form' ? CHILDREN.call(root) : root.children) {
      const here = `${way}>${element.localName}`;
      if (where.frames.length === 0 && ways.size < WAYS_MAX && depth < 14 && !/^(script|style|br|wbr|noscript|template)$/.test(element.localName)) ways.add(here);
      if (element.localName === 'a' && element.href && seen.links.length < LINKS_MAX) seen.links.push({ href: element.href, text: normal(element.textContent) ?? element.getAttribute('aria-label') ?? '', in_header: inHeader(element), download: element.hasAttribute('download'), visible: shown(element) });
      if (element.matches(USED) && shown(element) && seen.elements.length < ELEMENTS_MAX) take(element, where);
      if (/^i?frame$/.test(element.localName)) {
        const inner = innerOf(element);
        const there = inner && roots.find(({ root }) => root === inner);
        if (there) visit(inner.body, here, 0, there);
        else for (const link of inner?.links ?? []) if (seen.links.length < LINKS_MAX) seen.links.push({ href: link.href, text: normal(link.textContent) ?? '', in_header: false, download: link.hasAttribute('download'), visible: true });
      }
      if (depth < 60) visit(element, here, depth + 1, where);
      if (element.shadowRoot) visit(element.shadowRoot, `${here}>#`, depth + 1, where);
    }
  }
  if (document.body) visit(document.body, 'body', 0, roots[0]);
  seen.skeleton = [...ways];
  seen.headings = every('h1,h2,[role=heading]', own).filter(shown).slice(0, 12).map((h) => normal(h.textContent)).filter(Boolean);
  seen.password_fields = every('input[type=password]').filter(shown).length;
  seen.search_fields = every('input[type=search],[role=search] input,input[name=q],input[name=query]').filter(shown).length;
  seen.has_table = every('table', own).some((table) => table.rows.length >= 3);
  const alike = new Map();
  for (const item of every('article,li,[class*=card],[class*=item],[role=listitem]', own)) {
    if (inHeader(item) || !shown(item)) continue;
    const parent = item.parentNode;
    if (!alike.has(parent)) alike.set(parent, new Map());
    const of = alike.get(parent);
    of.set(item.localName, (of.get(item.localName) ?? 0) + 1);
  }
  seen.cards = Math.max(0, ...[...alike.values()].flatMap((of) => [...of.values()]));
  return seen;
})()
