'use strict';

/** Rows of some runs that meet criteria, sorted: what a list shows. */
evalrun.selection = (() => {
  const { names } = evalrun.index;

  /**
   * Rows by one number each, over all runs: `positions` are those selected, and run `r` begins at
   * `bases[r]`.
   */
  class Selection {
    constructor(indexes, bases, positions) {
      Object.assign(this, { indexes, bases, positions });
    }

    get size() {
      return this.positions.length;
    }

    /** Return the run's index and the place in it of the selection's row number `number`. */
    at(number) {
      const position = this.positions[number];
      let run = this.bases.length - 1;
      while (this.bases[run] > position) run -= 1;
      return { index: this.indexes[run], i: position - this.bases[run] };
    }

    /** Return which row of the selection row `i` of run `key` is; -1 for none. */
    find(key, i) {
      const run = this.indexes.findIndex((index) => index.key === key);
      return run < 0 ? -1 : this.positions.indexOf(this.bases[run] + i);
    }
  }

  /** `found` says of each run's key which rows a search in the pieces found (a Set). */
  function select(indexes, criteria, found = null) {
    const bases = [];
    const positions = [];
    let base = 0;
    for (const index of indexes) {
      bases.push(base);
      const test = testOf(index, criteria, found);
      for (let i = 0; i < index.size; i += 1) if (test(i)) positions.push(base + i);
      base += index.size;
    }
    const selection = new Selection(indexes, bases, Uint32Array.from(positions));
    if (criteria.sort !== 'order' || criteria.desc) sort(selection, criteria, base);
    return selection;
  }

  /** Return a test of a row that asks only for what the criteria name. */
  function testOf(index, criteria, found) {
    const tests = [
      ...nameTests(index, criteria), ...scoreTests(index, criteria),
      ...textTests(index, criteria, found),
    ];
    return (i) => tests.every((test) => test(i));
  }

  function nameTests(index, criteria) {
    const asked = ['task', 'status', 'error'].filter((column) => criteria[column]);
    return asked.map((column) => {
      const codes = index[column];
      if (criteria[column] === '*') return (i) => codes[i] >= 0;
      if (criteria[column] === '-') return (i) => codes[i] < 0;
      const code = names[column].names.indexOf(criteria[column]);
      return (i) => code >= 0 && codes[i] === code;
    });
  }

  function scoreTests(index, criteria) {
    const { score } = index;
    const right = evalrun.criteria.threshold(criteria);
    const verdicts = {
      right: (i) => score[i] >= right,
      wrong: (i) => score[i] < right,
      none: (i) => Number.isNaN(score[i]),
    };
    const tests = criteria.verdict in verdicts ? [verdicts[criteria.verdict]] : [];
    const low = Number.parseFloat(criteria.low);
    const high = Number.parseFloat(criteria.high);
    if (!Number.isNaN(low)) tests.push((i) => score[i] >= low);
    if (!Number.isNaN(high)) tests.push((i) => score[i] <= high);
    return tests;
  }

  function textTests(index, criteria, found) {
    if (criteria.q === '') return [];
    if (evalrun.criteria.searchesPieces(criteria)) {
      return found ? [(i) => found.get(index.key)?.has(i) ?? false] : [];
    }
    const wanted = criteria.q.toLowerCase();
    const columns = [index.gist, index.id, index.sample, index.group];
    return [(i) => columns.some((column) => column[i]?.toLowerCase().includes(wanted))];
  }

  /** Sort by a column; rows without a value come last either way, equal ones keep their order. */
  function sort(selection, { sort: column, desc }, total) {
    const keys = keysOf(selection, column, total);
    const sign = desc ? -1 : 1;
    selection.positions.sort((a, b) => {
      const [left, right] = [keys[a], keys[b]];
      if (left === right) return a - b;
      if (left < right) return -sign;
      if (left > right) return sign;
      return missing(left) - missing(right) || a - b;
    });
  }

  function missing(key) {
    return Number(key === null || Number.isNaN(key));
  }

  function keysOf(selection, column, total) {
    const keys = new Array(total).fill(null);
    const valueOf = VALUES[column] ?? ((index, i, position) => position);
    for (const [run, index] of selection.indexes.entries()) {
      const base = selection.bases[run];
      for (let i = 0; i < index.size; i += 1) keys[base + i] = valueOf(index, i, base + i);
    }
    return keys;
  }

  const nameIn = (column) => (index, i) => names[column].name(index[column][i]) || NaN;
  const numberIn = (column) => (index, i) => index[column][i];
  const textIn = (column) => (index, i) => index[column][i] ?? NaN;

  /** Return a text that sorts as `text` does with its numbers as numbers: 9 before 10. */
  function naturally(text) {
    return text.replace(/\d+/g, (digits) => `${Math.min(digits.length, 9)}${digits}`);
  }

  // Comparing anything with NaN is false, which is how rows without a value are told apart.
  const VALUES = {
    run: (index) => evalrun.report.run(index.key).label,
    task: nameIn('task'), status: nameIn('status'), error: nameIn('error'),
    score: numberIn('score'), latency: numberIn('latency_s'), tokens: numberIn('tokens'),
    epoch: numberIn('epoch'), group: textIn('group'), gist: textIn('gist'),
    id: (index, i) => naturally(index.id[i]),
  };

  return { select };
})();
