(() => {
  const LINKS_MAX = 400, ELEMENTS_MAX = 300, WAYS_MAX = 3000;
  const VISIBLE = { checkOpacity: false, checkVisibilityCSS: true };
  const look = LOOK;
  const { normal } = look;
  const seen = { url: location.href, title: normal(document.title) ?? '', links: [], elements: [], forms: [], skeleton: [], headings: [] };
  seen.description = normal(document.querySelector('meta[name="description" i]')?.content);
  seen.canonical = document.querySelector('link[rel="canonical"]')?.href ?? null;
  const shown = (element) => element.checkVisibility(VISIBLE) && element.getClientRects().length > 0;
  const inHeader = (element) => element.closest('header,nav,[role=navigation],[role=banner]') !== null;
  // A form answers its own members with its controls of that name.
  const ACTION = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'action').get;
  const CHILDREN = Object.getOwnPropertyDescriptor(Element.prototype, 'children').get;
  const forms = [...document.forms].slice(0, 50);
  for (const form of forms) {
    const method = (form.getAttribute('method') ?? '').toLowerCase();
    // Without an address and a method a script takes the form; what it does cannot be known.
    const plain = form.hasAttribute('action') || form.hasAttribute('method');
    const heading = form.querySelector('legend,h1,h2,h3') ?? form.closest('section,article,main,dialog')?.querySelector('h1,h2,h3');
    seen.forms.push({ method: method || 'get', action: plain ? ACTION.call(form) : null, name: normal(form.getAttribute('name') ?? form.getAttribute('id')), title: normal(form.getAttribute('aria-label') ?? heading?.textContent) });
  }
  const USED = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button],[role=link],[role=tab],[role=menuitem],[role=checkbox],[role=switch],[onclick],[contenteditable=""],[contenteditable=true]';
  const kindOf = (element, role) => element.localName === 'a' || role === 'link' ? 'link' : element.localName === 'button' || role === 'button' || (element.localName === 'input' && /^(submit|button|image|reset)$/.test(element.type)) ? 'button' : /^(input|select|textarea)$/.test(element.localName) ? 'field' : 'item';
  const flag = (element, name) => (element.hasAttribute(name) ? element.getAttribute(name) === 'true' : null);
  function take(element) {
    const fingerprint = look.of(element);
    const box = element.getBoundingClientRect();
    const own = element.form && forms.indexOf(element.form);
    const submit = (element.localName === 'button' && (element.type === 'submit' || !element.type)) || (element.localName === 'input' && /^(submit|image)$/.test(element.type));
    seen.elements.push({
      fingerprint,
      kind: kindOf(element, fingerprint.role),
      label: fingerprint.accessible_name,
      bounds: [box.x + scrollX, box.y + scrollY, box.width, box.height],
      autocomplete: element.getAttribute('autocomplete'),
      href: element.localName === 'a' ? element.href : null,
      form: typeof own === 'number' && own >= 0 ? own : null,
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
  function visit(root, way, depth) {
    for (const element of root.localName === 'form' ? CHILDREN.call(root) : root.children) {
      const here = `${way}>${element.localName}`;
      if (ways.size < WAYS_MAX && depth < 14 && !/^(script|style|br|wbr|noscript|template)$/.test(element.localName)) ways.add(here);
      if (element.localName === 'a' && element.href && seen.links.length < LINKS_MAX) seen.links.push({ href: element.href, text: normal(element.textContent) ?? element.getAttribute('aria-label') ?? '', in_header: inHeader(element), download: element.hasAttribute('download'), visible: shown(element) });
      if (element.matches(USED) && shown(element) && seen.elements.length < ELEMENTS_MAX) take(element);
      if (element.localName === 'iframe') {
        let inner = null;
        try { inner = element.contentDocument; } catch { inner = null; }
        for (const link of inner?.links ?? []) if (seen.links.length < LINKS_MAX) seen.links.push({ href: link.href, text: normal(link.textContent) ?? '', in_header: false, download: link.hasAttribute('download'), visible: true });
      }
      if (depth < 60) visit(element, here, depth + 1);
      if (element.shadowRoot) visit(element.shadowRoot, `${here}>#`, depth + 1);
    }
  }
  if (document.body) visit(document.body, 'body', 0);
  seen.skeleton = [...ways];
  seen.headings = [...document.querySelectorAll('h1,h2,[role=heading]')].filter(shown).slice(0, 12).map((h) => normal(h.textContent)).filter(Boolean);
  seen.password_fields = [...document.querySelectorAll('input[type=password]')].filter(shown).length;
  seen.search_fields = [...document.querySelectorAll('input[type=search],[role=search] input,input[name=q],input[name=query]')].filter(shown).length;
  seen.has_table = [...document.querySelectorAll('table')].some((table) => table.rows.length >= 3);
  const alike = new Map();
  for (const item of document.querySelectorAll('article,li,[class*=card],[class*=item],[role=listitem]')) {
    if (inHeader(item) || !shown(item)) continue;
    const parent = item.parentElement;
    if (!alike.has(parent)) alike.set(parent, new Map());
    const of = alike.get(parent);
    of.set(item.localName, (of.get(item.localName) ?? 0) + 1);
  }
  seen.cards = Math.max(0, ...[...alike.values()].flatMap((of) => [...of.values()]));
  return seen;
})()
