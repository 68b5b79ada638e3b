'use strict';

/** The frame of the page, and which view stands in it. */
(() => {
  const { el, button, heading, notice } = evalrun.dom;
  const { visible } = evalrun.format;
  const { href, parse } = evalrun.route;
  const VIEWS = {
    overview: evalrun.overviewView, plots: evalrun.plotsView, rows: evalrun.rowsView,
    row: evalrun.rowView, diff: evalrun.diffView, run: evalrun.runView,
  };
  const main = document.getElementById('main');
  const connection = el('p', { class: 'connection', role: 'status' });
  let view = null;

  function navigation() {
    const links = [['overview', 'Overview'], ['plots', 'Plots'], ['rows', 'Rows']];
    return el('nav', { 'aria-label': 'Views' }, links.map(([name, label]) =>
      el('a', { href: href([name]), 'data-view': name }, label)));
  }

  function header() {
    document.querySelector('header').append(navigation(), connection,
      el('div', { class: 'tools' },
        button('Keys', evalrun.keyboard.help, { 'aria-haspopup': 'dialog' }),
        button('Theme', evalrun.theme.toggle, { title: 'Light or dark' })));
    // The address names a view, so the link that skips to the content must not change it.
    document.querySelector('.skip').addEventListener('click', (event) => {
      event.preventDefault();
      main.focus();
    });
  }

  function show(first = false) {
    view?.dispose?.();
    view = opened(parse(location.hash));
    evalrun.keyboard.use(view.keys ?? {});
    main.replaceChildren(view.element);
    document.title = `${view.title} - ${visible(evalrun.report.get().title)}`;
    mark(parse(location.hash).view);
    if (!first) {
      scrollTo(0, 0);
      main.querySelector('h1')?.focus({ preventScroll: true });
    }
    view.shown?.();
  }

  function opened(route) {
    try {
      if (!Object.hasOwn(VIEWS, route.view)) throw new Error('The report has no such page.');
      return VIEWS[route.view].open(route);
    } catch (error) {
      return {
        title: 'Not found',
        element: el('div', {}, heading('Not found'), notice(visible(error.message), 'error'),
          el('p', {}, el('a', { href: href(['overview']) }, 'To the overview'))),
      };
    }
  }

  function mark(name) {
    const shown = { row: 'rows', run: 'overview', diff: 'overview' }[name] ?? name;
    for (const link of document.querySelectorAll('nav [data-view]')) {
      if (link.dataset.view === shown) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  /** Show what is new; pieces that were loaded may have more in them now. */
  function updated() {
    evalrun.pieces.forget();
    evalrun.index.outdate();
    view.update?.();
  }

  /** Say how the connection is, once: what is said again is read out again. */
  function say(words) {
    if (connection.textContent !== words) connection.textContent = words;
  }

  header();
  show(true);
  addEventListener('hashchange', () => show());
  if (evalrun.report.get().live) {
    evalrun.live.start(updated, say);
  }
})();
