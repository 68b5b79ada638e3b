'use strict';

/**
 * The rows of each run as columns, to filter and sort by.
 *
 * Numbers stand in typed arrays, names as codes that all runs share, so that going through 100,000
 * rows takes milliseconds.
 */
evalrun.index = (() => {
  /** Names with a number each; -1 is no name. */
  class Names {
    #codes = new Map();
    names = [];

    code(name) {
      let code = this.#codes.get(name);
      if (code === undefined) {
        code = this.names.push(name) - 1;
        this.#codes.set(name, code);
      }
      return code;
    }

    name(code) {
      return code < 0 ? '' : this.names[code];
    }
  }

  const names = { task: new Names(), status: new Names(), error: new Names() };
  const NUMBERS = {
    task: Int32Array, status: Int32Array, error: Int32Array, epoch: Int32Array,
    score: Float64Array, latency_s: Float64Array, tokens: Float64Array,
    chunk: Int32Array, place: Int32Array,
  };
  const DICTIONARIES = { task: 'tasks', status: 'statuses', error: 'errors' };
  const TEXTS = ['id', 'sample', 'group', 'gist'];

  /** Rows of one run. Chunks are put one after another, `current` of them up to date so far. */
  class RunIndex {
    size = 0;
    starts = [];
    current = 0;
    outdated = false;
    #byId = null;

    constructor(key) {
      this.key = key;
      for (const [column, Kind] of Object.entries(NUMBERS)) this[column] = new Kind(1024);
      for (const column of TEXTS) this[column] = [];
    }

    /** Return the number of the chunk to load next: the last one again, when it is outdated. */
    next() {
      if (this.outdated) this.current = Math.max(0, this.current - 1);
      this.outdated = false;
      return this.current;
    }

    put(number, chunk) {
      const start = this.starts[number] ?? this.size;
      this.starts.length = number;
      this.starts.push(start);
      this.current = number + 1;
      this.size = start + chunk.id.length;
      this.#byId = null;
      for (const column of Object.keys(NUMBERS)) this.#putNumbers(column, start, chunk);
      for (const column of TEXTS) {
        this[column].length = start;
        for (const text of chunk[column]) this[column].push(text);
      }
    }

    #putNumbers(column, start, chunk) {
      this[column] = grown(this[column], this.size);
      const target = this[column];
      const codes = column in DICTIONARIES
        ? chunk[DICTIONARIES[column]].map((name) => names[column].code(name)) : null;
      chunk[column].forEach((value, i) => {
        if (codes) target[start + i] = value < 0 ? -1 : codes[value];
        else target[start + i] = value ?? NaN;
      });
    }

    /** Return the position of the row called `id`; -1 where there is none. */
    find(id) {
      if (!this.#byId) {
        this.#byId = new Map();
        for (let i = this.size - 1; i >= 0; i -= 1) this.#byId.set(this.id[i].toWellFormed(), i);
      }
      return this.#byId.get(id) ?? -1;
    }
  }

  function grown(array, size) {
    if (array.length >= size) return array;
    const larger = new array.constructor(Math.max(size, array.length * 2));
    larger.set(array);
    return larger;
  }

  const indexes = new Map();
  const loading = new Map();
  const listeners = new Set();

  function of(key) {
    if (!indexes.has(key)) indexes.set(key, new RunIndex(key));
    return indexes.get(key);
  }

  /** Load what is missing of the run's index, chunk by chunk; listeners hear of each. */
  function load(key) {
    if (!loading.has(key)) {
      loading.set(key, loadChunks(key).finally(() => loading.delete(key)));
    }
    return loading.get(key);
  }

  async function loadChunks(key) {
    const index = of(key);
    while (index.next() < evalrun.report.run(key).index_chunks) {
      const number = index.next();
      index.put(number, await evalrun.pieces.load(`${key}/index-${number}`));
      listeners.forEach((listener) => listener());
    }
    return index;
  }

  /** Say that runs went on: what is loaded of them ends in a chunk that may have changed. */
  function outdate() {
    for (const index of indexes.values()) index.outdated = true;
  }

  /** Call `listener` whenever rows arrived; returns what ends that. */
  function listen(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return { of, load, outdate, listen, names };
})();
