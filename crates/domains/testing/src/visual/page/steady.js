(async (wanted) => {
  // Makes a page stand still for its picture; `restore` gives it back as it was.
  const sheets = [];
  const css = [
    '*, *::before, *::after { caret-color: transparent !important; transition: none !important; }',
    'html { scroll-behavior: auto !important; }', '::-webkit-scrollbar { display: none !important; }',
    ...wanted.hide.map((selector) => `${selector} { visibility: hidden !important; }`),
  ];
  const wear = (root) => {
    const sheet = new CSSStyleSheet();
    for (const rule of css) { try { sheet.insertRule(rule); } catch { /* told at the end */ } }
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    sheets.push([root, sheet]);
  };
  const roots = (root) => {
    wear(root);
    for (const element of root.querySelectorAll('*')) if (element.shadowRoot) roots(element.shadowRoot);
  };
  const home = [scrollX, scrollY];
  const canceled = [];
  // Before anything is waited for: who is interrupted gives back what was changed by then.
  globalThis.argosSteady = { restore() {
    delete globalThis.argosSteady;
    for (const [root, sheet] of sheets) root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet);
    for (const animation of canceled) { try { animation.play(); } catch { /* its element is gone */ } }
    scrollTo(...home);
    return true;
  } };
  roots(document);
  const paint = () => new Promise((done) => requestAnimationFrame(() => done()));
  const within = (promise, ms) => Promise.race([promise, new Promise((done) => setTimeout(done, ms))]);
  if (wanted.whole) {
    // What loads when it comes into view is loaded.
    for (let n = 1; n <= 40 && n * innerHeight < document.documentElement.scrollHeight; n += 1) { scrollTo(0, n * innerHeight); await paint(); }
    scrollTo(0, 0);
  }
  // A lazy image out of view is never loaded, so nobody waits for it.
  const inView = (image) => { const box = image.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; };
  const awaited = [...document.images].filter((image) => wanted.whole || image.loading !== 'lazy' || inView(image));
  await within(document.fonts.ready, wanted.patience);
  await within(Promise.all(awaited.map((image) => (image.complete && image.naturalWidth > 0 ? null : image.decode().catch(() => null)))), wanted.patience);
  for (const animation of document.getAnimations({ subtree: true })) {
    try {
      const end = animation.effect ? animation.effect.getComputedTiming().endTime : 0;
      if (end === Infinity) { animation.cancel(); canceled.push(animation); } else animation.finish();
    } catch { /* an animation without an end that cannot be ended stays; two frames will differ */ }
  }
  await paint();
  // What cannot be hidden is told.
  return wanted.hide.filter((selector) => { try { document.querySelector(selector); return false; } catch { return true; } });
})
