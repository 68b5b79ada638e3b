'use strict';

/** Addresses inside the page: `#/row/r0/some%20id?task=qa` is a path and a query. */
evalrun.route = (() => {
  function parse(hash) {
    const [path, query = ''] = split(hash.replace(/^#?\/?/, ''));
    const [view, ...rest] = path.split('/').map(decoded);
    return { view: view || 'overview', path: rest, query: new URLSearchParams(query) };
  }

  function split(text) {
    const at = text.indexOf('?');
    return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  /** Return the address of a view. Lone surrogates, which no address can hold, are replaced. */
  function href(path, query = new URLSearchParams()) {
    const text = path.map((part) => encodeURIComponent(part.toWellFormed())).join('/');
    const asked = query.toString();
    return `#/${text}${asked ? `?${asked}` : ''}`;
  }

  function go(address) {
    location.hash = address;
  }

  /** Change the address without going anywhere, so that a copied link shows the same. */
  function replace(address) {
    history.replaceState(null, '', address);
  }

  return { parse, href, go, replace };
})();
