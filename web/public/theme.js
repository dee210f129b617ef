// Runs before the first paint: applies the stored theme, density and language so nothing flashes.
(function () {
  var prefs = {};
  try { prefs = JSON.parse(localStorage.getItem('argos.prefs') || '{}'); } catch (_) { prefs = {}; }
  var theme = prefs.theme || 'system';
  if (theme === 'system') theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  var root = document.documentElement;
  root.dataset.theme = theme;
  root.dataset.density = prefs.density || 'normal';
  root.lang = prefs.language || (navigator.language || 'en').slice(0, 2);
})();
