import type { Cell } from '@jupyterlab/cells';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import { Signal, type ISignal } from '@lumino/signaling';

import { DeadWidgets } from './deadWidgets';
import type { Decision } from './reviewBar';
import { KernelLinks } from './kernelLinks';
import type { SafeOutput } from './safeOutput';
import { Saver } from './saver';
import { trimSelectionsSparingly } from './selectionTrimming';

/** Lets other plugins find the runs of a notebook. */
export const IRuns = new Token<Runs>('agentomics-nb:IRuns', 'The agentomics runs of the open notebooks.');

/** The runs of all open notebooks. Two views of one notebook share them. */
export class Runs {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _safe: SafeOutput,
  ) {
    _tracker.forEach(panel => {
      this._watch(panel);
    });
    _tracker.widgetAdded.connect((_, panel) => {
      this._watch(panel);
    });
    _tracker.currentChanged.connect(() => {
      this._changed.emit();
    });
  }

  /** Whether to save after each step. */
  saveAfterStep = true;

  /** Carries out what the person decides about a cell that waits. */
  decide: (decision: Decision, cell: Cell) => void = () => undefined;

  /** Options to write behind the magic. */
  options = '';

  /** The runs of the notebook at hand. */
  get current(): KernelLinks | null {
    const panel = this._tracker.currentWidget;
    return panel === null ? null : this.of(panel);
  }

  /** Emitted when anything that a person can see of a run has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  of(panel: NotebookPanel): KernelLinks | null {
    return this._links.get(panel.context) ?? null;
  }

  private _watch(panel: NotebookPanel): void {
    trimSelectionsSparingly(panel.content);
    const context: DocumentRegistry.IContext<INotebookModel> = panel.context;
    if (this._links.has(context)) {
      return;
    }
    const links = new KernelLinks({ context, safe: this._safe });
    this._links.set(context, links);
    links.changed.connect(() => {
      this._changed.emit();
    });
    new DeadWidgets(context);
    new Saver(links, () => this.saveAfterStep);
  }

  private readonly _links = new WeakMap<DocumentRegistry.IContext<INotebookModel>, KernelLinks>();
  private readonly _changed = new Signal<this, void>(this);
}
