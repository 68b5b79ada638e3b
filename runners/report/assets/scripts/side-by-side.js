'use strict';

/** The outputs of two rows next to each other, with the words marked in which they differ. */
evalrun.sideBySide = (() => {
  const { el } = evalrun.dom;
  const format = evalrun.format;
  const { visible } = format;

  function render(rows, runs) {
    const turns = Math.max(...rows.map((row) => row.turns?.length ?? 0));
    const title = `Outputs of ${visible(rows[0].sample)}`;
    return el('section', { class: 'block' }, el('h2', {}, title),
      el('p', { class: 'quiet' }, 'Marked: words that only this output has.'),
      Array.from({ length: turns }, (_, number) => turn(rows, runs, number, turns > 1)));
  }

  function turn(rows, runs, number, several) {
    const turns = rows.map((row) => row.turns?.[number] ?? {});
    const outputs = turns.map((one) => one.output ?? '');
    const { first, second, exact } = evalrun.differences.compare(...outputs);
    return el('div', { class: 'part' },
      several ? el('h3', {}, `Turn ${number + 1}`) : null,
      asked(turns),
      el('div', { class: 'beside' },
        pane(runs[0], rows[0], turns[0], first, 'del'),
        pane(runs[1], rows[1], turns[1], second, 'ins')),
      exact ? null : el('p', { class: 'quiet' },
        'These outputs are too long to be compared word by word: all between what they begin and '
        + 'end with is marked.'));
  }

  function asked(turns) {
    const query = turns.map((one) => one.query).find(Boolean);
    const target = turns.map((one) => one.target).find((one) => one !== undefined && one !== null);
    return [
      query ? [el('h4', {}, 'Question'), evalrun.longText.block(query, 'Question')] : null,
      target === undefined ? null
        : [el('h4', {}, 'Target'), evalrun.longText.block(format.value(target), 'Target')],
    ];
  }

  function pane(run, row, one, parts, name) {
    const scores = format.scores(one.scores ?? row.scores);
    const verdict = [scores, one.status ?? row.status].filter(Boolean).join(', ');
    const address = evalrun.route.href(['row', run.key, row.id]);
    return el('div', { class: 'pane' },
      el('h4', {}, el('a', { href: address }, visible(run.label))),
      el('p', { class: 'quiet' }, visible(verdict)),
      evalrun.longText.marked(parts, name, `Output of ${visible(run.label)}`));
  }

  return { render };
})();
