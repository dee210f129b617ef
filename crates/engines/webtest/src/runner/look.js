(() => {
  const normal = (text) => (text ?? '').replace(/\s+/g, ' ').trim().slice(0, 200) || null;
  const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-cy', 'data-qa'];
  const ROLES = { a: 'link', button: 'button', select: 'combobox', textarea: 'textbox', img: 'img', h1: 'heading', h2: 'heading', h3: 'heading', h4: 'heading' };
  const INPUTS = { checkbox: 'checkbox', radio: 'radio', range: 'slider', number: 'spinbutton', search: 'searchbox', button: 'button', submit: 'button', reset: 'button', image: 'button' };
  const roleOf = (element) => element.getAttribute('role') ?? (element.localName === 'input' ? (INPUTS[element.type] ?? 'textbox') : (ROLES[element.localName] ?? null));
  function nameOf(element) {
    const by = (element.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.textContent);
    const label = by.join(' ') || element.getAttribute('aria-label') || [...(element.labels ?? [])].map((l) => l.textContent).join(' ');
    const own = /^(a|button|h\d|option|summary|label)$/.test(element.localName) || element.hasAttribute('role') ? element.textContent : null;
    const value = element.localName === 'input' && /^(button|submit|reset)$/.test(element.type) ? element.value : null;
    return normal(label || value || own || element.getAttribute('alt') || element.getAttribute('title') || element.getAttribute('placeholder'));
  }
  // A form answers `id` and `children` with its control of that name: the attribute and the prototype are asked.
  const idOf = (element) => element.getAttribute('id') || null;
  const childrenGetter = Object.getOwnPropertyDescriptor(Element.prototype, 'children').get;
  function path(element, toId) {
    let way = '';
    for (let at = element; at && at.nodeType === Node.ELEMENT_NODE; at = at.parentElement) {
      if (toId && at !== element && idOf(at)) return `//*[@id="${idOf(at)}"]${way}`;
      const same = at.parentElement ? [...childrenGetter.call(at.parentElement)].filter((other) => other.localName === at.localName) : [at];
      way = `/${at.localName}${same.length > 1 ? `[${same.indexOf(at) + 1}]` : ''}${way}`;
    }
    return way;
  }
  function of(element) {
    const attribute = (name) => element.getAttribute(name) || null;
    const box = element.getBoundingClientRect();
    const beside = [element.previousElementSibling, element.nextElementSibling, element.parentElement?.previousElementSibling];
    return {
      tag: element.localName,
      id: idOf(element),
      name: attribute('name'),
      type: attribute('type'),
      role: roleOf(element),
      testid: TEST_IDS.map(attribute).find(Boolean) ?? null,
      class: attribute('class'),
      accessible_name: nameOf(element),
      text: element.localName === 'input' || element.localName === 'select' ? null : normal(element.innerText ?? element.textContent),
      neighbour_text: normal(beside.map((other) => other?.textContent ?? '').join(' ')),
      placeholder: attribute('placeholder'),
      href: attribute('href'),
      alt: attribute('alt'),
      title: attribute('title'),
      xpath: path(element, false),
      id_xpath: path(element, true),
      is_button: roleOf(element) === 'button',
      location: [box.x + scrollX + box.width / 2, box.y + scrollY + box.height / 2],
      width: box.width,
      height: box.height,
    };
  }
  const VISIBLE = { checkOpacity: false, checkVisibilityCSS: true };
  const USED = 'a[href],button,input:not([type=hidden]),select,textarea,summary,label,option,[role],[onclick],[tabindex],[contenteditable],[data-testid],[data-test],[data-cy],h1,h2,h3,h4,li,td,th,p,span,div,img';
  // What matches and is seen, in the order of the page, through open shadow roots; `take` makes of each what is told, or nothing.
  function visible(selector, most, take) {
    const found = [];
    const visit = (root) => {
      for (const element of root.querySelectorAll('*')) {
        if (found.length >= most) return;
        if (element.shadowRoot) visit(element.shadowRoot);
        if (!element.matches(selector) || !element.checkVisibility(VISIBLE)) continue;
        const box = element.getBoundingClientRect();
        const taken = box.width > 0 && box.height > 0 ? take(element) : null;
        if (taken) found.push(taken);
      }
    };
    visit(document);
    return found;
  }
  // A box around others is nothing a person could mean, unless it is used itself.
  const isBox = (element) => /^(div|span|p|li|td|th)$/.test(element.localName) && !element.matches('[role],[onclick],[tabindex],[data-testid]') && element.childElementCount > 0;
  const all = (most) => visible(USED, most, (element) => (isBox(element) ? null : of(element)));
  return { of, all, visible, nameOf, roleOf, normal, TEST_IDS };
})()
