'use strict';

/** The report's tables: cells of text with spans, ranks and notes. */
evalrun.table = (() => {
  const { el, scrollBox } = evalrun.dom;
  const { visible } = evalrun.format;
  const RANKS = { best: 'best', second: 'second best' };

  function render(table, level = 'h2') {
    const notes = table.notes.map((note) => el('li', {}, visible(note)));
    return el('section', { class: 'block' },
      table.title ? el(level, {}, visible(table.title)) : null,
      grid(table), notes.length ? el('ul', { class: 'notes' }, notes) : null);
  }

  /** Return the cells alone, in a box that scrolls. */
  function grid(table) {
    return scrollBox(table.title || 'Table', el('table', { class: 'cells' },
      el('thead', {}, spansRow(table), headerRow(table)),
      el('tbody', {}, table.rows.map((cells, row) => bodyRow(table, cells, row)))));
  }

  /** Return the row of headings over the headings, equal neighbours made one. */
  function spansRow(table) {
    if (!table.spans.some((span) => span !== null)) return null;
    const groups = [];
    for (const span of table.spans) {
      if (groups.length && groups.at(-1).span === span) groups.at(-1).columns += 1;
      else groups.push({ span, columns: 1 });
    }
    return el('tr', { class: 'spans' }, groups.map(({ span, columns }) => span === null
      ? el('td', { colspan: columns })
      : el('th', { scope: 'colgroup', colspan: columns }, visible(span))));
  }

  function headerRow(table) {
    return el('tr', {}, table.header.map((title, column) =>
      el('th', { scope: 'col', class: classOf(table, column) }, visible(title))));
  }

  function bodyRow(table, cells, row) {
    return el('tr', {}, cells.map((cell, column) => {
      const rank = table.ranks[row]?.[column] ?? null;
      const first = column === 0 && !table.numeric[0];
      return el(first ? 'th' : 'td', {
        scope: first ? 'row' : null, class: classOf(table, column, rank),
      }, visible(cell), rank ? el('span', { class: 'unseen' }, ` (${RANKS[rank]})`) : null);
    }));
  }

  function classOf(table, column, rank = null) {
    const classes = [table.numeric[column] ? 'number' : null, rank].filter(Boolean);
    return classes.length ? classes.join(' ') : null;
  }

  return { render, grid };
})();
