new Promise((done) => {
  const found = { lcp_ms: null, fcp_ms: null, cls: 0, ttfb_ms: null, dom_content_loaded_ms: null, load_ms: null };
  const document_ = performance.getEntriesByType('navigation')[0];
  if (document_) {
    found.ttfb_ms = document_.responseStart;
    found.dom_content_loaded_ms = document_.domContentLoadedEventEnd || null;
    found.load_ms = document_.loadEventEnd || null;
  }
  found.fcp_ms = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null;
  const kinds = { 'largest-contentful-paint': (e) => (found.lcp_ms = e.startTime), 'layout-shift': (e) => !e.hadRecentInput && (found.cls += e.value) };
  const observers = Object.entries(kinds).map(([type, take]) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type, buffered: true });
    return [observer, take];
  });
  // What is buffered is told in the next task.
  setTimeout(() => {
    for (const [observer, take] of observers) {
      observer.takeRecords().forEach(take);
      observer.disconnect();
    }
    done(found);
  });
})
