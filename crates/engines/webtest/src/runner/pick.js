((look) => {
  const USED = 'a[href],button,input:not([type=hidden]),select,textarea,summary,option,[role=button],[role=link],[role=tab],[role=menuitem],[role=checkbox],[role=radio],[role=switch],[role=option],[role=combobox],[role=textbox],[onclick],[contenteditable=""],[contenteditable=true]';
  const SECRET = /password|^cc-/;
  // A form answers with its controls: the prototype is asked.
  const attributesGetter = Object.getOwnPropertyDescriptor(Element.prototype, 'attributes').get;
  const text = (value) => { const t = String(value ?? '').slice(0, 200); return t.toWellFormed?.() ?? t; };
  function seen(element, left, top) {
    const box = element.getBoundingClientRect();
    const secret = element.type === 'password' || SECRET.test(element.getAttribute('autocomplete') ?? '');
    const attributes = {};
    for (const { name, value } of [...attributesGetter.call(element)].slice(0, 40)) if (!/^on|^style$|^srcdoc$/.test(name) && !(secret && name === 'value')) attributes[name] = text(value);
    const valued = /^(input|select|textarea)$/.test(element.localName) && element.type !== 'file';
    return { look: look.of(element), value: valued && !secret ? text(element.value) : null, attributes, bounds: [box.x + left, box.y + top, box.width, box.height] };
  }
  /* What is used is meant, not the icon in it. */
  function meant(element) {
    for (let at = element; at; at = at.getRootNode().host) { const used = at.closest(USED); if (used) return used; }
    return element;
  }
  function at(x, y) {
    const frames = [];
    let root = document;
    let [left, top] = [0, 0];
    for (;;) {
      let element = root.elementFromPoint(x - left, y - top);
      while (element?.shadowRoot) {
        const inner = element.shadowRoot.elementFromPoint(x - left, y - top);
        if (!inner || inner === element) break;
        element = inner;
      }
      if (!element) return null;
      let inner = null;
      if (/^i?frame$/.test(element.localName)) try { inner = element.contentDocument; } catch { /* another site's */ }
      if (!inner) return { ...seen(/^(i?frame|embed|object)$/.test(element.localName) ? element : meant(element), left, top), frames };
      const box = element.getBoundingClientRect();
      frames.push(look.of(element));
      [left, top, root] = [left + box.x + element.clientLeft, top + box.y + element.clientTop, inner];
    }
  }
  const all = (most) => look.visible(USED, most, (element) => ({ ...seen(element, 0, 0), frames: [] }));
  return { at, all };
})