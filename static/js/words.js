/* `t(text, gaps)` is what the scripts say, in the language of the page, with {gaps} filled. Catalogs stand in words/. */
globalThis.t = (text, gaps) => (globalThis.words?.[text] ?? text).replace(/{(\w+)}/g, (gap, name) => gaps?.[name] ?? gap);
