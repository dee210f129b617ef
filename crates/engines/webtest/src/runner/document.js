// The document as it looks, as text: its style sheets written into it, what its fields hold, what its shadow roots show.
// Nothing that runs: a viewer opens it without scripts. Passwords are never written. It is given a node of each of its
// closed shadow roots, which no script finds by itself, and the elements that hold frames, each with the text of the document in it.
function (count, ...given) {
  const closed = new Map(given.slice(0, count).map((node) => node.getRootNode()).map((root) => [root.host, root]));
  const frames = new Map();
  for (let n = count; n + 1 < given.length; n += 2) frames.set(given[n], given[n + 1]);
  // All of the page, with what its frames say, has to fit where it is kept; a text that is cut ends in the middle of a frame.
  const budget = window === window.top
    ? { css: 600_000, pictures: 700_000, frames: 500_000, count: 60 }
    : { css: 300_000, pictures: 100_000, frames: 200_000, count: 60 };
  // The page stands still meanwhile.
  const end = Date.now() + 250;
  // Copies live in a document of their own: there nothing is loaded and no element of the page's making comes to life.
  const inert = document.implementation.createHTMLDocument('');
  const escape = (text) => text.replace(/<\/(style)/gi, '<\\/$1');
  const rules = (sheet) => {
    // The rules of another origin's sheet cannot be read.
    try { return [...sheet.cssRules].map((rule) => (rule.styleSheet ? rules(rule.styleSheet) : rule.cssText)).join('\n'); } catch { return ''; }
  };
  const styles = (root) => {
    let all = '';
    for (const sheet of [...root.styleSheets, ...(root.adoptedStyleSheets ?? [])]) {
      if (sheet.disabled) continue;
      const text = rules(sheet);
      if (text.length > budget.css) continue;
      budget.css -= text.length;
      const media = sheet.media?.mediaText;
      all += `${media ? `@media ${media} {\n${text}\n}` : text}\n`;
    }
    return all;
  };
  // The addresses of a style are not loaded by a viewer that loads nothing.
  const still = (text) => text.replace(/url\((?!\s*['"]?data:)[^)]*\)/gi, 'none');
  /** A picture as it is painted; one of another origin cannot be read and leaves its place. */
  const painted = (image) => {
    if (budget.count <= 0 || budget.pictures < 1_000 || Date.now() > end) return null;
    const [width, height] = [image.clientWidth, image.clientHeight];
    if (!image.complete || image.naturalWidth === 0 || width * height === 0 || width * height > 500_000) return null;
    budget.count -= 1;
    try {
      const canvas = inert.createElement('canvas');
      [canvas.width, canvas.height] = [width, height];
      canvas.getContext('2d').drawImage(image, 0, 0, width, height);
      const data = canvas.toDataURL('image/webp', 0.7);
      if (data.length > budget.pictures) return null;
      budget.pictures -= data.length;
      return data;
    } catch { return null; }
  };
  const loads = ['src', 'srcset', 'data', 'poster', 'background', 'ping'];
  const fill = (from, to) => {
    const own = from instanceof HTMLImageElement && !/^data:/i.test(from.src) ? painted(from) : null;
    for (const name of loads) if (to.hasAttribute(name) && !/^data:/i.test(to.getAttribute(name).trim())) to.removeAttribute(name);
    if (from instanceof HTMLImageElement) {
      if (own) to.setAttribute('src', own);
      // Without its picture it would fall together.
      for (const [name, size] of [['width', from.clientWidth], ['height', from.clientHeight]]) if (size > 0) to.setAttribute(name, String(size));
    }
    if (to.hasAttribute('style')) to.setAttribute('style', still(to.getAttribute('style')));
    if (from instanceof HTMLInputElement) {
      if (from.type === 'checkbox' || from.type === 'radio') to.toggleAttribute('checked', from.checked);
      else if (from.type === 'password') to.setAttribute('value', '•'.repeat(Math.min(from.value.length, 12)));
      else if (from.type !== 'file') to.setAttribute('value', from.value);
    } else if (from instanceof HTMLTextAreaElement) to.textContent = from.value;
    else if (from instanceof HTMLOptionElement) to.toggleAttribute('selected', from.selected);
    for (const { name } of [...to.attributes]) if (/^on/i.test(name)) to.removeAttribute(name);
    const told = frames.get(from);
    // Quoted it is longer.
    const length = told === undefined ? Infinity : told.length + 5 * (told.match(/["&<>]/g)?.length ?? 0);
    if (length <= budget.frames) {
      budget.frames -= length;
      to.setAttribute('srcdoc', told);
    } else to.removeAttribute('srcdoc');
    const inner = from.shadowRoot ?? closed.get(from);
    if (inner) {
      const inside = inert.createElement('template');
      inside.setAttribute('shadowrootmode', 'open');
      // Nodes and no text: a page may forbid that text becomes nodes.
      for (const node of shown(inner)) inside.content.append(node);
      to.prepend(inside);
    }
  };
  const shown = (root) => {
    const copy = inert.createElement('div');
    for (const node of root.childNodes) copy.append(inert.importNode(node, true));
    const pairs = [...copy.querySelectorAll('*')];
    [...root.querySelectorAll('*')].forEach((from, n) => { if (pairs[n]) fill(from, pairs[n]); });
    for (const gone of copy.querySelectorAll('script, link, style, noscript')) gone.remove();
    const style = inert.createElement('style');
    style.textContent = escape(still(styles(root)));
    return [style, ...copy.childNodes];
  };
  const top = document.documentElement;
  if (!(top instanceof HTMLElement)) return top ? top.outerHTML : '';
  const copy = inert.importNode(top, true);
  const pairs = [copy, ...copy.querySelectorAll('*')];
  [top, ...top.querySelectorAll('*')].forEach((from, n) => { if (pairs[n]) fill(from, pairs[n]); });
  for (const gone of copy.querySelectorAll('script, link, style, noscript, base, meta[http-equiv]')) gone.remove();
  const style = inert.createElement('style');
  style.textContent = escape(still(styles(document)));
  (copy.querySelector('head') ?? copy).append(style);
  const type = document.doctype ? `<!DOCTYPE ${document.doctype.name}>` : '';
  return `${type}${copy.outerHTML}`;
}
