((most) => {
  /* What the browser fills in and nobody else should read. */
  const PRIVATE = /^cc-|password|one-time-code/;
  const parts = [];
  let length = 0;
  let isPrivate = false;
  const add = (text) => { parts.push(text); length += text.length; };
  /* What its style writes beside an element. */
  const beside = (element) => {
    for (const place of ['::before', '::after']) {
      const { content } = getComputedStyle(element, place);
      if (!content || content === 'none' || content === 'normal' || content === '""') continue;
      add(content.replace(/attr\(\s*([\w-]+)[^)]*\)/g, (_, name) => element.getAttribute(name) ?? '').replace(/"/g, ''));
    }
  };
  function visit(root) {
    for (const element of root.querySelectorAll('*')) {
      if (length > most) return;
      beside(element);
      if (element.shadowRoot instanceof ShadowRoot) {
        for (const child of element.shadowRoot.childNodes) add(child.nodeType === Node.TEXT_NODE ? child.data : (child.innerText ?? ''));
        visit(element.shadowRoot);
      }
      const isInput = element instanceof HTMLInputElement;
      if (!isInput && !(element instanceof HTMLTextAreaElement)) continue;
      // What is shown as dots can be read by nobody.
      if (isInput && /^(password|hidden|file|checkbox|radio|range|color)$/.test(element.type)) continue;
      const value = String(element.value ?? '');
      if (value && PRIVATE.test(element.getAttribute('autocomplete') ?? '')) isPrivate = true;
      add(value || element.placeholder);
    }
  }
  add(document.body?.innerText ?? '');
  visit(document);
  return { text: parts.join('\n').slice(0, most), private: isPrivate, cut: length > most };
})
