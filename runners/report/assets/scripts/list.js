'use strict';

/**
 * A table of any number of rows, of which those in sight are there.
 *
 * Rows have one height, and two rows without content stand for those above and below. A browser
 * lays out no box higher than some 33 million pixels, hence MOST_ROWS.
 */
evalrun.list = (() => {
  const { el } = evalrun.dom;
  const ROW_PX = 34;
  const AROUND = 12;
  const MOST_ROWS = 900_000;

  /**
   * `columns` are {key, label, width, cell(row) -> text, numeric, link}; `row(number)`
   * returns what `cell` is given, `address(row)` where the row's first link leads.
   */
  function create({ label, row, address, onsort, onactive }) {
    const head = el('thead', {});
    const body = el('tbody', {});
    const table = el('table', { class: 'list', 'aria-label': label }, head, body);
    const box = el('div', { class: 'scroll list-box', role: 'region', 'aria-label': label }, table);
    const state = { columns: [], count: 0, active: 0, first: -1, last: -1 };

    function show(columns, sorting, count) {
      Object.assign(state, { columns, count: Math.min(count, MOST_ROWS), first: -1, last: -1 });
      state.active = Math.max(0, Math.min(state.active, state.count - 1));
      head.replaceChildren(headerOf(columns, sorting, onsort));
      table.style.minWidth = `${columns.reduce((sum, column) => sum + column.width, 0)}px`;
      table.setAttribute('aria-rowcount', String(count + 1));
      draw();
    }

    /** Draw the rows in sight, unless they are drawn already. */
    function draw() {
      const top = Math.floor(box.scrollTop / ROW_PX);
      const first = Math.max(0, Math.min(top, state.count) - AROUND);
      const last = Math.min(state.count, top + Math.ceil(box.clientHeight / ROW_PX) + AROUND);
      if (first === state.first && last === state.last) return;
      Object.assign(state, { first, last });
      const focused = body.contains(document.activeElement);
      const rows = [];
      for (let number = first; number < last; number += 1) rows.push(rowOf(number));
      body.replaceChildren(spacer(first), ...rows, spacer(state.count - last));
      if (focused) focus();
    }

    function spacer(rows) {
      return el('tr', { class: 'spacer', 'aria-hidden': 'true' },
        el('td', { colspan: state.columns.length, style: `height:${rows * ROW_PX}px` }));
    }

    function rowOf(number) {
      const content = row(number);
      const cells = state.columns.map((column) => {
        const text = column.cell(content);
        const shown = column.link
          ? el('a', { href: address(content), tabindex: number === state.active ? '0' : '-1' },
            text)
          : text;
        return el('td', { class: column.numeric ? 'number' : null, title: text }, shown);
      });
      return el('tr', {
        'aria-rowindex': String(number + 2), class: number === state.active ? 'active' : null,
        onfocusin: () => activate(number), onclick: (event) => clicked(event, content),
      }, cells);
    }

    function clicked(event, content) {
      if (event.target.closest('a') || String(getSelection())) return;
      evalrun.route.go(address(content));
    }

    function activate(number) {
      if (number === state.active) return;
      rowElement(state.active)?.classList.remove('active');
      rowElement(state.active)?.querySelector('a')?.setAttribute('tabindex', '-1');
      state.active = number;
      rowElement(number)?.classList.add('active');
      rowElement(number)?.querySelector('a')?.setAttribute('tabindex', '0');
      onactive?.(row(number));
    }

    function rowElement(number) {
      return body.querySelector(`tr[aria-rowindex="${number + 2}"]`);
    }

    function focus() {
      rowElement(state.active)?.querySelector('a')?.focus({ preventScroll: true });
    }

    /** Make row `number` the active one, in sight and focused. */
    function moveTo(number) {
      if (!state.count) return;
      const target = Math.max(0, Math.min(number, state.count - 1));
      bringInSight(target);
      draw();
      activate(target);
      focus();
    }

    function bringInSight(number) {
      const top = number * ROW_PX;
      const height = box.clientHeight - head.offsetHeight - ROW_PX;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top > box.scrollTop + height) box.scrollTop = top - height;
    }

    /** Move by some rows; the first move focuses the active row. */
    function move(by) {
      const focused = body.contains(document.activeElement);
      moveTo(focused ? state.active + by : state.active);
    }

    box.addEventListener('scroll', draw, { passive: true });
    new ResizeObserver(draw).observe(box);
    return { element: box, show, move, moveTo };
  }

  function headerOf(columns, sorting, onsort) {
    return el('tr', { 'aria-rowindex': '1' }, columns.map((column) => {
      const sorted = sorting.sort === column.key;
      const direction = sorting.desc ? 'descending' : 'ascending';
      const arrow = el('span', { 'aria-hidden': 'true' }, sorting.desc ? ' ↓' : ' ↑');
      return el('th', {
        scope: 'col', class: column.numeric ? 'number' : null, style: `width:${column.width}px`,
        'aria-sort': sorted ? direction : null,
      }, onsort
        ? el('button', { type: 'button', class: 'sort', onclick: () => onsort(column.key) },
          column.label, sorted ? arrow : null)
        : column.label);
    }));
  }

  return { create, MOST_ROWS };
})();
