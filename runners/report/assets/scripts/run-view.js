'use strict';

/** One run: what it is, how it stands, its configuration and where its parts come from. */
evalrun.runView = (() => {
  const { el, facts, heading } = evalrun.dom;
  const format = evalrun.format;
  const { visible } = format;
  const { href } = evalrun.route;

  function open({ path: [key] }) {
    const element = el('div', {});
    const fill = () => element.replaceChildren(...content(evalrun.report.run(key)));
    fill();
    const title = visible(evalrun.report.run(key).label);
    const back = () => evalrun.route.go(href(['overview']));
    return { element, title, update: fill, keys: { Escape: back } };
  }

  function content(run) {
    const rows = href(['rows'], new URLSearchParams({ run: run.key }));
    return [
      heading(visible(run.label)),
      el('p', { class: 'lead' },
        el('a', { href: rows }, `${format.counted(run.rows, 'row')} of this run`)),
      block('What it is', facts(identity(run))),
      block('How it stands', facts(standing(run))),
      run.notes.length ? block('Notes', notes(run)) : null,
      block('Provenance', evalrun.longText.tree(run.provenance)),
      block('Configuration', evalrun.longText.block(run.config, 'Configuration')),
    ].filter((part) => part !== null);
  }

  function block(title, ...children) {
    return el('section', { class: 'block' }, el('h2', {}, title), children);
  }

  function notes(run) {
    return el('ul', { class: 'notes' }, run.notes.map((note) => el('li', {}, visible(note))));
  }

  function identity(run) {
    return [
      ['Recipe', visible(run.recipe)], ['Model', visible(run.model)],
      ['KV method', visible(run.kv)],
      ['Protocol', visible(run.protocol)], ['Scorer', visible(run.scorer)],
      ['Tasks', visible(run.tasks.join(', '))], ['Metrics', visible(run.metrics.join(', '))],
      ['Folder', visible(run.folder)],
    ];
  }

  function standing(run) {
    const { usage } = run;
    return [
      ['State', visible(run.state)], ['Started', format.moment(run.started_at)],
      ['Wall time', format.duration(run.wall_s)],
      ['Predicted', `${format.integer(run.predicted)} of ${format.integer(run.planned)}`],
      ['Failed', visible(format.counts(run.failed)) || 'none'],
      ['Statuses', visible(format.counts(run.statuses))],
      ['Tokens in', tokens(usage.input_tokens, usage.cached_tokens, 'cached')],
      ['Tokens out', tokens(usage.output_tokens, usage.reasoning_tokens, 'reasoning')],
      ['Cost', format.dollars(usage.cost_usd)],
    ];
  }

  function tokens(all, some, what) {
    const part = some ? `, ${format.integer(some)} of them ${what}` : '';
    return `${format.integer(all)}${part}`;
  }

  return { open };
})();
