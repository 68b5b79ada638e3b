'use strict';

/** What a list of rows is narrowed to and sorted by; it stands in the address of the page. */
evalrun.criteria = (() => {
  const DEFAULTS = {
    run: '', task: '', status: '', error: '', verdict: '', low: '', high: '', right: '1',
    q: '', in: 'gist', sort: 'order', desc: '',
  };

  function fromQuery(query) {
    const entries = Object.entries(DEFAULTS);
    return Object.fromEntries(entries.map(([key, value]) => [key, query.get(key) ?? value]));
  }

  function toQuery(criteria) {
    const entries = Object.entries(criteria);
    return new URLSearchParams(entries.filter(([key, value]) => value !== DEFAULTS[key]));
  }

  /** Return the score from which a reply counts as right: 1, unless the address says otherwise. */
  function threshold(criteria) {
    const value = Number.parseFloat(criteria.right);
    return Number.isNaN(value) ? 1 : value;
  }

  /** Whether texts that are not in the index are searched. */
  function searchesPieces(criteria) {
    return criteria.q !== '' && criteria.in !== 'gist';
  }

  return { DEFAULTS, fromQuery, toQuery, threshold, searchesPieces };
})();
