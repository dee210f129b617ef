/* Records what a person does on a page, in the format of rrweb: the document, how it changes, clicks and what is written.
   Passwords never leave the page. Nothing is sent from here: `emit` gets lists of events. */
function argosRecorder({ emit, maskAll = false, blockClass = 'rr-block', ignoreClass = 'rr-ignore', scrollMs = 150 }) {
  const ids = new WeakMap();
  const nodes = new Map();
  const DEPTH = 40;
  let next = 1;
  let href = null;
  let entered = null;
  let stopped = false;
  const send = (type, data) => { if (!stopped) emit([{ type, data, timestamp: Date.now() }]); };
  const change = (data) => send(3, data);
  const idOf = (node) => ids.get(node);
  const has = (node, name) => node instanceof Element && node.closest(`.${name}`) !== null;
  /* Half of a surrogate pair is no text to most readers. */
  const cut = (text, most) => text.slice(0, most).toWellFormed?.() ?? text.slice(0, most).replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, '\ufffd').replace(/(^|[^\ud800-\udbff])[\udc00-\udfff]/g, '$1\ufffd');
  const cutOrNull = (text) => (text === null ? null : cut(text, 2000));
  const isSecret = (node) => node.type === 'password' || /password|^cc-/.test(node.getAttribute('autocomplete') ?? '');

  function take(node) {
    let id = ids.get(node);
    if (id === undefined) { id = next++; ids.set(node, id); }
    nodes.set(id, new WeakRef(node));
    return id;
  }
  /* Deep trees are cut and sent in pieces: who reads them has a limit. */
  function written(node, depth, rest) {
    const id = take(node);
    if (node.nodeType === Node.DOCUMENT_NODE) return { id, type: 0, childNodes: inside(node, depth, rest) };
    if (node.nodeType === Node.DOCUMENT_TYPE_NODE) return { id, type: 1, name: node.name, publicId: '', systemId: '' };
    if (node.nodeType === Node.TEXT_NODE) return { id, type: 3, textContent: node.parentElement?.matches('script,style,textarea') ? '' : cut(node.textContent, 5000) };
    if (node.nodeType !== Node.ELEMENT_NODE) return { id, type: 5, textContent: '' };
    const attributes = {};
    for (const { name, value } of node.attributes) if (!/^on|^srcdoc$|^style$/.test(name)) attributes[name] = cut(value, 2000);
    if (/^(input|select|textarea)$/.test(node.localName)) {
      if (isSecret(node)) attributes.value = node.value === '' ? '' : '***';
      else if (node.type === 'checkbox' || node.type === 'radio') attributes.checked = node.checked;
      else if (node.type !== 'file') attributes.value = cut(String(node.value ?? ''), 2000);
    }
    const hidden = node.localName === 'script' || node.localName === 'style' || node.classList.contains(blockClass);
    return { id, type: 2, tagName: node.localName, attributes, childNodes: hidden ? [] : inside(node, depth + 1, rest) };
  }
  function inside(node, depth, rest) {
    const children = [...node.childNodes];
    if (depth < DEPTH) return children.map((child) => written(child, depth, rest));
    for (const child of children) rest.push({ parentId: ids.get(node), child });
    return [];
  }
  function pieces(rest) {
    while (rest.length > 0) {
      const { parentId, child } = rest.shift();
      change({ source: 0, texts: [], attributes: [], removes: [], adds: [{ parentId, nextId: null, node: written(child, 0, rest) }] });
    }
  }
  function arrived() {
    if (location.href === href) return;
    href = location.href;
    send(4, { href, width: innerWidth, height: innerHeight });
  }
  function snapshot() {
    arrived();
    const rest = [];
    send(2, { node: written(document, 0, rest), initialOffset: { left: scrollX, top: scrollY } });
    pieces(rest);
  }

  const observer = new MutationObserver((records) => {
    arrived();
    const removes = new Map();
    const added = new Set();
    const attributes = new Map();
    const texts = new Map();
    for (const record of records) {
      if (record.type === 'attributes') {
        const id = idOf(record.target);
        if (id === undefined || /^on|^srcdoc$|^style$/.test(record.attributeName)) continue;
        const list = attributes.get(id) ?? {};
        const secret = record.attributeName === 'value' && isSecret(record.target);
        list[record.attributeName] = secret ? '***' : cutOrNull(record.target.getAttribute(record.attributeName));
        attributes.set(id, list);
      } else if (record.type === 'characterData') {
        const id = idOf(record.target);
        if (id !== undefined) texts.set(id, cut(record.target.textContent, 5000));
      } else {
        for (const node of record.removedNodes) if (idOf(node) !== undefined) removes.set(idOf(node), { parentId: idOf(record.target) ?? 1, id: idOf(node) });
        for (const node of record.addedNodes) added.add(node);
      }
    }
    const rest = [];
    const adds = [];
    /* The topmost of what is in the document now; the last of siblings first, so that the next one is known. */
    const top = [...added].filter((node) => node.isConnected && !has(node.parentNode, blockClass) && ![...added].some((other) => other !== node && other.contains(node)));
    top.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? 1 : -1));
    for (const node of top) {
      const parentId = idOf(node.parentNode);
      if (parentId === undefined) continue;
      if (idOf(node) !== undefined) removes.set(idOf(node), { parentId, id: idOf(node) });
      let beside = node.nextSibling;
      while (beside && idOf(beside) === undefined) beside = beside.nextSibling;
      adds.push({ parentId, nextId: beside ? idOf(beside) : null, node: written(node, 0, rest) });
    }
    if (removes.size + adds.length + attributes.size + texts.size > 0) {
      change({ source: 0, texts: [...texts].map(([id, value]) => ({ id, value })), attributes: [...attributes].map(([id, list]) => ({ id, attributes: list })), removes: [...removes.values()], adds });
    }
    pieces(rest);
  });

  const target = (event) => event.composedPath?.()[0] ?? event.target;
  const mouse = (type) => (event) => {
    const node = target(event);
    const id = idOf(node);
    /* Enter in a field presses the button of its form: the key is what the person did. */
    if (id === undefined || (type === 2 && event.detail === 0 && entered !== null && entered !== node)) return;
    arrived();
    change({ source: 2, type, id, x: event.clientX, y: event.clientY });
  };
  const input = (event) => {
    const node = target(event);
    const id = idOf(node);
    if (id === undefined || has(node, ignoreClass) || has(node, blockClass)) return;
    const text = node.isContentEditable ? node.textContent : String(node.value ?? '');
    /* A change follows its inputs and says nothing new. */
    const now = `${node.checked === true} ${text}`;
    if (told.get(node) === now) return;
    told.set(node, now);
    change({ source: 5, id, text: (isSecret(node) || maskAll) && !/^(checkbox|radio|select-one)$/.test(node.type) ? '*'.repeat(Math.min(8, text.length)) : cut(text, 5000), isChecked: node.checked === true });
  };
  const key = (event) => {
    const node = target(event);
    if (event.key !== 'Enter' || event.isComposing || node.localName !== 'input' || /^(checkbox|radio|button|submit|reset|image|file)$/.test(node.type) || idOf(node) === undefined) return;
    entered = node;
    setTimeout(() => { entered = null; }, 0);
    send(5, { tag: 'argos.key', payload: { id: idOf(node), key: 'Enter' } });
  };
  const told = new WeakMap();
  let scrolling = false;
  const scroll = () => {
    if (scrolling) return;
    scrolling = true;
    setTimeout(() => { scrolling = false; change({ source: 3, id: 1, x: scrollX, y: scrollY }); }, scrollMs);
  };
  const listeners = [['click', mouse(2)], ['contextmenu', mouse(3)], ['dblclick', mouse(4)], ['input', input], ['change', input], ['keydown', key], ['scroll', scroll]];
  function begin() {
    if (stopped) return;
    snapshot();
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    for (const [name, hear] of listeners) addEventListener(name, hear, { capture: true, passive: true });
    addEventListener('popstate', arrived);
    addEventListener('hashchange', arrived);
    globalThis.navigation?.addEventListener('currententrychange', arrived);
  }
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', begin, { once: true });
  else begin();
  return {
    stop() {
      stopped = true;
      observer.disconnect();
      for (const [name, hear] of listeners) removeEventListener(name, hear, { capture: true });
    },
  };
}
