window.argosRecord = function argosRecord({ send, uploadEveryMs = 10000, uploadEvents = 1000, ...options }) {
  if (window.top !== window || window.argusStopRecording || !location.protocol.startsWith('http')) return;
  const KEY = 'argos-recording';
  let kept = {};
  try { kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}'); } catch { /* a page without storage records each document alone */ }
  const session = kept.session ?? crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  let sequence = kept.sequence ?? 0;
  let waiting = [];
  let soon = null;
  const body = (final) => {
    const events = waiting;
    waiting = [];
    sequence += 1;
    try { sessionStorage.setItem(KEY, JSON.stringify({ session, sequence })); } catch { /* see above */ }
    return JSON.stringify({ session_id: session, sequence, events, final, metadata: { href: location.href, title: document.title, width: innerWidth, height: innerHeight, userAgent: navigator.userAgent, timestamp: Date.now() } });
  };
  const flush = (final = false) => {
    clearTimeout(soon);
    soon = null;
    if (waiting.length === 0 && !final) return Promise.resolve();
    return fetch(send, { method: 'POST', mode: 'no-cors', credentials: 'omit', headers: { 'content-type': 'text/plain' }, body: body(final) }).catch(() => undefined);
  };
  const recorder = argosRecorder({
    ...options,
    emit(events) {
      waiting.push(...events);
      if (waiting.length >= uploadEvents) void flush();
      /* The document itself is too large for a beacon, so it goes first. */
      else if (soon === null) soon = setTimeout(() => void flush(), waiting.some((e) => e.type === 2) ? 50 : uploadEveryMs);
    },
  });
  const leave = () => { if (waiting.length > 0) navigator.sendBeacon(send, body(false)); };
  addEventListener('pagehide', leave);
  addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave(); });
  window.argusStopRecording = async () => {
    await flush(true);
    recorder.stop();
    try { sessionStorage.removeItem(KEY); } catch { /* see above */ }
    delete window.argusStopRecording;
  };
};
