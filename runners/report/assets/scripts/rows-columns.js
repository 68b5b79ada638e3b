'use strict';

/** The columns of the list of rows: those that say something of the rows that are loaded. */
evalrun.rowsColumns = (() => {
  const { names } = evalrun.index;
  const format = evalrun.format;
  const { visible } = format;
  const CELL_CHARS = 200;

  const cut = (text) => visible(text.slice(0, CELL_CHARS).toWellFormed());
  const nameIn = (column) => ({ index, i }) => cut(names[column].name(index[column][i]));

  const COLUMNS = [
    { key: 'id', label: 'Row', width: 150, link: true, cell: ({ index, i }) => cut(index.id[i]) },
    { key: 'task', label: 'Task', width: 120, cell: nameIn('task') },
    { key: 'group', label: 'Group', width: 100, cell: ({ index, i }) => cut(index.group[i] ?? '') },
    { key: 'epoch', label: 'Epoch', width: 80, numeric: true,
      cell: ({ index, i }) => String(index.epoch[i]) },
    { key: 'status', label: 'Status', width: 95, cell: nameIn('status') },
    { key: 'score', label: 'Score', width: 80, numeric: true,
      cell: ({ index, i }) => format.decimal(index.score[i]) },
    { key: 'latency', label: 'Latency', width: 90, numeric: true,
      cell: ({ index, i }) => format.duration(index.latency_s[i]) },
    { key: 'tokens', label: 'Tokens', width: 80, numeric: true,
      cell: ({ index, i }) => format.integer(index.tokens[i]) },
    { key: 'error', label: 'Error', width: 105, cell: nameIn('error') },
    { key: 'run', label: 'Run', width: 190,
      cell: ({ index }) => cut(evalrun.report.run(index.key).label) },
    { key: 'gist', label: 'Output begins', width: 300, cell: ({ index, i }) => cut(index.gist[i]) },
  ];

  const TELLING = {
    run: (indexes) => indexes.length > 1,
    group: (indexes) => some(indexes, (index, i) => index.group[i] !== null),
    epoch: (indexes) => some(indexes, (index, i) => index.epoch[i] !== 0),
    error: (indexes) => some(indexes, (index, i) => index.error[i] >= 0),
    latency: (indexes) => some(indexes, (index, i) => !Number.isNaN(index.latency_s[i])),
  };

  function some(indexes, test) {
    return indexes.some((index) => {
      for (let i = 0; i < index.size; i += 1) if (test(index, i)) return true;
      return false;
    });
  }

  function of(indexes) {
    return COLUMNS.filter(({ key }) => TELLING[key]?.(indexes) ?? true);
  }

  return { of };
})();
