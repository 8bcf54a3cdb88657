import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isEdited } from './cellMark';
import type { ICellMark } from './protocol';

/** What a person may decide about a cell that waits. */
export type Decision = 'approve' | 'edit' | 'reject' | 'stop';

/** The buttons above a cell that waits: run it, change it first, skip it, or stop the run. */
export class ReviewBar {
  /**
   * @param cell - The cell that waits.
   * @param trans - Translates.
   * @param decide - Carries a decision out.
   */
  constructor(
    private readonly _cell: Cell,
    private readonly _trans: TranslationBundle,
    decide: (decision: Decision, cell: Cell) => void,
  ) {
    this.node.className = 'agentomics-Review';
    this.node.setAttribute('role', 'toolbar');
    this.node.setAttribute('aria-label', _trans.__('Decide about this cell'));
    const add = (decision: Decision, label: string): HTMLButtonElement => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = label;
      button.addEventListener('click', () => {
        decide(decision, _cell);
      });
      this.node.append(button);
      return button;
    };
    this._run = add('approve', _trans.__('Run'));
    this._run.classList.add('agentomics-mod-first');
    add('edit', _trans.__('Edit then run'));
    add('reject', _trans.__('Skip'));
    add('stop', _trans.__('Stop the run'));
  }

  readonly node = document.createElement('div');

  /** Say on the first button what it will run. */
  refresh(mark: ICellMark): void {
    const text = isEdited(this._cell.model, mark) ? this._trans.__('Run as edited') : this._trans.__('Run');
    if (this._run.textContent !== text) {
      this._run.textContent = text;
    }
  }

  private readonly _run: HTMLButtonElement;
}
