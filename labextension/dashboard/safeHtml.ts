/** HTML that the kernel made from Markdown, with everything but plain prose taken out once more. */

const ALLOWED = new Set([
  'P',
  'UL',
  'OL',
  'LI',
  'STRONG',
  'EM',
  'CODE',
  'PRE',
  'H1',
  'H2',
  'H3',
  'H4',
  'H5',
  'BR',
  'HR',
  'BLOCKQUOTE',
  'TABLE',
  'THEAD',
  'TBODY',
  'TR',
  'TH',
  'TD',
]);

/** Return prose as nodes: only the elements above, none with attributes, all else as its text. */
export function prose(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const made = document.createDocumentFragment();
  for (const child of parsed.body.childNodes) {
    made.append(cleaned(child));
  }
  return made;
}

function cleaned(node: Node): Node {
  if (!(node instanceof Element)) {
    return document.createTextNode(node instanceof Text ? node.data : '');
  }
  if (!ALLOWED.has(node.tagName)) {
    return document.createTextNode(node.textContent);
  }
  const made = document.createElement(node.tagName);
  for (const child of node.childNodes) {
    made.append(cleaned(child));
  }
  return made;
}
