  // ---- judging ----

  function isVisible(element) {
    if (!element.checkVisibility({ visibilityProperty: true })) {
      // An element without a box of its own is as visible as what is in it.
      if (element.isConnected && getComputedStyle(element).display === 'contents') return [...childrenOf(element)].some(isVisible);
      return false;
    }
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }

  function isEnabled(element) {
    for (let at = element; at; at = parentOf(at)) {
      if (at.matches(':disabled') && (at === element || at.matches('button, select, fieldset, optgroup'))) return at.matches('fieldset') ? !element.matches(':disabled') : false;
      if (at.getAttribute('aria-disabled') === 'true') return false;
    }
    return true;
  }

  function isEditable(element) {
    if (!isEnabled(element)) return false;
    if (element.matches('input, textarea')) return !element.readOnly && element.getAttribute('aria-readonly') !== 'true';
    return element.matches('select') || element.isContentEditable;
  }

  function isChecked(element) {
    if (element.matches('input[type=checkbox], input[type=radio]')) return element.checked;
    const state = element.getAttribute('aria-checked') ?? element.getAttribute('aria-pressed');
    return state === null ? null : state === 'true';
  }

  function describe(element) {
    const attributes = ['id', 'class', 'name', 'type', 'role', 'aria-label', 'data-testid', 'href']
      .map((name) => [name, element.getAttribute(name)])
      .filter(([, value]) => value)
      .map(([name, value]) => ` ${name}="${value.slice(0, 40)}"`)
      .join('');
    const text = normal(textOf(element)).slice(0, 40);
    return `<${element.localName}${attributes}>${text}`;
  }

  function hitAt(x, y) {
    let root = document;
    let hit = null;
    for (;;) {
      const next = root.elementFromPoint(x, y);
      if (!next || next === hit) return hit;
      hit = next;
      if (!hit.shadowRoot) return hit;
      root = hit.shadowRoot;
    }
  }

  // Whether an event at `hit` reaches the element: it is inside, or it is its label.
  function reaches(hit, element) {
    if (isWithin(hit, element)) return true;
    for (let at = hit; at; at = parentOf(at)) if (at.localName === 'label' && at.control === element) return true;
    return element.localName === 'label' && hit !== null && element.control === hit;
  }

  function pointOf(element, position) {
    const box = element.getBoundingClientRect();
    if (position) return { x: box.left + element.clientLeft + position.x, y: box.top + element.clientTop + position.y };
    // The middle of the first piece that is in view: a link over two lines has nothing in the middle of its box.
    for (const piece of element.getClientRects()) {
      const left = Math.max(piece.left, 0);
      const right = Math.min(piece.right, innerWidth);
      const top = Math.max(piece.top, 0);
      const bottom = Math.min(piece.bottom, innerHeight);
      if (right - left > 0.5 && bottom - top > 0.5) return { x: (left + right) / 2, y: (top + bottom) / 2 };
    }
    return null;
  }

  // So many looks of one place are rest, whether or not frames went by.
  const ALIKE_MIN = 5;
  const ALIGNMENTS = ['center', 'end', 'start', 'nearest'];

  // What is missing for the action, or where it may happen.
  function judge(element, spec, memory) {
    const need = spec.need;
    if (!element.isConnected) return { why: 'is detached' };
    if (need.visible && !isVisible(element)) return { why: 'is not visible' };
    if (need.enabled && !isEnabled(element)) return { why: 'is not enabled' };
    if (need.editable && !isEditable(element)) return { why: 'is not editable' };
    if (spec.scroll && memory.scrolled !== element) {
      element.scrollIntoViewIfNeeded(true);
      memory.scrolled = element;
    }
    if (need.stable) {
      const { x, y, width, height } = element.getBoundingClientRect();
      const box = [x, y, width, height].join();
      const clock = document.timeline.currentTime;
      const same = memory.box === box && memory.boxed === element;
      // Under load a look may see the frame of the look before; a page that paints nothing shows no other.
      const isNext = isPainted && (memory.clock !== clock || document.getAnimations().length === 0);
      memory.alike = same ? memory.alike + 1 : 0;
      Object.assign(memory, { box, clock, boxed: element });
      if (!same || (!isNext && memory.alike < ALIKE_MIN)) return { why: 'is moving', soon: true };
    }
    if (!spec.point) return { ok: true };
    const point = pointOf(element, spec.position);
    if (!point || point.x < 0 || point.y < 0 || point.x >= innerWidth || point.y >= innerHeight) {
      element.scrollIntoView({ block: ALIGNMENTS[memory.tries++ % 4], inline: 'center', behavior: 'instant' });
      return { why: 'is out of view' };
    }
    if (need.hit) {
      const hit = hitAt(point.x, point.y);
      if (!hit || !reaches(hit, element)) {
        // A bar that stays in place may cover it here but not there.
        if (spec.scroll && memory.tries < 8) element.scrollIntoView({ block: ALIGNMENTS[memory.tries++ % 4], inline: 'nearest', behavior: 'instant' });
        return { why: hit ? `is covered by ${describe(hit)}` : 'is out of view' };
      }
    }
    return { ok: true, point };
  }

  // ---- acting ----

  const tell = (element, ...names) => {
    for (const name of names) element.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
  };
  const fieldOf = (element) => (element.localName === 'label' && element.control ? element.control : element);

  function fill(target, { value }) {
    const element = fieldOf(target);
    const type = element.localName === 'input' ? element.type : '';
    if (/^(checkbox|radio|file|button|submit|reset|image|hidden)$/.test(type)) throw new Invalid(`an input of type ${type} cannot be filled`);
    element.focus({ preventScroll: true });
    if (/^(color|date|time|datetime-local|month|range|week)$/.test(type)) {
      const before = element.value;
      element.value = value;
      if (element.value !== value.trim() && element.value.toLowerCase() !== value.trim().toLowerCase()) {
        element.value = before;
        throw new Invalid(`an input of type ${type} does not take ${JSON.stringify(value)}`);
      }
      tell(element, 'input', 'change');
      return;
    }
    if (type === 'number' && value !== '' && !Number.isFinite(Number(value))) throw new Invalid(`an input of type number does not take ${JSON.stringify(value)}`);
    if (element.matches('input, textarea')) element.select();
    else if (element.isContentEditable) getSelection().selectAllChildren(element);
    else throw new Invalid(`${describe(element)} cannot be filled`);
    const empty = element.matches('input, textarea') ? element.value === '' : element.textContent === '';
    if (value === '') {
      if (!empty) document.execCommand('delete');
    } else if (!document.execCommand('insertText', false, value)) {
      if (element.isContentEditable) element.textContent = value;
      else element.value = value;
      tell(element, 'input');
    }
  }

  // Chooses options by value, label or `index=n`; what is missing may still come.
  function choose(target, { values }) {
    const element = fieldOf(target);
    if (element.localName !== 'select') throw new Invalid(`${describe(element)} is no list to choose from`);
    const options = [...element.options];
    const chosen = values.map((value) => {
      const index = /^index=(\d+)$/.exec(value);
      return (
        options.find((option) => option.value === value) ??
        options.find((option) => normal(option.label) === normal(value)) ??
        (index ? options[Number(index[1])] : undefined)
      );
    });
    const missing = chosen.findIndex((option) => !option || option.matches(':disabled'));
    if (missing >= 0) return { why: `has no option ${JSON.stringify(values[missing])}` };
    if (!element.multiple && chosen.length > 1) throw new Invalid('this list takes one option');
    element.focus({ preventScroll: true });
    for (const option of options) option.selected = chosen.includes(option);
    tell(element, 'input', 'change');
    return { value: chosen.map((option) => option.value) };
  }

  function read(element, { what, of }) {
    switch (what) {
      case 'text':
        return element.innerText ?? element.textContent;
      case 'value':
        return element.localName === 'select' && element.multiple ? [...element.selectedOptions].map((o) => o.value) : (fieldOf(element).value ?? null);
      case 'attribute':
        return element.getAttribute(of);
      case 'style':
        return getComputedStyle(element).getPropertyValue(of);
      case 'html':
        return element.outerHTML;
      case 'box': {
        const { x, y, width, height } = element.getBoundingClientRect();
        return { x: x + scrollX, y: y + scrollY, width, height };
      }
      case 'state':
        return {
          visible: isVisible(element),
          enabled: isEnabled(element),
          editable: isEditable(element),
          checked: isChecked(fieldOf(element)),
          focused: element.getRootNode().activeElement === element,
          describe: describe(element),
        };
      default:
        throw new Invalid(`no such reading: ${what}`);
    }
  }

  function clearFiles(target) {
    const element = fieldOf(target);
    if (element.type !== 'file') throw new Invalid(`${describe(element)} takes no files`);
    element.files = new DataTransfer().files;
    tell(element, 'input', 'change');
  }

  const OPERATIONS = {
    clear_files: (element) => void clearFiles(element),
    fill: (element, op) => void fill(element, op),
    choose,
    read: (element, op) => ({ value: read(element, op) }),
    focus: (element) => void fieldOf(element).focus(),
    blur: (element) => void fieldOf(element).blur(),
    select_text: (element) => void (element.select ? element.select() : getSelection().selectAllChildren(element)),
    scroll_by: (element, { x, y }) => void element.scrollBy({ left: x, top: y, behavior: 'instant' }),
    arm: (element) => void arm(element),
  };

