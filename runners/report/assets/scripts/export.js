'use strict';

/** Rows that are listed, as a CSV file. */
evalrun.exporting = (() => {
  const { names } = evalrun.index;
  const HEADER = ['run', 'id', 'sample', 'epoch', 'task', 'status', 'score', 'error'];

  /** Return the selection as CSV (RFC 4180): ids as they are, numbers unrounded. */
  function csv(selection) {
    const lines = [HEADER.join(',')];
    for (let number = 0; number < selection.size; number += 1) {
      lines.push(fields(selection.at(number)).map(quoted).join(','));
    }
    return `${lines.join('\r\n')}\r\n`;
  }

  function fields({ index, i }) {
    return [
      evalrun.report.run(index.key).label, index.id[i], index.sample[i], index.epoch[i],
      names.task.name(index.task[i]), names.status.name(index.status[i]),
      Number.isNaN(index.score[i]) ? '' : index.score[i], names.error.name(index.error[i]),
    ];
  }

  function quoted(content) {
    const text = String(content);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  /** Let the browser save `text` as a file. */
  function save(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    evalrun.dom.el('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  return { csv, save };
})();
