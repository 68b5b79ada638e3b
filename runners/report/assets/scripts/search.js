'use strict';

/** Search in the rows themselves, piece by piece. */
evalrun.search = (() => {
  let last = { key: '', found: null };

  /**
   * Find the rows whose texts, or labels, contain what the criteria ask for.
   *
   * Goes through the pieces that hold rows of `selection` and calls `onProgress({done, pieces,
   * hits})` after each. Returns a Map of run keys to Sets of rows, or null when `signal` ended it.
   */
  async function search(selection, criteria, signal, onProgress) {
    const key = keyOf(criteria);
    if (last.key === key) return last.found;
    const found = new Map(selection.indexes.map((index) => [index.key, new Set()]));
    const matches = matcherOf(criteria);
    const pieces = piecesOf(selection);
    let hits = 0;
    for (const [done, { index, chunk, rows }] of pieces.entries()) {
      onProgress({ done, pieces: pieces.length, hits, found });
      const content = await evalrun.pieces.load(`${index.key}/rows-${chunk}`);
      await painted();
      if (signal.aborted) return null;
      const met = rows.filter((i) => matches(content.rows[index.place[i]]));
      met.forEach((i) => found.get(index.key).add(i));
      hits += met.length;
    }
    last = { key, found };
    return found;
  }

  /** Return what an earlier search for the same found; null without one. */
  function earlier(criteria) {
    return last.key === keyOf(criteria) ? last.found : null;
  }

  function keyOf(criteria) {
    const { made_at: version } = evalrun.report.get();
    return JSON.stringify([version, { ...criteria, sort: '', desc: '' }]);
  }

  function matcherOf(criteria) {
    const wanted = criteria.q.toLowerCase();
    if (criteria.in !== 'labels') return (row) => contains(row, wanted);
    return (row) => Object.entries(row?.labels ?? {}).some(
      ([name, value]) => `${name}=${value}`.toLowerCase().includes(wanted));
  }

  function contains(value, wanted) {
    if (typeof value === 'string') return value.toLowerCase().includes(wanted);
    if (value === null || typeof value !== 'object') return false;
    return Object.values(value).some((inner) => contains(inner, wanted));
  }

  function piecesOf(selection) {
    const pieces = new Map();
    for (let number = 0; number < selection.size; number += 1) {
      const { index, i } = selection.at(number);
      const chunk = index.chunk[i];
      const name = `${index.key}/${chunk}`;
      if (!pieces.has(name)) pieces.set(name, { index, chunk, rows: [] });
      pieces.get(name).rows.push(i);
    }
    return [...pieces.values()];
  }

  /** Give the browser a moment to show progress and to hear of a click. */
  function painted() {
    return new Promise((resolve) => { setTimeout(resolve); });
  }

  return { search, earlier };
})();
