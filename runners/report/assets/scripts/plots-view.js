'use strict';

/** The plots, each drawn by Plotly when it comes in sight, in the colours of the theme. */
evalrun.plotsView = (() => {
  const { el, heading, notice } = evalrun.dom;
  const { visible } = evalrun.format;
  const { href } = evalrun.route;
  const HEIGHT_PX = 430;
  const narrow = matchMedia('(max-width: 44rem)');
  const CONFIG = {
    displaylogo: false, responsive: true, showSendToCloud: false, plotlyServerURL: '',
  };

  function open({ path: [id] }) {
    const element = el('div', {});
    let frames = [];
    const watcher = new IntersectionObserver((entries) => entries
      .filter((entry) => entry.isIntersecting)
      .forEach((entry) => draw(frames.find((frame) => frame.box === entry.target))),
    { rootMargin: '200px' });

    function fill() {
      const { figures } = evalrun.report.get();
      const before = frames;
      frames = figures.map((figure) => frameOf(figure, before));
      before.filter((frame) => !frames.includes(frame)).forEach(purge);
      const shown = frames.map((frame) => frame.element);
      if (!shown.length) shown.push(notice('This report has no plots.'));
      element.replaceChildren(heading('Plots'), ...shown);
      frames.forEach((frame) => watcher.observe(frame.box));
    }

    const drawAll = () => frames.forEach(draw);
    const redraw = () => frames.forEach((frame) => { if (frame.drawn) draw(frame, true); });
    const stopListening = evalrun.theme.listen(redraw);
    addEventListener('beforeprint', drawAll);
    narrow.addEventListener('change', redraw);
    fill();
    return {
      element, title: 'Plots', update: fill,
      shown: () => frames.find((frame) => frame.figure.id === id)?.element.scrollIntoView(),
      dispose: () => {
        watcher.disconnect();
        stopListening();
        removeEventListener('beforeprint', drawAll);
        narrow.removeEventListener('change', redraw);
        frames.forEach(purge);
      },
      keys: { Escape: () => evalrun.route.go(href(['overview'])) },
    };
  }

  /** Return the frame of a figure: the one that it had `before`, with what is new in it. */
  function frameOf(figure, before) {
    const same = before.find((frame) => frame.figure.id === figure.id);
    if (!same) return describe(newFrame(), figure);
    if (JSON.stringify(same.figure) === JSON.stringify(figure)) return same;
    describe(same, figure);
    if (same.drawn) draw(same, true);
    return same;
  }

  function newFrame() {
    const [title, words] = [el('h2', { class: 'plot-title' }), el('div', {})];
    const box = el('div', { class: 'plot', role: 'img' },
      el('p', { class: 'quiet' }, 'The plot is drawn when it comes in sight.'));
    return { title, box, words, element: el('section', { class: 'block' }, title, box, words) };
  }

  function describe(frame, figure) {
    Object.assign(frame, { figure, drawn: frame.drawn ?? false });
    frame.box.setAttribute('aria-label', visible(figure.alt));
    frame.title.replaceChildren(
      el('a', { href: href(['plots', figure.id]) }, visible(figure.title)));
    frame.words.replaceChildren(
      ...(figure.note ? [el('p', { class: 'notes' }, visible(figure.note))] : []),
      el('details', {}, el('summary', {}, 'The plot in words'), el('p', {}, visible(figure.alt))));
    return frame;
  }

  /** Draw a plot that is not drawn, or draw it `again`; what goes wrong stands in its box. */
  async function draw(frame, again = false) {
    if (frame.drawn && !again) return;
    frame.drawn = true;
    try {
      await evalrun.pieces.parsed;
      if (!globalThis.Plotly) throw new Error('Plotly is not there.');
      if (!again) frame.box.replaceChildren();
      const { data, layout } = structuredClone(frame.figure);
      await globalThis.Plotly.react(frame.box, data, themed(fitting(layout)), CONFIG);
    } catch (error) {
      purge(frame);
      const reason = visible(String(error.message ?? error));
      frame.box.replaceChildren(notice(`The plot could not be drawn: ${reason}`, 'error'));
    }
  }

  function purge({ box, drawn }) {
    if (drawn) globalThis.Plotly?.purge(box);
  }

  /** Return `layout` with the parts that `meta.narrow` has for narrow pages, in one. */
  function fitting(layout) {
    return narrow.matches ? { ...layout, ...layout.meta?.narrow } : layout;
  }

  /** Return `layout` with the colours of the theme wherever it names none of its own. */
  function themed(layout) {
    const { colour } = evalrun.theme;
    const [ink, quiet, line, sheet] = ['--ink', '--quiet', '--line', '--sheet'].map(colour);
    const axis = { gridcolor: line, linecolor: quiet, zerolinecolor: line, automargin: true };
    const ours = {
      font: { color: ink, family: getComputedStyle(document.body).fontFamily },
      paper_bgcolor: sheet, plot_bgcolor: sheet,
      margin: { l: 56, r: 24, t: 24, b: 48 }, xaxis: axis, yaxis: axis, legend: { bgcolor: sheet },
      hoverlabel: { bgcolor: sheet, bordercolor: line, font: { color: ink } },
    };
    const template = templateOf(layout.template, ours);
    const height = layout.height ?? HEIGHT_PX;
    return { ...layout, autosize: true, width: undefined, height, template };
  }

  function templateOf(given, ours) {
    return { ...given, layout: { ...given?.layout, ...ours } };
  }

  return { open };
})();
