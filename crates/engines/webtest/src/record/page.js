window.argosRecord = function argosRecord({ send, uploadEveryMs = 10000, uploadEvents = 1000, ...options }) {
  if (window.top !== window || window.argusStopRecording || !location.protocol.startsWith('http')) return;
  const KEY = 'argos-recording';
  /* What a beacon may carry. */
  const BEACON = 60000;
  let kept = {};
  try { kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}'); } catch { /* a page without storage records each document alone */ }
  const random = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  /* A tab that was opened or duplicated begins with a copy of the storage: the recording is that of the tab it came from. The
     name of a window is not copied, whoever gave it; one that has none gets ours, one of the page's own stays. */
  const same = kept.session && kept.name === window.name;
  if (!same) kept = {};
  const session = kept.session ?? random();
  if (window.name === '' || window.name.startsWith(`${KEY}:`)) window.name = `${KEY}:${session}`;
  let sequence = kept.sequence ?? 0;
  let waiting = [];
  let soon = null;
  let over = false;
  let sending = Promise.resolve();
  const remember = () => { try { sessionStorage.setItem(KEY, JSON.stringify({ session, sequence, name: window.name })); } catch { /* see above */ } };
  const body = (events, final) => {
    sequence += 1;
    remember();
    return JSON.stringify({ session_id: session, sequence, events, final, metadata: { href: location.href.slice(0, 2000), title: document.title.slice(0, 500), width: innerWidth, height: innerHeight, userAgent: navigator.userAgent.slice(0, 500), timestamp: Date.now() } });
  };
  const post = (text) => fetch(send, { method: 'POST', mode: 'no-cors', credentials: 'omit', headers: { 'content-type': 'text/plain' }, body: text, keepalive: new Blob([text]).size < BEACON });
  /* One part after the other. A part that did not go out is tried once more with the next one. */
  let unsent = [];
  const flush = (final = false) => {
    clearTimeout(soon);
    soon = null;
    if (waiting.length > 0 || final) {
      const events = waiting;
      waiting = [];
      unsent.push(body(events, final));
    }
    sending = sending.then(async () => {
      while (unsent.length > 0) {
        const part = unsent[0];
        try { await post(part); } catch { return; }
        /* Meanwhile the list may be another one: see leave. */
        unsent = unsent.filter((one) => one !== part);
      }
    });
    return sending;
  };
  const recorder = argosRecorder({
    ...options,
    emit(events) {
      if (over) return;
      waiting.push(...events);
      if (waiting.length >= uploadEvents) void flush();
      /* The document itself is too large for a beacon, so it goes first. */
      else if (soon === null) soon = setTimeout(() => void flush(), waiting.some((e) => e.type === 2) ? 50 : uploadEveryMs);
    },
  });
  /* What is left goes in pieces that a beacon takes; parts that were under way come again, and the other side knows them by
     their number. */
  const leave = () => {
    if (over) return;
    let piece = [];
    let size = 0;
    const parts = unsent;
    unsent = [];
    for (const event of waiting) {
      const length = new Blob([JSON.stringify(event)]).size;
      if (size + length > BEACON - 2000 && piece.length > 0) { parts.push(body(piece, false)); piece = []; size = 0; }
      piece.push(event);
      size += length;
    }
    waiting = [];
    if (piece.length > 0) parts.push(body(piece, false));
    unsent = parts.filter((part) => !navigator.sendBeacon(send, part));
    /* A page that is hidden may live on: what no beacon took goes the usual way. */
    if (unsent.length > 0) void flush();
  };
  const hidden = () => { if (document.visibilityState === 'hidden') leave(); };
  addEventListener('pagehide', leave);
  addEventListener('visibilitychange', hidden);
  window.argusStopRecording = async () => {
    recorder.stop();
    const last = flush(true);
    over = true;
    removeEventListener('pagehide', leave);
    removeEventListener('visibilitychange', hidden);
    await last;
    try { sessionStorage.removeItem(KEY); } catch { /* see above */ }
    if (window.name === `${KEY}:${session}`) window.name = '';
    delete window.argusStopRecording;
  };
};
