'use strict';

/** A turn of a row, as it is shown: question, reply, verdict and measurements. */
evalrun.turn = (() => {
  const { el, button, facts } = evalrun.dom;
  const format = evalrun.format;
  const { visible } = format;
  const { block } = evalrun.longText;
  const PATH_CHARS = 200;
  const SOUND = /^data:audio\/|\.(aac|flac|m4a|mp3|ogg|opus|wav|weba)$/i;
  const DATA_URL = /^data:(image|audio)\//;
  // Anything but a path that leads from the page: another scheme, another host, a rooted path.
  const ELSEWHERE = /^([a-z][a-z0-9+.-]*:|[\\/])/i;

  /** Return the section of a turn; `number` 0: it is the only one. */
  function render(turn, number) {
    return el('section', { class: 'block turn' }, el('h2', {}, number ? `Turn ${number}` : 'Turn'),
      parts(turn));
  }

  /** Return the replies that led to those of the turns, folded. */
  function intermediate(replies) {
    const title = format.counted(replies.length, 'intermediate reply', 'intermediate replies');
    return folded(title, replies.map((reply, i) => {
      const role = reply.role ? `, ${visible(reply.role)}` : '';
      return el('section', { class: 'step' }, el('h3', {}, `Reply ${i + 1}${role}`), parts(reply));
    }));
  }

  function parts(turn) {
    return [
      text('Question', turn.query), media('Images of the question', turn.images),
      turn.reasoning ? reasoning(turn.reasoning) : null,
      text('Output', turn.output, { copy: true }), media('Files of the reply', turn.files),
      ...(turn.tool_calls ?? []).map(toolCall),
      turn.likelihoods?.length ? likelihoods(turn.likelihoods) : null,
      text('Target', turn.target), text('Extracted answer', turn.answer),
      text('Explanation of the judge', turn.explanation), facts(measurements(turn)),
    ].filter((part) => part !== null);
  }

  /** Return what folds, closed. */
  function folded(title, ...children) {
    return el('details', { class: 'block' }, el('summary', {}, title), children);
  }

  function text(title, content, { copy = false } = {}) {
    if (content === undefined || content === null) return null;
    const written = format.value(content);
    return el('div', { class: 'part' },
      el('div', { class: 'part-head' }, el('h3', {}, title), copy ? copyButton(written) : null),
      block(written, title));
  }

  function reasoning(content) {
    const length = format.counted(content.length, 'character');
    return folded(`Reasoning, ${length}`, block(content, 'Reasoning'));
  }

  function toolCall(call) {
    return el('div', { class: 'part' }, el('h3', {}, `Call of the tool ${visible(call.name)}`),
      block(call.arguments, `Arguments of ${visible(call.name)}`));
  }

  /** Return how likely each choice was to follow, folded. */
  function likelihoods(choices) {
    const texts = choices.some((choice) => choice.text !== undefined);
    const title = `Likelihoods of ${format.counted(choices.length, 'choice')}`;
    return folded(title, evalrun.table.grid({
      title,
      header: ['Choice', 'Log-likelihood', 'Tokens', ...(texts ? ['Text'] : [])],
      rows: choices.map(({ text, logprob, tokens }, i) => [
        String(i + 1), format.decimal(logprob), format.integer(tokens), ...(texts ? [text] : []),
      ]),
      numeric: [true, true, true, false], spans: [], ranks: [],
    }));
  }

  function copyButton(content) {
    const element = button('Copy', async () => {
      element.textContent = (await copied(content)) ? 'Copied' : 'The browser refused';
      setTimeout(() => { element.textContent = 'Copy'; }, 2000);
    });
    return element;
  }

  async function copied(content) {
    try {
      await navigator.clipboard.writeText(content);
      return true;
    } catch {
      return false;
    }
  }

  function media(title, paths) {
    if (!paths?.length) return null;
    return el('div', { class: 'part' }, el('h3', {}, title),
      el('div', { class: 'media' }, paths.map((path, i) => medium(path, `${title}, ${i + 1}`))));
  }

  /** Return an image or a sound that lies beside the page; of any other, where it lies. */
  function medium(path, label) {
    const inside = DATA_URL.test(path);
    if (ELSEWHERE.test(path.trim()) && !inside) {
      return unshown('Not shown, because it is not part of the report', path);
    }
    const src = inside ? path : encodedPath(path);
    const onerror = () => element.replaceWith(unshown('Could not be shown', path));
    const element = SOUND.test(path)
      ? el('audio', { controls: true, preload: 'none', src, 'aria-label': label, onerror })
      : el('img', { loading: 'lazy', src, alt: label, onerror });
    return element;
  }

  function unshown(reason, path) {
    return el('p', { class: 'quiet' }, `${reason}: ${visible(path.slice(0, PATH_CHARS))}`);
  }

  function encodedPath(path) {
    return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
  }

  function measurements(turn) {
    const { usage, timing } = turn;
    return [
      ['Scores', visible(format.scores(turn.scores))], ['Status', visible(turn.status ?? '')],
      ['Subtask', visible(turn.subtask ?? '')], ['Stop reason', visible(turn.stop_reason ?? '')],
      ['Tokens', usage ? tokens(usage) : null],
      ['Cost', usage?.cost_usd ? format.dollars(usage.cost_usd) : null],
      ['Latency', timing ? format.duration(timing.latency_s) : null],
      ['First token after', timing?.ttft_s ? format.duration(timing.ttft_s) : null],
      ['Prefill', timing?.prefill_s ? format.duration(timing.prefill_s) : null],
      ['Decoding', timing?.decode_tokens_per_s
        ? `${format.decimal(timing.decode_tokens_per_s)} tokens/s` : null],
    ];
  }

  function tokens(usage) {
    const cached = usage.cached_tokens ? ` (${format.integer(usage.cached_tokens)} cached)` : '';
    const thought = usage.reasoning_tokens
      ? ` (${format.integer(usage.reasoning_tokens)} reasoning)` : '';
    return `${format.integer(usage.input_tokens)} in${cached}, `
      + `${format.integer(usage.output_tokens)} out${thought}`;
  }

  return { render, intermediate, folded };
})();
