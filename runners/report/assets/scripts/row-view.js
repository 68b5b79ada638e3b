'use strict';

/** One row: what was asked, replied and judged, turn by turn. */
evalrun.rowView = (() => {
  const { el, button, heading, notice, facts } = evalrun.dom;
  const format = evalrun.format;
  const { visible } = format;
  const { href } = evalrun.route;

  function open({ path: [key, id], query }) {
    const criteria = evalrun.criteria.fromQuery(query);
    const body = el('div', {}, notice('The row is being loaded.'));
    const beside = el('nav', { class: 'controls', 'aria-label': 'Rows of the list' });
    const title = `Row ${visible(id ?? '')}`;
    const element = el('div', {}, heading(title), beside, body);
    const links = { previous: null, next: null, list: href(['rows'], query) };
    let disposed = false;

    async function shown() {
      try {
        const run = evalrun.report.run(key);
        fillBeside();
        await evalrun.index.load(key);
        const row = await rowOf(key, id);
        body.replaceChildren(...content(row, run));
        await neighbours();
      } catch (error) {
        body.replaceChildren(notice(error.message, 'error'));
      }
    }

    /** Find the rows before and after this one in the list from which it was opened. */
    async function neighbours() {
      const indexes = evalrun.rowsView.indexesOf(criteria);
      for (const index of indexes) await evalrun.index.load(index.key);
      if (disposed) return;
      const found = evalrun.search.earlier(criteria);
      const selection = evalrun.selection.select(indexes, criteria, found);
      const number = selection.find(key, evalrun.index.of(key).find(id));
      const at = (other) => (number < 0 || other < 0 || other >= selection.size
        ? null : addressOf(selection.at(other), query));
      Object.assign(links, { previous: at(number - 1), next: at(number + 1) });
      fillBeside(number < 0 ? 'not in the list'
        : `${format.integer(number + 1)} of ${format.integer(selection.size)}`);
    }

    function fillBeside(place = '') {
      beside.replaceChildren(
        el('a', { class: 'button', href: links.list }, 'Back to the list'),
        step('Previous', 'previous'), step('Next', 'next'), el('span', { class: 'quiet' }, place));
    }

    function step(label, name) {
      return button(label, () => follow(name), { disabled: links[name] === null });
    }

    function follow(name) {
      if (links[name] !== null) evalrun.route.go(links[name]);
    }

    return {
      element, title, shown,
      dispose: () => { disposed = true; },
      keys: {
        n: () => follow('next'), p: () => follow('previous'), Escape: () => follow('list'),
      },
    };
  }

  function addressOf({ index, i }, query) {
    return href(['row', index.key, index.id[i]], query);
  }

  /** Return the row itself. Throws an error in words. */
  function rowOf(key, id) {
    const index = evalrun.index.of(key);
    const i = index.find(id);
    if (i < 0) throw new Error(`The run has no row ${visible(id ?? '')}.`);
    return evalrun.pieces.row(index, i);
  }

  function content(row, run) {
    const turns = row.turns ?? [];
    return [
      facts(summary(row, run)),
      row.error ? section('Error', evalrun.longText.block(row.error, 'Error')) : null,
      context(row),
      row.intermediate?.length ? evalrun.turn.intermediate(row.intermediate) : null,
      turns.map((turn, number) => evalrun.turn.render(turn, turns.length > 1 ? number + 1 : 0)),
      row.messages?.length ? evalrun.turn.folded('Messages', row.messages.map(message)) : null,
      row.kv ? evalrun.turn.folded('KV cache', evalrun.longText.tree(row.kv)) : null,
    ].flat().filter((part) => part !== null);
  }

  function summary(row, run) {
    const labels = Object.entries(row.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    return [
      ['Run', el('a', { href: href(['run', run.key]) }, visible(run.label))],
      ['Sample', visible(row.sample)], ['Epoch', String(row.epoch)], ['Task', visible(row.task)],
      ['Group', visible(row.group ?? '')], ['Labels', visible(labels.join(', '))],
      ['Status', visible(row.status ?? '')], ['Scores', visible(format.scores(row.scores))],
    ];
  }

  function section(title, ...children) {
    return el('section', { class: 'block' }, el('h2', {}, title), children);
  }

  function context(row) {
    if (row.context === undefined || row.context === null) return null;
    const length = row.context_chars ?? 0;
    const shown = row.context.length < length
      ? `its first ${format.counted(row.context.length, 'character')} of ${format.integer(length)}`
      : format.counted(length, 'character');
    return evalrun.turn.folded(`Context, ${shown}`, evalrun.longText.block(row.context, 'Context'));
  }

  function message(content) {
    const role = typeof content?.role === 'string' ? content.role : 'message';
    const said = typeof content?.content === 'string' ? content.content : format.value(content);
    return el('div', {}, el('h4', {}, visible(role)), evalrun.longText.block(said, role));
  }

  return { open };
})();
