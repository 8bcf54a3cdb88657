import type { Cell } from '@jupyterlab/cells';

import { isFields } from './protocol';

/** What watches the page for an editor of CodeMirror; private to it. */
interface IObserver {
  /** Whether the editor is in sight. */
  intersecting: boolean;
  onScrollChanged(event: Event): void;
}

/**
 * Let an editor that is out of sight not answer when the notebook scrolls.
 *
 * Each editor hears of each scroll of the notebook and asks the browser where its own text is scrolled to, which from
 * JupyterLab 4.6 on must first be worked out, as cells out of sight are not laid out: 1 ms a scroll at two hundred
 * cells, and each cell that arrives makes several. An editor measures itself when it comes into sight, whatever it
 * missed meanwhile. Where CodeMirror has none of these names, scrolling is only slower.
 */
export function scrollInSightOnly(editor: Cell['editor']): void {
  const view: unknown = isFields(editor) ? editor.editor : null;
  const observer: unknown = isFields(view) ? view.observer : null;
  if (isObserver(observer)) {
    const answer = observer.onScrollChanged.bind(observer);
    observer.onScrollChanged = event => {
      if (observer.intersecting) {
        answer(event);
      }
    };
  }
}

function isObserver(value: unknown): value is IObserver {
  return (
    isFields(value) && typeof value.intersecting === 'boolean' && typeof value.onScrollChanged === 'function'
  );
}
