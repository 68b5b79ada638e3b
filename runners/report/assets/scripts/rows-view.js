'use strict';

/** The list of rows: filtered, searched and sorted. */
evalrun.rowsView = (() => {
  const { el, button, heading, notice } = evalrun.dom;
  const { counted, integer } = evalrun.format;
  const { href } = evalrun.route;

  // The row that was active when the list was left, by the list's address.
  const left = { address: '', number: 0 };

  /** Return the indexes of the runs that the criteria speak of, loaded or not. */
  function indexesOf(criteria) {
    const keys = evalrun.report.get().runs.map((run) => run.key);
    return keys.filter((key) => !criteria.run || key === criteria.run).map(evalrun.index.of);
  }

  function open({ query }) {
    let criteria = evalrun.criteria.fromQuery(query);
    let selection = null;
    let searching = null;
    let found = null;
    const count = el('p', { class: 'count', role: 'status', 'aria-live': 'polite' });
    const state = el('div', { class: 'state' });
    const address = () => href(['rows'], evalrun.criteria.toQuery(criteria));
    const list = evalrun.list.create({
      label: 'Rows',
      row: (number) => ({ number, ...selection.at(number) }),
      address: ({ index, i }) =>
        href(['row', index.key, index.id[i]], evalrun.criteria.toQuery(criteria)),
      onsort: (key) => change(sortedBy(criteria, key)),
      onactive: ({ number }) => Object.assign(left, { address: address(), number }),
    });
    const filters = evalrun.rowsFilters.create(criteria, change);

    function change(changes) {
      criteria = { ...criteria, ...changes };
      evalrun.route.replace(address());
      start();
    }

    function refresh() {
      const indexes = indexesOf(criteria);
      filters.refill();
      selection = evalrun.selection.select(indexes, criteria, found);
      list.show(evalrun.rowsColumns.of(indexes), criteria, selection.size);
      count.textContent = countText(indexes, selection);
    }

    /** Show what is loaded, load what is not, then search in the pieces if that is asked for. */
    async function start() {
      searching?.abort();
      const own = new AbortController();
      searching = own;
      found = evalrun.criteria.searchesPieces(criteria) ? new Map() : null;
      state.replaceChildren();
      refresh();
      try {
        for (const { key } of indexesOf(criteria)) await evalrun.index.load(key);
        if (found && !own.signal.aborted) await searchPieces(own);
      } catch (error) {
        if (!own.signal.aborted) state.replaceChildren(failure(error));
      }
    }

    async function searchPieces(own) {
      const inIndex = evalrun.selection.select(indexesOf(criteria), { ...criteria, q: '' });
      const all = await evalrun.search.search(inIndex, criteria, own.signal, (progress) => {
        if (own.signal.aborted) return;
        found = progress.found;
        state.replaceChildren(progressBar(progress, () => cancel(own)));
        refresh();
      });
      if (!all) return;
      found = all;
      state.replaceChildren();
      refresh();
    }

    function cancel(own) {
      own.abort();
      state.replaceChildren(
        notice('The search was cancelled: the list holds what it found before.'));
    }

    function failure(error) {
      return el('div', {}, notice(error.message, 'error'), button('Try again', start));
    }

    async function update() {
      try {
        for (const { key } of indexesOf(criteria)) await evalrun.index.load(key);
      } catch (error) {
        state.replaceChildren(failure(error));
      }
    }

    const stopListening = evalrun.index.listen(refresh);
    const save = () => evalrun.exporting.save('rows.csv', evalrun.exporting.csv(selection));
    const element = el('div', { class: 'rows' }, heading('Rows'), filters.element, state,
      el('div', { class: 'list-head' }, count, button('Export CSV', save)), list.element,
      el('p', { class: 'print-note' },
        'Printed are the rows that were in sight; export the list for all.'));

    return {
      element, title: 'Rows',
      shown: () => {
        start();
        if (left.address === address() && left.number) list.moveTo(left.number);
      },
      update,
      dispose: () => { stopListening(); searching?.abort(); },
      keys: {
        '/': filters.focusSearch,
        j: () => list.move(1), ArrowDown: () => list.move(1),
        k: () => list.move(-1), ArrowUp: () => list.move(-1),
        Escape: () => evalrun.route.go(href(['overview'])),
      },
    };
  }

  function sortedBy(criteria, key) {
    if (criteria.sort !== key) return { sort: key, desc: '' };
    return criteria.desc ? { sort: 'order', desc: '' } : { sort: key, desc: '1' };
  }

  function countText(indexes, selection) {
    const loaded = indexes.reduce((sum, index) => sum + index.size, 0);
    const runs = indexes.map((index) => evalrun.report.run(index.key));
    const chunks = runs.reduce((sum, run) => sum + run.index_chunks, 0);
    const here = indexes.reduce((sum, index) => sum + index.current, 0);
    const loading = here < chunks ? ` Loading: ${here} of ${chunks} parts.` : '';
    if (!loaded && !loading) return 'There are no rows.';
    if (!selection.size && !loading) return `None of ${counted(loaded, 'row')} fits the filters.`;
    const most = evalrun.list.MOST_ROWS;
    const cut = selection.size > most ? ` The list shows the first ${integer(most)}.` : '';
    return `${integer(selection.size)} of ${counted(loaded, 'row')}.${cut}${loading}`;
  }

  function progressBar({ done, pieces, hits }, cancel) {
    return el('p', { class: 'progress' },
      el('progress', { max: String(pieces), value: String(done), 'aria-label': 'Search' }),
      ` Searched ${done} of ${counted(pieces, 'piece')}: ${integer(hits)} found. `,
      button('Cancel', cancel));
  }

  return { open, indexesOf };
})();
