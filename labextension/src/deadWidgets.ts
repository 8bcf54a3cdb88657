import { isDisplayData } from '@jupyterlab/nbformat';

import { isCodeModel } from './cellMark';
import type { KernelLinks } from './kernelLinks';
import { METADATA } from './runCells';
import { isFields } from './protocol';

const WIDGET = 'application/vnd.jupyter.widget-view+json';
const PATIENCE = 2500;

/**
 * Lets the static picture of a run show where its widget cannot: a notebook that was saved while a run was at work,
 * and is opened without the kernel that knows the widget, would show an error in its place.
 */
export class DeadWidgets {
  constructor(private readonly _links: KernelLinks) {
    const { context } = _links;
    const look = (): void => {
      this._plan();
    };
    void context.ready.then(look);
    context.sessionContext.kernelChanged.connect(look);
    context.sessionContext.statusChanged.connect((_, status) => {
      if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
        look();
      }
    });
    _links.changed.connect(() => {
      if (_links.runs.length !== this._known) {
        this._known = _links.runs.length;
        look();
      }
    });
  }

  private _plan(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      this._strip();
    }, PATIENCE);
  }

  private _strip(): void {
    const { context } = this._links;
    if (context.isDisposed) {
      return;
    }
    const { model } = context;
    const wasDirty = model.dirty;
    for (const cell of model.cells) {
      if (!isCodeModel(cell)) {
        continue;
      }
      const { outputs } = cell;
      for (let i = 0; i < outputs.length; i++) {
        const output = outputs.get(i).toJSON();
        if (!isDisplayData(output) || !(WIDGET in output.data)) {
          continue;
        }
        const ours: unknown = output.metadata[METADATA];
        if (isFields(ours) && !this._isAlive(ours.run)) {
          const kept = Object.entries(output.data).filter(([kind]) => kind !== WIDGET);
          outputs.set(i, { ...output, data: Object.fromEntries(kept) });
        }
      }
    }
    model.dirty = wasDirty;
  }

  private _isAlive(run: unknown): boolean {
    return this._links.runs.some(link => link.run === run || link.run === '');
  }

  private _timer = 0;
  private _known = 0;
}
