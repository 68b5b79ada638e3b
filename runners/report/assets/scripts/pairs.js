'use strict';

/** Rows of two runs that answer the same sample in the same epoch, and who of them is right. */
evalrun.pairs = (() => {
  const DIRECTIONS = ['first', 'second', 'right', 'wrong'];

  /**
   * Join two loaded indexes. Returns {pairs, counts, apart}: `pairs` are {i, j, direction}, where
   * direction says who is right (`first`, `second`, `right`: both, `wrong`: neither), `apart` is
   * how many rows have no counterpart with a score, or no score.
   */
  function join(first, second, threshold) {
    const places = new Map();
    for (let j = 0; j < second.size; j += 1) places.set(keyOf(second, j), j);
    const pairs = [];
    const counts = Object.fromEntries(DIRECTIONS.map((direction) => [direction, 0]));
    for (let i = 0; i < first.size; i += 1) {
      const j = places.get(keyOf(first, i));
      if (j === undefined) continue;
      const direction = directionOf(first.score[i], second.score[j], threshold);
      if (direction === null) continue;
      pairs.push({ i, j, direction });
      counts[direction] += 1;
    }
    return { pairs, counts, apart: first.size + second.size - 2 * pairs.length };
  }

  function keyOf(index, i) {
    return JSON.stringify([index.sample[i], index.epoch[i]]);
  }

  function directionOf(left, right, threshold) {
    if (Number.isNaN(left) || Number.isNaN(right)) return null;
    if (left >= threshold) return right >= threshold ? 'right' : 'first';
    return right >= threshold ? 'second' : 'wrong';
  }

  return { join };
})();
