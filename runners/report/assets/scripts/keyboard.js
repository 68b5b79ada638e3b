'use strict';

/** Keys: those of the whole page, those of the view that is shown, and the list of both. */
evalrun.keyboard = (() => {
  const { el, button } = evalrun.dom;
  const KEYS = [
    ['/', 'search'],
    ['j, ↓', 'next row of the list'],
    ['k, ↑', 'previous row of the list'],
    ['Enter', 'open the row'],
    ['n', 'next row, when one is open'],
    ['p', 'previous row, when one is open'],
    ['Esc', 'leave a field, or go back'],
    ['t', 'light or dark'],
    ['?', 'this list'],
  ];

  let ofView = {};
  let dialog = null;

  /** Let these keys work while the view is shown: {name of a key: function}. */
  function use(keys) {
    ofView = keys;
  }

  function help() {
    dialog ??= helpDialog();
    if (!dialog.open) dialog.showModal();
  }

  function helpDialog() {
    const rows = KEYS.map(([key, meaning]) =>
      el('tr', {}, el('th', { scope: 'row' }, el('kbd', {}, key)), el('td', {}, meaning)));
    const element = el('dialog', { class: 'help', 'aria-labelledby': 'help-title' },
      el('h2', { id: 'help-title' }, 'Keys'),
      el('table', {}, el('tbody', {}, rows)),
      button('Close', () => element.close()));
    document.body.append(element);
    return element;
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
    const typing = event.target.closest?.('input, select, textarea');
    if (typing) {
      if (event.key === 'Escape') typing.blur();
      return;
    }
    const action = ofView[event.key] ?? OF_PAGE[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  const OF_PAGE = { '?': help, t: evalrun.theme.toggle };
  document.addEventListener('keydown', pressed);

  return { use, help };
})();
