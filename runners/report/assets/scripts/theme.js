'use strict';

/** Light or dark: as the system says, until a person chooses. */
evalrun.theme = (() => {
  const KEY = 'evalrun-theme';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const printing = matchMedia('print');
  const listeners = new Set();

  function current() {
    return document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
  }

  function apply(theme) {
    document.documentElement.dataset.theme = theme;
    tell();
  }

  function toggle() {
    const theme = current() === 'dark' ? 'light' : 'dark';
    apply(theme);
    remember(theme);
  }

  /** Keep the choice; a page on a disk may not be allowed to. */
  function remember(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // The choice holds until the page is closed.
    }
  }

  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function tell() {
    listeners.forEach((listener) => listener());
  }

  /** Call `listener` whenever colours change; returns what ends that. */
  function listen(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Return what a CSS variable of a colour is now, such as rgb(20, 20, 20). */
  function colour(variable) {
    const probe = document.createElement('span');
    probe.style.color = `var(${variable})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  const chosen = remembered();
  if (chosen === 'dark' || chosen === 'light') apply(chosen);
  dark.addEventListener('change', tell);
  printing.addEventListener('change', tell);

  return { current, toggle, listen, colour };
})();
