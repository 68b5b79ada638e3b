'use strict';

/** Which words of two texts differ: the longest common subsequence of their words. */
evalrun.differences = (() => {
  const WORDS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
  // Cells of the table that is filled; beyond them texts are only compared at their ends.
  const MOST_CELLS = 4_000_000;

  /**
   * Return {first, second, exact}: each text as a list of {text, same}. Where the texts are too
   * long to be compared word by word, all between their common ends differs, and `exact` is false.
   */
  function compare(firstText, secondText) {
    const first = firstText.match(WORDS) ?? [];
    const second = secondText.match(WORDS) ?? [];
    const [head, tail] = commonEnds(first, second);
    const middle = [first, second].map((words) => words.slice(head, words.length - tail));
    const exact = middle[0].length * middle[1].length <= MOST_CELLS;
    const [inFirst, inSecond] = exact ? commonWords(...middle) : [new Set(), new Set()];
    const parts = (words, common) => joined(words.map((text, i) => ({
      text, same: i < head || i >= words.length - tail || common.has(i - head),
    })));
    return { first: parts(first, inFirst), second: parts(second, inSecond), exact };
  }

  function commonEnds(first, second) {
    const most = Math.min(first.length, second.length);
    let head = 0;
    while (head < most && first[head] === second[head]) head += 1;
    let tail = 0;
    while (tail < most - head && first.at(-1 - tail) === second.at(-1 - tail)) tail += 1;
    return [head, tail];
  }

  /** Return the positions, in each list, of a longest common subsequence. */
  function commonWords(first, second) {
    const lengths = lengthsOf(first, second);
    const width = second.length + 1;
    const [inFirst, inSecond] = [new Set(), new Set()];
    let [i, j] = [0, 0];
    while (i < first.length && j < second.length) {
      if (first[i] === second[j]) {
        inFirst.add(i++);
        inSecond.add(j++);
      } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
      else j += 1;
    }
    return [inFirst, inSecond];
  }

  /** Return, for each pair of suffixes, how long their longest common subsequence is. */
  function lengthsOf(first, second) {
    const width = second.length + 1;
    // At most the shorter list's length, which the bound on cells keeps far below 65536.
    const lengths = new Uint16Array((first.length + 1) * width);
    for (let i = first.length - 1; i >= 0; i -= 1) {
      for (let j = second.length - 1; j >= 0; j -= 1) {
        const at = i * width + j;
        lengths[at] = first[i] === second[j]
          ? lengths[at + width + 1] + 1 : Math.max(lengths[at + width], lengths[at + 1]);
      }
    }
    return lengths;
  }

  function joined(parts) {
    const runs = [];
    for (const part of parts) {
      if (runs.at(-1)?.same === part.same) runs.at(-1).text += part.text;
      else runs.push({ ...part });
    }
    return runs;
  }

  return { compare };
})();
