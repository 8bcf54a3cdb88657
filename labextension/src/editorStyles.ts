import { isFields } from './protocol';

/** The rules of all editors, as CodeMirror keeps them with the document (style-mod, private to it). */
interface IStyleSet {
  styleTag: HTMLStyleElement;
}

/**
 * Leave the rules of the editors as they are when a new editor writes the same again.
 *
 * The CodeMirror in JupyterLab 4.6.6 and Notebook 7.6.5 writes its style element anew with each editor that is made,
 * also where nothing of it changes (style-mod 4.1.4 no longer does); the browser then works out the style of
 * everything in every editor of the page: 3 ms a cell at first, 20 to 40 ms at two hundred cells. What differs, such
 * as the rules of another theme, is written as ever. Where the document keeps none of this name, cells are only slower.
 */
export function keepEditorStyles(document: Document): void {
  for (const key of Object.getOwnPropertySymbols(document)) {
    const value: unknown = Reflect.get(document, key);
    if (key.description === 'styleSet' && isStyleSet(value)) {
      writeOnlyWhatDiffers(value.styleTag);
    }
  }
}

function isStyleSet(value: unknown): value is IStyleSet {
  return isFields(value) && isFields(value.styleTag) && typeof value.styleTag.textContent === 'string';
}

function writeOnlyWhatDiffers(tag: HTMLStyleElement): void {
  const text = textOf(tag);
  if (text === undefined || Object.hasOwn(tag, 'textContent')) {
    return;
  }
  Object.defineProperty(tag, 'textContent', {
    configurable: true,
    enumerable: true,
    get: () => text.get?.call(tag) as unknown,
    set: (value: unknown) => {
      if (value !== text.get?.call(tag)) {
        text.set?.call(tag, value);
      }
    },
  });
}

/** Return how the browser reads and writes the text of an element. */
function textOf(tag: HTMLStyleElement): PropertyDescriptor | undefined {
  for (let owner: unknown = tag; isFields(owner); owner = Object.getPrototypeOf(owner)) {
    const found = Object.getOwnPropertyDescriptor(owner, 'textContent');
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
