import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { isDisplayData, type IDisplayData, type IOutput } from '@jupyterlab/nbformat';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

import { isCodeModel } from './cellMark';
import { commsOf } from './comms';
import { isFields } from './protocol';
import { METADATA } from './runCells';

const VIEW = 'application/vnd.jupyter.widget-view+json';
const WIDGETS = 'jupyter.widget';
/**
 * How long, in milliseconds, to wait where it is not clear whether there is a kernel, as while a dialog asks for one. A
 * slow server must not lose a dashboard that lives.
 */
const PATIENCE = 10_000;

/**
 * Lets the static picture of a run show where its widget is gone: in a notebook that was saved while the run was at
 * work and is opened without its kernel, ipywidgets would say "model not found" in its place.
 */
export class DeadWidgets {
  constructor(private readonly _context: DocumentRegistry.IContext<INotebookModel>) {
    const { sessionContext } = _context;
    sessionContext.kernelChanged.connect(() => {
      void this._look();
    });
    sessionContext.statusChanged.connect((_, status) => {
      if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
        this._bury(new Set());
      }
    });
    void _context.ready.then(async () => {
      await Promise.race([sessionContext.ready, new Promise(resolve => setTimeout(resolve, PATIENCE))]);
      await this._look();
    });
  }

  private async _look(): Promise<void> {
    // Most notebooks hold no output of ours; their kernels are not asked.
    if (this._outputs().length === 0) {
      return;
    }
    const { sessionContext } = this._context;
    const kernel = sessionContext.session?.kernel ?? null;
    const alive = kernel === null ? new Set<string>() : await living(kernel);
    if (alive !== null && kernel === (sessionContext.session?.kernel ?? null)) {
      this._bury(alive);
    }
  }

  /** Take the widget out of the outputs whose widget does not live. */
  private _bury(alive: ReadonlySet<string>): void {
    const dead = this._outputs().filter(({ widget }) => !alive.has(widget));
    if (dead.length > 0) {
      const { model } = this._context;
      const { dirty } = model;
      for (const { outputs, index, output } of dead) {
        const kept = Object.entries(output.data).filter(([kind]) => kind !== VIEW);
        outputs.set(index, { ...output, data: Object.fromEntries(kept) });
      }
      model.dirty = dirty; // what the person has not changed need not be saved
    }
  }

  private _outputs(): IFound[] {
    const found: IFound[] = [];
    if (this._context.isDisposed || !this._context.isReady) {
      return found;
    }
    for (const cell of this._context.model.cells) {
      if (!isCodeModel(cell)) {
        continue;
      }
      for (let index = 0; index < cell.outputs.length; index++) {
        const output = cell.outputs.get(index).toJSON();
        const widget = widgetOf(output);
        if (widget !== null && isDisplayData(output)) {
          found.push({ outputs: cell.outputs, index, output, widget });
        }
      }
    }
    return found;
  }
}

interface IFound {
  outputs: { set(index: number, output: IOutput): void };
  index: number;
  output: IDisplayData;
  widget: string;
}

/** Return the id of the widget of an output of ours; null for any other output. */
function widgetOf(output: IOutput): string | null {
  const metadata = isFields(output.metadata) ? output.metadata[METADATA] : null;
  const view = isFields(output.data) ? output.data[VIEW] : null;
  if (!isFields(metadata) || typeof metadata.run !== 'string' || !isFields(view)) {
    return null;
  }
  return typeof view.model_id === 'string' ? view.model_id : '';
}

/** Return the ids of the widgets that live in a kernel; null if it does not say. */
async function living(kernel: Kernel.IKernelConnection): Promise<ReadonlySet<string> | null> {
  try {
    return new Set(await commsOf(kernel, WIDGETS));
  } catch {
    return null;
  }
}
