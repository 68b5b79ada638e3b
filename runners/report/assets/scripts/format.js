'use strict';

/** Numbers and texts as they are shown. */
evalrun.format = (() => {
  const NONE = '–';
  const integers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const decimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 });
  // Control characters but tab and line feed, and those that turn the direction of text around.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

  function known(value) {
    return typeof value === 'number' && !Number.isNaN(value);
  }

  function integer(value) {
    return known(value) ? integers.format(value) : NONE;
  }

  function decimal(value) {
    return known(value) ? decimals.format(value) : NONE;
  }

  function dollars(value) {
    if (!known(value)) return NONE;
    return `$${value.toFixed(value !== 0 && value < 0.1 ? 4 : 2)}`;
  }

  /** Return a duration: < 1 ms, 42 ms, 0.42 s, 12.3 s, 3 min 5 s, 2 h 7 min. */
  function duration(seconds) {
    if (!known(seconds)) return NONE;
    if (seconds > 0 && seconds < 0.001) return '< 1 ms';
    if (seconds > 0 && seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
    const whole = Math.round(seconds);
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  }

  /** Return a moment as ISO 8601 writes it in UTC in a way that is easier to read. */
  function moment(text) {
    const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d+)?)?(\+00:00|Z)$/.exec(text);
    return parts ? `${parts[1]} ${parts[2]} UTC` : visible(text);
  }

  /** Return `count` with the noun in its number: 1 row, 2 rows. */
  function counted(count, noun, several = `${noun}s`) {
    return `${integer(count)} ${count === 1 ? noun : several}`;
  }

  /** Return `{timeout: 3, server: 1}` as text. */
  function counts(numbers) {
    const entries = Object.entries(numbers).filter(([, count]) => count > 0);
    return entries.map(([name, count]) => `${integer(count)} ${name}`).join(', ');
  }

  function scores(values) {
    const entries = Object.entries(values ?? {});
    return entries.map(([name, value]) => `${name} = ${decimal(value)}`).join(', ');
  }

  /** Return `text` with the characters that cannot be seen, or turn others around, shown. */
  function visible(text) {
    return text.replace(HIDDEN, (character) => {
      const code = character.codePointAt(0);
      if (code < 0x20) return String.fromCodePoint(0x2400 + code);
      return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
    });
  }

  /** Return any JSON value as text: texts as they are, others written out. */
  function value(content) {
    return typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  }

  return {
    NONE, integer, decimal, dollars, duration, moment, counted, counts, scores, visible, value,
  };
})();
