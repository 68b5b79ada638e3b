'use strict';

/** Texts of any length, of which the beginning is shown until more is asked for. */
evalrun.longText = (() => {
  const { el, button } = evalrun.dom;
  const { integer, visible, value } = evalrun.format;
  const SHOWN = 20_000;

  /** Return a box with `text`, whatever it holds, as it is written. */
  function block(text, label, properties = {}) {
    return fill(el('div', { class: 'text', tabindex: '0', role: 'group', 'aria-label': label,
      ...properties }), text, [{ text, same: true }]);
  }

  /** Return a box with parts of a text, those that are not `same` marked by elements `name`. */
  function marked(parts, name, label) {
    const box = el('div', { class: 'text', tabindex: '0', role: 'group', 'aria-label': label });
    return fill(box, parts.map((part) => part.text).join(''), parts, name);
  }

  function fill(box, whole, parts, name = 'mark') {
    if (whole === '') box.append(el('span', { class: 'quiet' }, 'empty'));
    box.append(...beginning(parts, SHOWN).map((part) => shown(part, name)));
    if (whole.length > SHOWN) box.append(rest(box, whole.length, parts, name));
    return box;
  }

  function shown({ text, same }, name) {
    return same ? document.createTextNode(visible(text)) : el(name, {}, visible(text));
  }

  function beginning(parts, most) {
    const kept = [];
    let left = most;
    for (const part of parts) {
      if (left <= 0) break;
      kept.push({ ...part, text: part.text.slice(0, left) });
      left -= part.text.length;
    }
    return kept;
  }

  function rest(box, length, parts, name) {
    const label = `Show all ${integer(length)} characters`;
    const more = el('p', { class: 'more' }, button(label, () => {
      box.replaceChildren(...parts.map((part) => shown(part, name)));
      box.focus();
    }));
    return more;
  }

  /** Return a JSON value as nested lists of names and contents. */
  function tree(content) {
    if (!nested(content)) {
      return el('span', { class: 'leaf' }, visible(value(content)));
    }
    const entries = Object.entries(content);
    if (!entries.length) return el('span', { class: 'quiet' }, 'none');
    if (Array.isArray(content) && !content.some(nested)) {
      return el('span', { class: 'leaf' }, visible(content.map(value).join('\n')));
    }
    return el('dl', { class: 'tree' }, entries.map(([name, inner]) =>
      el('div', {}, el('dt', {}, visible(name)), el('dd', {}, tree(inner)))));
  }

  function nested(content) {
    return content !== null && typeof content === 'object';
  }

  return { block, marked, tree };
})();
