'use strict';

/** The overview that the page holds, or that a live page asked for last. */
evalrun.report = (() => {
  let overview = JSON.parse(document.getElementById('overview').textContent);

  function get() {
    return overview;
  }

  function set(next) {
    overview = next;
  }

  /** Return the run of this key. Throws an error in words. */
  function run(key) {
    const found = overview.runs.find((candidate) => candidate.key === key);
    if (!found) throw new Error(`This report has no run ${key}.`);
    return found;
  }

  return { get, set, run };
})();
