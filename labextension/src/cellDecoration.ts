import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { isEdited, markOf } from './cellMark';
import type { ICellMark, IStanding } from './protocol';
import { ReviewBar, type Decision } from './reviewBar';

const CLASS = 'agentomics-Cell';

/** The mark on one agent's cell: a quiet line at its side, and above it whose cell it is and how it stands. */
export class CellDecoration implements IDisposable {
  /**
   * @param cell - The cell's widget.
   * @param standing - Tells where the cell's run stands; null if it is not known here.
   * @param decide - Carries out what the person decides about the cell while it waits.
   * @param trans - Translates.
   */
  constructor(
    readonly cell: Cell,
    private readonly _standing: (run: string) => IStanding | null,
    private readonly _decide: (decision: Decision, cell: Cell) => void,
    private readonly _trans: TranslationBundle,
  ) {
    this._label.className = 'agentomics-CellMark';
    cell.model.contentChanged.connect(this.refresh, this);
    cell.model.metadataChanged.connect(this.refresh, this);
    cell.disposed.connect(this.dispose, this);
    this.refresh();
    void cell.ready.then(() => {
      this.refresh(); // a cell out of sight has no header yet
    });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._label.remove();
      this._bar?.node.remove();
      Signal.clearData(this);
    }
  }

  /** Draw the mark as the cell stands now; many calls in a row draw once. */
  refresh(): void {
    if (!this._drawing) {
      this._drawing = true;
      queueMicrotask(() => {
        this._drawing = false;
        if (!this._isDisposed && !this.cell.isDisposed) {
          this._draw();
        }
      });
    }
  }

  private _draw(): void {
    const { node, model } = this.cell;
    const mark = markOf(model);
    if (mark === null) {
      node.classList.remove(CLASS);
      this._label.remove();
      return;
    }
    const edited = this._isEdited(mark);
    node.classList.add(CLASS);
    node.dataset.agentomicsCell = model.id;
    node.dataset.agentomicsStatus = edited && mark.status !== 'waiting' ? 'edited' : mark.status;
    const text = this._text(mark, edited);
    if (this._label.textContent !== text) {
      this._label.textContent = text;
    }
    const header = node.querySelector('.jp-Cell-header');
    if (text === '') {
      this._label.remove();
    } else if (header !== null && this._label.parentElement !== header) {
      header.append(this._label);
    }
    this._offer(header, mark);
  }

  /** Offer the decisions while the cell waits. */
  private _offer(header: Element | null, mark: ICellMark): void {
    if (mark.status !== 'waiting') {
      this._bar?.node.remove();
      this._bar = null;
      return;
    }
    if (this._bar === null && header !== null) {
      this._bar = new ReviewBar(this.cell, this._trans, this._decide);
      header.append(this._bar.node);
    }
    this._bar?.refresh(mark);
  }

  private _isEdited(mark: ICellMark): boolean {
    const source = this.cell.model.sharedModel.getSource();
    if (source !== this._source || mark.source_sha256 !== this._hash) {
      this._source = source;
      this._hash = mark.source_sha256;
      this._edited = isEdited(this.cell.model, mark);
    }
    return this._edited;
  }

  /** Text cells speak for themselves; only the heading of the best iteration says more. */
  private _text(mark: ICellMark, edited: boolean): string {
    const trans = this._trans;
    const parts: string[] = [];
    if (this.cell.model.type === 'code') {
      parts.push(trans.__('%1 planner', mark.planner), mark.step?.replaceAll('_', ' ') ?? '');
      parts.push(this._status(mark.status));
    } else if (mark.step === 'plan' && mark.iteration === this._standing(mark.run)?.best) {
      parts.push(trans.__('★ best so far'));
    }
    if (mark.review !== null) {
      parts.push(decided(mark.review, trans));
    }
    if (edited) {
      parts.push(trans.__('✎ edited by you'));
    }
    if (mark.rerun) {
      parts.push(trans.__('outputs are yours'));
    }
    return parts.filter(part => part !== '').join(' · ');
  }

  private _status(status: string): string {
    const trans = this._trans;
    switch (status) {
      case 'waiting':
        return trans.__('► waits for you');
      case 'running':
        return trans.__('● running');
      case 'ok':
        return trans.__('✓ done');
      case 'error':
        return trans.__('✗ error');
      case 'timeout':
        return trans.__('◷ out of time');
      case 'memory':
        return trans.__('✗ out of memory');
      case 'skipped':
        return trans.__('○ skipped');
      default:
        return trans.__('✗ ended early');
    }
  }

  private readonly _label = document.createElement('div');
  private _bar: ReviewBar | null = null;
  private _source: string | null = null;
  private _hash = '';
  private _edited = false;
  private _drawing = false;
  private _isDisposed = false;
}

function decided(review: { decision: string; by: string | null }, trans: TranslationBundle): string {
  const by = review.by ?? trans.__('someone');
  switch (review.decision) {
    case 'run':
      return trans.__('approved by %1', by);
    case 'edit':
      return trans.__('edited and approved by %1', by);
    case 'skip':
      return trans.__('skipped by %1', by);
    case 'keep':
      return trans.__('kept by %1', by);
    default:
      return '';
  }
}
