  // ---- waiting ----

  // One element that the action may happen to, and the operation done on it.
  async function act(spec, targets) {
    const end = performance.now() + spec.timeout;
    const memory = { tries: 0 };
    let why = null;
    try {
      for (;;) {
        const found = find(spec.parts, targets);
        if (Array.isArray(targets) && targets.some((element) => !element.isConnected)) return { reason: 'detached' };
        if (found.length > 1 && spec.strict) return { reason: 'ambiguous', count: found.length, candidates: found.slice(0, DESCRIBED_MAX).map(describe) };
        const element = found.length > 1 ? (found.find(isVisible) ?? found[0]) : found[0];
        let judged = {};
        if (element) {
          judged = judge(element, spec, memory);
          if (judged.ok) {
            const done = spec.op ? (OPERATIONS[spec.op.name](element, spec.op) ?? {}) : {};
            if (!done.why) return { ok: true, point: judged.point ?? null, value: done.value ?? null, ambiguous: found.length > 1 ? found.length : null };
            judged = done;
          }
          // Moving for one frame is how every wait begins; it says nothing.
          if (!judged.soon || why === null) why = judged.why;
        } else {
          why = null;
        }
        if (performance.now() >= end) return { reason: 'timeout', why };
        await painted();
      }
    } catch (error) {
      if (error instanceof Invalid) return { reason: 'invalid', why: error.message };
      throw error;
    }
  }

  function stateHolds(found, state) {
    switch (state) {
      case 'attached':
        return found.length > 0;
      case 'detached':
        return found.length === 0;
      case 'visible':
        return found.some(isVisible);
      default:
        return !found.some(isVisible);
    }
  }

  async function wait({ parts, state, timeout, strict }, targets) {
    const end = performance.now() + timeout;
    try {
      for (;;) {
        const found = find(parts, targets);
        if (found.length > 1 && strict) return { reason: 'ambiguous', count: found.length, candidates: found.slice(0, DESCRIBED_MAX).map(describe) };
        if (stateHolds(found, state)) return { ok: true };
        if (performance.now() >= end) return { reason: 'timeout', why: found.length ? `is not ${state}` : null };
        await painted();
      }
    } catch (error) {
      if (error instanceof Invalid) return { reason: 'invalid', why: error.message };
      throw error;
    }
  }

  // Reads all that match, now.
  function readAll({ parts, op }, targets) {
    try {
      return { ok: true, value: find(parts, targets).map((element) => read(element, op)) };
    } catch (error) {
      if (error instanceof Invalid) return { reason: 'invalid', why: error.message };
      throw error;
    }
  }

  // The next change of the document, for those who look from outside.
  const changed = ({ timeout }) =>
    new Promise((done) => {
      const observer = new MutationObserver(() => end());
      const timer = setTimeout(() => end(), timeout);
      const end = () => {
        observer.disconnect();
        clearTimeout(timer);
        done(true);
      };
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });

  // ---- making sure that an event arrives where it was meant ----

  const ARMED_MS_MAX = 15000;
  let armed = null;
  const EVENTS = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'auxclick', 'dblclick', 'contextmenu'];

  // Whatever moved between the judgement and the event: an event that arrives elsewhere is stopped, and may be tried again.
  function arm(element) {
    disarm();
    const state = { missed: null, element };
    state.listener = (event) => {
      if (!event.isTrusted) return;
      const hit = event.composedPath()[0];
      if (state.decided === undefined) state.decided = hit instanceof Node && !reaches(hit, element) ? describe(hit) : null;
      if (state.decided === null) return;
      state.missed = state.decided;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    for (const name of EVENTS) addEventListener(name, state.listener, { capture: true });
    armed = state;
    // Whoever armed it may have given up; what follows is not judged by it.
    setTimeout(() => armed === state && disarm(), ARMED_MS_MAX);
  }

  function disarm() {
    if (!armed) return { missed: null };
    for (const name of EVENTS) removeEventListener(name, armed.listener, { capture: true });
    const { missed } = armed;
    armed = null;
    return { missed };
  }

  // Where a point of a frame's view is in the view of the document around it.
  function around({ x, y, hit }, frame) {
    frame.scrollIntoViewIfNeeded(true);
    const box = frame.getBoundingClientRect();
    const style = getComputedStyle(frame);
    const scale = frame.offsetWidth ? box.width / frame.offsetWidth : 1;
    const point = {
      x: box.left + (frame.clientLeft + parseFloat(style.paddingLeft) + x) * scale,
      y: box.top + (frame.clientTop + parseFloat(style.paddingTop) + y) * scale,
    };
    const over = hit ? hitAt(point.x, point.y) : frame;
    return { point, why: over && isWithin(over, frame) ? null : over ? `is covered by ${describe(over)}` : 'is out of view' };
  }

  // Whether the page began to drag by itself since this was asked for.
  let drag = null;
  function watchDrag() {
    const state = { event: null };
    addEventListener('dragstart', (event) => (state.event = event), { capture: true, once: true });
    drag = state;
    return true;
  }
  const isDragging = () => Boolean(drag?.event && !drag.event.defaultPrevented);

  return { act, wait, readAll, changed, disarm, around, find, among, watchDrag, isDragging };
})();
