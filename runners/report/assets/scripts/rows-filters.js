'use strict';

/** The controls above the list of rows. */
evalrun.rowsFilters = (() => {
  const { el, button, select, field } = evalrun.dom;
  const { visible } = evalrun.format;
  const { names } = evalrun.index;
  const TYPING_MS = 150;

  const SCOPES = [
    ['gist', 'ids and beginnings'], ['text', 'full texts'], ['labels', 'labels (name=value)'],
  ];
  const VERDICTS = [['', 'any'], ['right', 'right'], ['wrong', 'wrong'], ['none', 'no score']];

  /**
   * Return {element, refill, focusSearch}: a form that shows `criteria` and calls
   * `onchange({name: value})`. `refill` puts names that have arrived into the lists of choices.
   */
  function create(criteria, onchange) {
    const choose = (key) => (event) => onchange({ [key]: event.target.value });
    const choices = Object.fromEntries(['task', 'status', 'error'].map((key) =>
      [key, select([], '', choose(key))]));
    const refill = () => Object.entries(choices).forEach(([key, control]) =>
      refillChoice(control, key, criteria[key]));
    const search = searchParts(criteria, onchange);
    refill();
    const element = el('form', { class: 'filters', role: 'search', onsubmit: search.submit },
      el('div', { class: 'controls' }, search.parts),
      more(criteria, [
        runField(criteria, choose('run')),
        field('Task', choices.task), field('Status', choices.status), field('Error', choices.error),
        field('Verdict', select(VERDICTS, criteria.verdict, choose('verdict'))),
        number('Right from', criteria.right, choose('right')),
        number('Score from', criteria.low, choose('low')),
        number('Score to', criteria.high, choose('high')),
        button('Clear filters', () => evalrun.route.go(clearedAddress())),
      ]));
    return { element, refill, focusSearch: () => search.input.focus() };
  }

  /** Return an address that is not the present one even when nothing was filtered. */
  function clearedAddress() {
    const cleared = evalrun.route.href(['rows']);
    return location.hash === cleared ? `${cleared}?` : cleared;
  }

  /** Return the part that folds: open where there is room, or something in it is chosen. */
  function more(criteria, fields) {
    const { q, in: scope, sort, desc, ...chosen } = criteria;
    const open = matchMedia('(min-width: 60rem)').matches
      || Object.entries(chosen).some(([key, value]) => value !== evalrun.criteria.DEFAULTS[key]);
    return el('details', { open, class: 'more-filters' }, el('summary', {}, 'Filters'),
      el('div', { class: 'controls' }, fields));
  }

  function searchParts(criteria, onchange) {
    const input = el('input', {
      type: 'search', 'aria-label': 'Search', placeholder: 'Search', autocomplete: 'off',
      spellcheck: 'false', value: criteria.q,
    });
    const scope = select(SCOPES, criteria.in, () => send(), { 'aria-label': 'Where to search' });
    const send = () => onchange({ q: input.value, in: scope.value });
    const later = debounced(() => { if (scope.value === 'gist') send(); });
    input.addEventListener('input', later);
    const submit = (event) => { event.preventDefault(); send(); };
    return { input, submit, parts: [input, scope, el('button', { type: 'submit' }, 'Search')] };
  }

  function debounced(action) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(action, TYPING_MS);
    };
  }

  function runField(criteria, onchange) {
    const runs = evalrun.report.get().runs.map((run) => [run.key, visible(run.label)]);
    return runs.length < 2 ? null
      : field('Run', select([['', 'all'], ...runs], criteria.run, onchange));
  }

  function number(label, value, onchange) {
    return field(label, el('input', { type: 'number', step: 'any', value, onchange }));
  }

  function refillChoice(control, key, chosen) {
    const known = names[key].names;
    if (control.options.length && control.knownNames === known.length) return;
    control.knownNames = known.length;
    const special = key === 'task' ? [['', 'any']] : [['', 'any'], ['*', 'some'], ['-', 'none']];
    const named = known.map((name) => [name, visible(name)]).sort(([a], [b]) => (a < b ? -1 : 1));
    const missing = chosen && ![...special, ...named].some(([value]) => value === chosen)
      ? [[chosen, visible(chosen)]] : [];
    const value = control.value || chosen;
    control.replaceChildren(...[...special, ...named, ...missing].map(([option, label]) =>
      el('option', { value: option }, label)));
    control.value = value;
  }

  return { create };
})();
