'use strict';

/** A page of runs that go on asks its server every two seconds for how they stand. */
evalrun.live = (() => {
  const EVERY_MS = 2000;
  const FOLLOWS = 'Live: the page follows its runs.';
  const ENDED = 'The runs have ended.';
  const LOST = 'The server does not answer; the page asks it again every two seconds.';

  /** Call `onupdate` when the overview changed, `onstate` with words on the connection. */
  function start(onupdate, onstate) {
    let before = '';

    async function ask() {
      const text = await overviewText().catch(() => null);
      if (text !== null && text !== before) {
        before = text;
        evalrun.report.set(JSON.parse(text));
        onupdate();
      }
      const { live } = evalrun.report.get();
      onstate(text === null ? LOST : live ? FOLLOWS : ENDED);
      if (live) setTimeout(ask, EVERY_MS);
    }

    ask();
  }

  async function overviewText() {
    const reply = await fetch('live/overview.json', { cache: 'no-store' });
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    return reply.text();
  }

  return { start };
})();
