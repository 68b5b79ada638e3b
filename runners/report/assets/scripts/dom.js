'use strict';

/** Elements, built from data without markup. */
evalrun.dom = (() => {
  /**
   * Return an element. `properties` are attributes (true: present, false, null: left out) and
   * listeners (`onclick`: a function); `children` are nodes, texts, lists of them, or null.
   */
  function el(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) assign(element, key, value);
    element.append(...children.flat(Infinity).filter((child) => child !== null));
    return element;
  }

  function assign(element, key, value) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }

  function button(label, onclick, properties = {}) {
    return el('button', { type: 'button', onclick, ...properties }, label);
  }

  /** Return a drop-down list of [value, label] pairs with `value` chosen. */
  function select(options, value, onchange, properties = {}) {
    const element = el('select', { onchange, ...properties });
    element.append(...options.map(([key, label]) => el('option', { value: key }, label)));
    element.value = value;
    return element;
  }

  function field(label, control) {
    return el('label', { class: 'field' }, el('span', {}, label), control);
  }

  /** Return a list of [term, content] pairs, without those that have no content. */
  function facts(pairs) {
    const known = pairs.filter(([, content]) => content !== null && content !== '');
    const entries = known.map(([term, content]) =>
      el('div', {}, el('dt', {}, term), el('dd', {}, content)));
    return el('dl', { class: 'facts' }, entries);
  }

  /** Return a box that scrolls by itself, so that what is wide does not widen the page. */
  function scrollBox(label, ...children) {
    return el('div', { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' },
      children);
  }

  /** Return a paragraph that says that there is nothing, or that something went wrong. */
  function notice(message, kind = 'empty') {
    return el('p', { class: kind, role: kind === 'error' ? 'alert' : 'status' }, message);
  }

  function heading(title) {
    return el('h1', { tabindex: '-1' }, title);
  }

  return { el, button, select, field, facts, scrollBox, notice, heading };
})();
