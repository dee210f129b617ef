(() => {
  const list = [];
  Object.defineProperty(window, '__argosPushed', { value: list });
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = function (state, title, url) {
      const done = original.apply(this, arguments);
      if (url && list.length < 200) list.push(location.href);
      return done;
    };
  }
  const vitals = { lcp: null, cls: 0 };
  Object.defineProperty(window, '__argosVitals', { value: vitals });
  try {
    new PerformanceObserver((entries) => { for (const e of entries.getEntries()) vitals.lcp = e.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((entries) => { for (const e of entries.getEntries()) if (!e.hadRecentInput) vitals.cls += e.value; }).observe({ type: 'layout-shift', buffered: true });
  } catch { /* a browser without them */ }
})()
