'use strict';

/** The first view: tables of results, and how each run stands. */
evalrun.overviewView = (() => {
  const { el, button, select, scrollBox, heading, notice } = evalrun.dom;
  const format = evalrun.format;
  const { visible } = format;
  const { href } = evalrun.route;

  function open() {
    const results = el('div', {});
    const choice = el('div', {});
    let compared = '';

    function fill() {
      const report = evalrun.report.get();
      const focused = results.contains(document.activeElement)
        ? document.activeElement.getAttribute('href') : null;
      results.replaceChildren(...content(report));
      results.querySelectorAll('a').forEach((link) => {
        if (link.getAttribute('href') === focused) link.focus({ preventScroll: true });
      });
      fillChoice(report.runs);
    }

    /** Offer runs to compare; what is chosen stays while there are no other runs. */
    function fillChoice(runs) {
      const offered = JSON.stringify(runs.map((run) => [run.key, run.label]));
      if (offered === compared) return;
      compared = offered;
      choice.replaceChildren(...(runs.length > 1 ? [comparison(runs)] : []));
    }

    fill();
    return { element: el('div', {}, results, choice), title: 'Overview', update: fill };
  }

  function content(report) {
    return [
      heading(visible(report.title)),
      el('p', { class: 'lead' }, `${format.counted(report.runs.length, 'run')}, `
        + `${format.counted(sum(report.runs, (run) => run.rows), 'row')}. `
        + `Made ${format.moment(report.made_at)} by evalrun ${visible(report.version)}.`),
      ...report.tables.map((table) => evalrun.table.render(table)),
      report.runs.length ? runs(report) : notice('This report has no runs.'),
    ];
  }

  function sum(items, valueOf) {
    return items.reduce((total, item) => total + valueOf(item), 0);
  }

  function runs(report) {
    const header = RUN_COLUMNS.map(([title, , kind]) =>
      el('th', { scope: 'col', class: kind ?? null }, title));
    const rows = report.runs.map((run) => el('tr', {}, RUN_COLUMNS.map(([, cell, kind], column) =>
      el(column ? 'td' : 'th', { scope: column ? null : 'row', class: kind ?? null }, cell(run)))));
    return el('section', { class: 'block' }, el('h2', {}, 'Runs'),
      scrollBox('Runs', el('table', { class: 'cells' },
        el('thead', {}, el('tr', {}, header)), el('tbody', {}, rows))));
  }

  const RUN_COLUMNS = [
    ['Run', (run) => el('a', { href: href(['run', run.key]) }, visible(run.label))],
    ['State', (run) => visible(run.state)],
    ['Predicted', (run) => progress(run), 'number'],
    ['Failed', (run) => visible(format.counts(run.failed)) || 'none'],
    ['Statuses', (run) => visible(format.counts(run.statuses)) || format.NONE],
    ['Tokens in', (run) => format.integer(run.usage.input_tokens), 'number'],
    ['Tokens out', (run) => format.integer(run.usage.output_tokens), 'number'],
    ['Cost', (run) => format.dollars(run.usage.cost_usd), 'number'],
    ['Wall time', (run) => format.duration(run.wall_s), 'number'],
    ['Rows', (run) => el('a', {
      href: href(['rows'], new URLSearchParams({ run: run.key })),
      'aria-label': `Rows of ${visible(run.label)}`,
    }, 'rows')],
  ];

  function progress(run) {
    return `${format.integer(run.predicted)} of ${format.integer(run.planned)}`;
  }

  /** Return the form that sets two runs side by side. */
  function comparison(all) {
    const options = all.map((run) => [run.key, visible(run.label)]);
    const first = select(options, all[0].key, null, { 'aria-label': 'First run' });
    const second = select(options, all[1].key, null, { 'aria-label': 'Second run' });
    const go = () => evalrun.route.go(href(['diff', first.value, second.value]));
    return el('section', { class: 'block unprinted' }, el('h2', {}, 'Two runs side by side'),
      el('div', { class: 'controls' }, first, second, button('Compare', go)));
  }

  return { open };
})();
