'use strict';

/**
 * The one global name. Each module is a property of it, and pieces call `evalrun.provide`.
 *
 * Texts of models and data sets reach the page by `dom.el` alone, as text nodes and as attributes
 * of our own choosing: nothing in any module writes markup.
 */
globalThis.evalrun = {};
