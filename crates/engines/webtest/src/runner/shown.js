((most) => {
  /* What the browser fills in and nobody else should read. */
  const PRIVATE = /^cc-|password|one-time-code/;
  const parts = [document.body?.innerText ?? ''];
  let length = parts[0].length;
  let isPrivate = false;
  const add = (text) => { parts.push(text); length += text.length; };
  function visit(root) {
    for (const element of root.querySelectorAll('*')) {
      if (length > most) return;
      if (element.shadowRoot instanceof ShadowRoot) {
        for (const child of element.shadowRoot.children) add(child.innerText ?? '');
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
  visit(document);
  return { text: parts.join('\n').slice(0, most), private: isPrivate, cut: length > most };
})
