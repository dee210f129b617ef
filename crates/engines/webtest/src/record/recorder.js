/* Records what a person does on a page, in the format of rrweb: the document, how it changes, clicks and what is written, in
   open shadow roots and in frames of the same origin as well. Passwords never leave the page. Nothing is sent from here:
   `emit` gets lists of events. What is done in a frame of another origin cannot be seen; that something was, is told. */
function argosRecorder({ emit, firstId = 1, maskAll = false, blockClass = 'rr-block', ignoreClass = 'rr-ignore', scrollMs = 150 }) {
  const ids = new WeakMap();
  const nodes = new Map();
  const DEPTH = 40;
  let next = firstId;
  let href = null;
  let entered = null;
  let stopped = false;
  const send = (type, data) => { if (!stopped) emit([{ type, data, timestamp: Date.now() }]); };
  const change = (data) => send(3, data);
  const idOf = (node) => ids.get(node);
  /* Around a shadow root is its host, around the document of a frame the frame. Nodes of frames have classes of their own, so
     that `instanceof` says nothing. */
  const isRoot = (node) => node.nodeType === Node.DOCUMENT_FRAGMENT_NODE;
  const around = (node) => node.parentNode ?? (isRoot(node) ? node.host : null) ?? (node.nodeType === Node.DOCUMENT_NODE ? node.defaultView?.frameElement : null) ?? null;
  function has(node, name) {
    for (let at = node; at; at = around(at)) if (at.nodeType === Node.ELEMENT_NODE && at.classList.contains(name)) return true;
    return false;
  }
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
    if (hidden) return { id, type: 2, tagName: node.localName, attributes, childNodes: [] };
    if (isFrame(node)) waiting.push(node);
    const shadow = node.shadowRoot ? inside(watched(node), depth + 1, rest).map((child) => ({ ...child, isShadow: true })) : [];
    return { id, type: 2, tagName: node.localName, attributes, childNodes: [...shadow, ...inside(node, depth + 1, rest)] };
  }
  /* The shadow root of a host, heard from now on. Its nodes are written as children of the host. */
  function watched(host) {
    ids.set(host.shadowRoot, idOf(host));
    observer.observe(host.shadowRoot, WATCH);
    return host.shadowRoot;
  }
  function inside(node, depth, rest) {
    const children = [...node.childNodes];
    if (depth < DEPTH) return children.map((child) => written(child, depth, rest));
    for (const child of children) rest.push({ parentId: ids.get(node), child, isShadow: isRoot(node) });
    return [];
  }
  const grown = (adds, removes = [], more = {}) => change({ source: 0, texts: [], attributes: [], removes, adds, ...more });
  function pieces(rest) {
    while (rest.length > 0) {
      const { parentId, child, isShadow } = rest.shift();
      const node = written(child, 0, rest);
      grown([{ parentId, nextId: null, node: isShadow ? { ...node, isShadow } : node }]);
    }
    for (const frame of waiting.splice(0)) enter(frame, true);
  }

  /* Frames whose element is written and whose document is not yet. */
  const waiting = [];
  const isFrame = (node) => node.localName === 'iframe' || node.localName === 'frame';
  const documentIn = (frame) => { try { return frame.contentDocument; } catch { return null; } };
  /* The document of a frame goes below its element: when it is another one than before, or the element was written again. */
  function enter(frame, again = false) {
    const root = documentIn(frame);
    const parentId = idOf(frame);
    if (stopped || !root || parentId === undefined || !frame.isConnected) return false;
    listen(root);
    if (idOf(root) !== undefined && !again) return false;
    const before = entries.get(frame);
    const rest = [];
    const node = written(root, 0, rest);
    entries.set(frame, node.id);
    grown([{ parentId, nextId: null, node }], before === undefined ? [] : [{ parentId, id: before }], { isAttachIframe: true });
    observer.observe(root, WATCH);
    /* A person may be faster than the rest of the next document. */
    root.defaultView.addEventListener('pagehide', () => later(frame, 100), { once: true });
    pieces(rest);
    return true;
  }
  const entries = new WeakMap();
  const later = (frame, times) => setTimeout(() => { if (!enter(frame) && times > 0) later(frame, times - 1); }, 100);
  const loaded = (event) => { if (event.target.nodeType === Node.ELEMENT_NODE && isFrame(event.target)) enter(event.target); };
  /* A root can be attached to an element that is long there, and nothing tells of it. */
  function discover(root) {
    for (const element of root.querySelectorAll('*')) {
      if (isFrame(element)) { const inner = documentIn(element); if (inner && idOf(inner) !== undefined) discover(inner); }
      if (!element.shadowRoot || idOf(element) === undefined || has(element, blockClass)) continue;
      if (idOf(element.shadowRoot) === undefined) {
        const parentId = idOf(element);
        const rest = [];
        const adds = inside(watched(element), 0, rest).map((node) => ({ parentId, nextId: null, node: { ...node, isShadow: true } }));
        grown(adds);
        pieces(rest);
      }
      discover(element.shadowRoot);
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

  const WATCH = { subtree: true, childList: true, attributes: true, characterData: true };
  const observer = new MutationObserver((records) => {
    arrived();
    /* What a hand moves with the button down is told by its place. */
    if (pressed && records.some((record) => /^(style|transform|x|y|cx|cy|aria-valuenow)$/.test(record.attributeName))) pressed.moves = true;
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
        for (const node of record.removedNodes) if (idOf(node) !== undefined) removes.set(idOf(node), { parentId: idOf(record.target) ?? firstId, id: idOf(node) });
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
      const tree = written(node, 0, rest);
      adds.push({ parentId, nextId: beside ? idOf(beside) : null, node: isRoot(node.parentNode) ? { ...tree, isShadow: true } : tree });
    }
    if (removes.size + adds.length + attributes.size + texts.size > 0) {
      change({ source: 0, texts: [...texts].map(([id, value]) => ({ id, value })), attributes: [...attributes].map(([id, list]) => ({ id, attributes: list })), removes: [...removes.values()], adds });
    }
    pieces(rest);
  });

  const target = (event) => event.composedPath?.()[0] ?? event.target;
  const mouse = (type) => (event) => {
    discover(document);
    const node = target(event);
    const id = idOf(node);
    /* Enter in a field presses the button of its form: the key is what the person did. */
    if (id === undefined || (type === 2 && (handMoved(node) || (event.detail === 0 && entered !== null && entered !== node)))) return;
    arrived();
    change({ source: 2, type, id, x: event.clientX, y: event.clientY });
  };
  const input = (event) => {
    const node = target(event);
    if (!told.has(node)) discover(document);
    const id = idOf(node);
    if (id === undefined || has(node, ignoreClass) || has(node, blockClass)) return;
    /* Of files a page is told no more than their names. */
    const text = node.isContentEditable ? node.textContent : node.type === 'file' ? [...node.files].map((file) => file.name).join('\n') : String(node.value ?? '');
    /* A change follows its inputs and says nothing new. */
    const now = `${node.checked === true} ${text}`;
    if (told.get(node) === now) return;
    told.set(node, now);
    change({ source: 5, id, text: (isSecret(node) || maskAll) && !/^(checkbox|radio|select-one)$/.test(node.type) ? '*'.repeat(Math.min(8, text.length)) : cut(text, 5000), isChecked: node.checked === true });
  };
  const key = (event) => {
    const node = target(event);
    if (event.key === 'Enter') discover(document);
    if (event.key !== 'Enter' || event.isComposing || node.localName !== 'input' || /^(checkbox|radio|button|submit|reset|image|file)$/.test(node.type) || idOf(node) === undefined) return;
    entered = node;
    setTimeout(() => { entered = null; }, 0);
    send(5, { tag: 'argos.key', payload: { id: idOf(node), key: 'Enter' } });
  };
  const told = new WeakMap();
  /* A frame that took the focus and does not show its document. */
  const left = () => setTimeout(() => {
    const node = document.activeElement;
    if (node && isFrame(node) && idOf(node) !== undefined && !documentIn(node)) send(5, { tag: 'argos.unseen', payload: { id: idOf(node) } });
  }, 0);
  /* What is dragged: natively, from one element to another, or with the mouse alone, so far. */
  const FIELDS = /^(input|select|textarea|option|html|body|iframe|frame)$/;
  let dragged = null;
  let pressed = null;
  let moved = null;
  const hidden = (node) => has(node, ignoreClass) || has(node, blockClass);
  const lift = (event) => { const node = target(event); pressed = null; dragged = node.nodeType === Node.ELEMENT_NODE && !hidden(node) ? node : null; };
  const drop = (event) => {
    discover(document);
    const [from, to] = [dragged, target(event)];
    dragged = null;
    if (idOf(to) === undefined || hidden(to) || (!from && !event.dataTransfer?.files.length)) return;
    send(5, { tag: 'argos.drag', payload: { id: from ? idOf(from) : null, to: idOf(to) } });
  };
  const press = (event) => {
    const node = target(event);
    const can = event.isPrimary && event.button === 0 && event.pointerType === 'mouse' && !FIELDS.test(node.localName) && !hidden(node);
    pressed = can ? { node, x: event.clientX, y: event.clientY, box: node.getBoundingClientRect(), moves: false } : null;
  };
  /* Whether a hand that went far with the button down moved something, as far as the element itself tells. */
  const isMoved = ({ node, box, moves }) => {
    const now = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return moves || now.x !== box.x || now.y !== box.y || node.localName === 'canvas' || node.draggable || style.touchAction === 'none' || /grab|move|resize/.test(style.cursor) || node.closest('[role=slider],[role=separator],[role=scrollbar]') !== null;
  };
  /* The click that follows is of the same hand; on what did not move it is all that was done. */
  const handMoved = (node) => {
    if (moved?.drag && moved.node === node) moved = null;
    return moved !== null;
  };
  const release = (event) => {
    const from = pressed;
    pressed = null;
    if (!from || !(from.node.ownerDocument.getSelection()?.isCollapsed ?? true)) return;
    const [x, y] = [Math.round(event.clientX - from.x), Math.round(event.clientY - from.y)];
    if (Math.hypot(x, y) < 20) return;
    discover(document);
    if (idOf(from.node) === undefined) return;
    const drag = { tag: 'argos.drag', payload: { id: idOf(from.node), x, y } };
    const sure = isMoved(from);
    if (sure) send(5, drag);
    const mine = { node: from.node, drag: sure ? null : drag };
    moved = mine;
    setTimeout(() => {
      if (moved !== mine) return;
      moved = null;
      if (mine.drag) send(5, mine.drag);
    }, 0);
  };
  const scrolling = new Set();
  const scroll = (event) => {
    const node = target(event);
    const isPage = node === document || node === document.documentElement || node === document.body;
    const id = isPage ? firstId : idOf(node);
    if (id === undefined || scrolling.has(node) || (!isPage && hidden(node))) return;
    scrolling.add(node);
    setTimeout(() => { scrolling.delete(node); change({ source: 3, id, x: isPage ? scrollX : node.scrollLeft, y: isPage ? scrollY : node.scrollTop }); }, scrollMs);
  };
  const listeners = [['click', mouse(2)], ['contextmenu', mouse(3)], ['dblclick', mouse(4)], ['input', input], ['change', input], ['keydown', key], ['dragstart', lift], ['drop', drop], ['dragend', () => { dragged = null; }], ['pointerdown', press], ['pointerup', release], ['scroll', scroll], ['blur', left]];
  const heard = new Set();
  /* Once more after a document was opened anew, which takes its listeners away. */
  function listen(root) {
    heard.add(root);
    for (const [name, hear] of listeners) if (root === document || (name !== 'scroll' && name !== 'blur')) root.defaultView.addEventListener(name, hear, { capture: true, passive: true });
    root.addEventListener('load', loaded, { capture: true });
  }
  function begin() {
    if (stopped) return;
    snapshot();
    observer.observe(document, WATCH);
    listen(document);
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
      for (const root of heard) {
        root.removeEventListener('load', loaded, { capture: true });
        for (const [name, hear] of listeners) root.defaultView?.removeEventListener(name, hear, { capture: true });
      }
    },
  };
}
