'use strict';

/**
 * Rows that come apart from the overview: inside the page, or in scripts beside it.
 *
 * A page on a disk may load scripts but fetch nothing, so a piece is a script that calls `provide`.
 * Inside the page the same script stands in an element that is not run, but read.
 */
evalrun.pieces = (() => {
  const KEPT = 12;
  const BACKSLASHES = /\\\\/g;
  const waiting = new Map();
  const requests = new Map();
  const kept = new Map();

  const parsed = new Promise((resolve) => {
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', resolve, { once: true });
    } else {
      resolve();
    }
  });

  function provide(name, text) {
    waiting.get(name)?.(text);
  }

  /** Return the content of piece `name`. Throws an error in words. */
  async function load(name) {
    await parsed;
    const inside = document.getElementById(`pieces/${name}`);
    return JSON.parse(inside ? literalOf(inside.textContent) : await requestOf(name));
  }

  /** Return what the string between the outermost quotes of a piece's script means. */
  function literalOf(script) {
    const start = script.indexOf("', '") + 4;
    return script.slice(start, script.lastIndexOf("'")).replace(BACKSLASHES, '\\');
  }

  /** Return the text of a piece beside the page, asked for once however many wait for it. */
  function requestOf(name) {
    if (!requests.has(name)) {
      requests.set(name, requested(name).finally(() => requests.delete(name)));
    }
    return requests.get(name);
  }

  function requested(name) {
    const { live, made_at: version } = evalrun.report.get();
    const element = document.createElement('script');
    element.src = `pieces/${name}.js${live ? `?v=${encodeURIComponent(version)}` : ''}`;
    return new Promise((resolve, reject) => {
      waiting.set(name, resolve);
      element.onload = () => reject(new Error(`pieces/${name}.js is not a piece of this report.`));
      element.onerror = () => reject(new Error(
        `pieces/${name}.js could not be loaded. The folder "pieces" belongs beside the page.`));
      document.head.append(element);
    }).finally(() => {
      waiting.delete(name);
      element.remove();
    });
  }

  /** Load a piece, and keep the last ones in memory. */
  function loadKept(name) {
    const content = kept.get(name) ?? load(name);
    kept.delete(name);
    kept.set(name, content);
    content.catch(() => kept.delete(name));
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return content;
  }

  /** Return row `i` of an index. Throws an error in words. */
  async function row(index, i) {
    const name = `${index.key}/rows-${index.chunk[i]}`;
    const { rows } = await loadKept(name);
    if (!rows[index.place[i]]) throw new Error(`The piece ${name} does not hold this row.`);
    return rows[index.place[i]];
  }

  /** Forget pieces in memory: those of a run that goes on may have changed. */
  function forget() {
    kept.clear();
  }

  evalrun.provide = provide;
  return { load, row, forget, parsed };
})();
