import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { CellDecoration } from './cellDecoration';
import { markOf } from './cellMark';
import { scrollInSightOnly } from './editorScrolling';
import { keepEditorStyles } from './editorStyles';
import type { KernelLinks } from './kernelLinks';
import type { IStanding } from './protocol';
import type { Decision } from './reviewBar';

/** The marks on all agents' cells of one notebook panel. */
export class NotebookMarks {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _links: KernelLinks | null,
    private readonly _decide: (decision: Decision, cell: Cell) => void,
    private readonly _trans: TranslationBundle,
  ) {
    const { content } = _panel;
    content.modelChanged.connect(this._onModel, this);
    _links?.changed.connect(this._onStanding, this);
    this._onModel();
  }

  private _onModel(): void {
    this._panel.content.model?.cells.changed.connect(this._plan, this);
    this._plan();
  }

  /** Look after the notebook has made its widgets. */
  private _plan(): void {
    if (!this._planned) {
      this._planned = true;
      queueMicrotask(() => {
        this._planned = false;
        if (!this._panel.isDisposed) {
          this._decorate();
        }
      });
    }
  }

  private _decorate(): void {
    for (const cell of this._panel.content.widgets) {
      if (!this._decorations.has(cell) && markOf(cell.model) !== null) {
        void cell.ready.then(() => {
          keepEditorStyles(document);
          scrollInSightOnly(cell.editor);
        });
        this._decorations.set(
          cell,
          new CellDecoration(cell, run => this._standing(run), this._decide, this._trans),
        );
      }
    }
  }

  private _standing(run: string): IStanding | null {
    return this._links?.runs.find(link => link.run === run)?.standing ?? null;
  }

  /** Only headings show where the run stands. */
  private _onStanding(): void {
    const best = this._links?.runs.map(link => link.standing?.best ?? -1).join() ?? '';
    if (best !== this._best && !this._panel.isDisposed) {
      this._best = best;
      for (const cell of this._panel.content.widgets) {
        this._decorations.get(cell)?.refresh();
      }
    }
  }

  private readonly _decorations = new WeakMap<Cell, CellDecoration>();
  private _best = '';
  private _planned = false;
}
