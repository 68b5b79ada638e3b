'use strict';

/** Two runs on the same samples: who is right where, and how their outputs differ. */
evalrun.diffView = (() => {
  const { el, select, field, heading, notice, facts } = evalrun.dom;
  const format = evalrun.format;
  const { visible } = format;
  const { href } = evalrun.route;
  const CELL_CHARS = 200;
  const SHOWN = [
    ['', 'right in one only'], ['first', 'right in the first only'],
    ['second', 'right in the second only'], ['right', 'right in both'],
    ['wrong', 'right in neither'], ['all', 'all'],
  ];
  const FITS = {
    '': ({ direction }) => direction === 'first' || direction === 'second',
    all: () => true,
  };

  function open({ path: [firstKey, secondKey, id], query }) {
    const options = { show: query.get('show') ?? '', right: query.get('right') ?? '1' };
    const runs = [firstKey, secondKey].map(evalrun.report.run);
    const body = el('div', {}, notice('The rows of both runs are being loaded.'));
    const element = el('div', {}, heading('Two runs side by side'), lead(runs), body);
    const state = { listed: [], list: null, at: -1 };
    let disposed = false;

    const address = (rowId) => href(
      ['diff', firstKey, secondKey, rowId].filter((part) => part !== null), queryOf(options));

    async function shown() {
      try {
        const indexes = [await evalrun.index.load(firstKey), await evalrun.index.load(secondKey)];
        if (disposed) return;
        fill(indexes);
      } catch (error) {
        body.replaceChildren(notice(error.message, 'error'));
      }
    }

    function fill([first, second]) {
      const joined = evalrun.pairs.join(first, second, evalrun.criteria.threshold(options));
      const fits = FITS[options.show] ?? (({ direction }) => direction === options.show);
      state.listed = joined.pairs.filter(fits);
      state.at = state.listed.findIndex(({ i }) => first.id[i].toWellFormed() === id);
      state.list = listOf(state, [first, second], address);
      const detail = el('div', {});
      body.classList.toggle('with-pair', id !== undefined);
      body.replaceChildren(counts(joined), controls(options, change),
        el('p', { class: 'count', role: 'status' }, countText(state.listed.length)),
        state.list.element, detail);
      state.list.show(columnsOf(first, second), {}, state.listed.length);
      if (id !== undefined) showPair(detail, [first, second]);
    }

    async function showPair(detail, [first, second]) {
      if (state.at < 0) {
        detail.replaceChildren(notice(`Row ${visible(id)} is not in this list.`));
        return;
      }
      state.list.moveTo(state.at);
      const { row } = evalrun.pieces;
      const { i, j } = state.listed[state.at];
      try {
        const rows = await Promise.all([row(first, i), row(second, j)]);
        detail.replaceChildren(evalrun.sideBySide.render(rows, runs));
      } catch (error) {
        detail.replaceChildren(notice(error.message, 'error'));
      }
    }

    function change(changes) {
      Object.assign(options, changes);
      evalrun.route.go(address(id ?? null));
    }

    function step(by) {
      const next = state.listed[Math.max(0, state.at + by)];
      if (next) evalrun.route.go(address(evalrun.index.of(firstKey).id[next.i]));
    }

    return {
      element, title: 'Two runs side by side', shown,
      dispose: () => { disposed = true; },
      keys: {
        j: () => state.list?.move(1), ArrowDown: () => state.list?.move(1),
        k: () => state.list?.move(-1), ArrowUp: () => state.list?.move(-1),
        n: () => step(1), p: () => step(-1),
        Escape: () => evalrun.route.go(id === undefined ? href(['overview']) : address(null)),
      },
    };
  }

  function queryOf(options) {
    const defaults = { show: '', right: '1' };
    return new URLSearchParams(
      Object.entries(options).filter(([name, value]) => value !== defaults[name]));
  }

  function lead([first, second]) {
    return el('p', { class: 'lead' }, 'First: ',
      el('a', { href: href(['run', first.key]) }, visible(first.label)), '. Second: ',
      el('a', { href: href(['run', second.key]) }, visible(second.label)), '.');
  }

  function counts({ counts: numbers, apart }) {
    return facts([
      ['Both right', format.integer(numbers.right)], ['Both wrong', format.integer(numbers.wrong)],
      ['Only the first right', format.integer(numbers.first)],
      ['Only the second right', format.integer(numbers.second)],
      ['Rows without a scored counterpart', format.integer(apart)],
    ]);
  }

  function controls(options, onchange) {
    return el('div', { class: 'controls' },
      field('Show', select(SHOWN, options.show, (event) => onchange({ show: event.target.value }))),
      field('Right from', el('input', {
        type: 'number', step: 'any', value: options.right,
        onchange: (event) => onchange({ right: event.target.value }),
      })));
  }

  function countText(count) {
    return count ? `${format.counted(count, 'sample')}.` : 'No sample fits.';
  }

  function listOf(state, [first], address) {
    return evalrun.list.create({
      label: 'Samples of both runs',
      row: (number) => state.listed[number],
      address: ({ i }) => address(first.id[i]),
    });
  }

  function columnsOf(first, second) {
    const cut = (text) => visible(text.slice(0, CELL_CHARS).toWellFormed());
    return [
      { key: 'id', label: 'Row', width: 170, link: true, cell: ({ i }) => cut(first.id[i]) },
      { key: 'task', label: 'Task', width: 130,
        cell: ({ i }) => cut(evalrun.index.names.task.name(first.task[i])) },
      { key: 'left', label: 'First', width: 80, numeric: true,
        cell: ({ i }) => format.decimal(first.score[i]) },
      { key: 'right', label: 'Second', width: 80, numeric: true,
        cell: ({ j }) => format.decimal(second.score[j]) },
      { key: 'leftGist', label: 'First output begins', width: 300,
        cell: ({ i }) => cut(first.gist[i]) },
      { key: 'rightGist', label: 'Second output begins', width: 300,
        cell: ({ j }) => cut(second.gist[j]) },
    ];
  }

  return { open };
})();
