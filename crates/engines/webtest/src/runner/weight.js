(() => {
  // How long the document took to load, and how many things on it are used.
  const took = performance.getEntriesByType('navigation')[0]?.loadEventEnd || performance.now();
  return [took, document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button],[role=link],[onclick]').length];
})()
