import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { commsOf } from './comms';
import { readGreeting, TARGET, type IGreeting } from './protocol';
import { RunLink } from './runLink';
import type { SafeOutput } from './safeOutput';

/**
 * The runs that the kernel of one notebook tells of: those it begins, and, after the page was reloaded or the tab
 * was closed, those that it began before.
 */
export class KernelLinks implements IDisposable {
  constructor(private readonly _options: IKernelLinksOptions) {
    const { sessionContext } = _options.context;
    sessionContext.kernelChanged.connect(this._onKernel, this);
    sessionContext.statusChanged.connect(this._onStatus, this);
    _options.context.disposed.connect(this.dispose, this);
    void _options.context.ready.then(() => {
      this._onKernel();
    });
  }

  get context(): DocumentRegistry.IContext<INotebookModel> {
    return this._options.context;
  }

  /** The runs, the newest last. */
  get runs(): readonly RunLink[] {
    return this._runs;
  }

  /** The run that the person means: the newest that is alive, else the newest. */
  get current(): RunLink | null {
    return this._runs.findLast(run => run.standing?.alive === true) ?? this._runs.at(-1) ?? null;
  }

  /** Emitted when runs come, go or change. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when a run wants the notebook saved. */
  get saveRequested(): ISignal<this, void> {
    return this._saveRequested;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      [...this._runs].forEach(run => {
        run.leave();
      });
      Signal.clearData(this);
    }
  }

  private _onKernel(): void {
    const kernel = this.context.sessionContext.session?.kernel ?? null;
    if (this._isDisposed || kernel === null || kernel === this._kernel || !kernel.handleComms) {
      return;
    }
    this._kernel = kernel;
    kernel.registerCommTarget(TARGET, (comm, message) => {
      this._opened(kernel, comm, message.content.data);
    });
    void this._adopt(kernel);
  }

  /** A restarted kernel knows nothing of its runs; `%agentomics attach` opens them anew. */
  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      [...this._runs].forEach(run => {
        run.dispose();
      });
    }
  }

  private _opened(kernel: Kernel.IKernelConnection, comm: Kernel.IComm, data: unknown): void {
    const greeting = readGreeting(data);
    if (greeting === null) {
      comm.close();
      return;
    }
    this._runs
      .filter(run => run.run === greeting.run)
      .forEach(run => {
        run.dispose();
      });
    this._add(kernel, comm, greeting, greeting.control);
  }

  /** Find the comms that the kernel opened before this page was there. */
  private async _adopt(kernel: Kernel.IKernelConnection): Promise<void> {
    for (const id of await commsOf(kernel, TARGET)) {
      if (!kernel.isDisposed && !kernel.hasComm(id)) {
        this._add(kernel, kernel.createComm(TARGET, id), null, true);
      }
    }
  }

  private _add(
    kernel: Kernel.IKernelConnection,
    comm: Kernel.IComm,
    greeting: IGreeting | null,
    control: boolean,
  ): void {
    const run = new RunLink({
      comm,
      kernel,
      context: this.context,
      greeting,
      control,
      safe: this._options.safe,
    });
    run.changed.connect(() => {
      if (run.isDisposed) {
        this._runs = this._runs.filter(other => other !== run);
      }
      this._changed.emit();
    });
    run.saveRequested.connect(() => {
      this._saveRequested.emit();
    });
    this._runs = [...this._runs, run];
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _saveRequested = new Signal<this, void>(this);
  private _runs: RunLink[] = [];
  private _kernel: Kernel.IKernelConnection | null = null;
  private _isDisposed = false;
}

export interface IKernelLinksOptions {
  context: DocumentRegistry.IContext<INotebookModel>;
  safe: SafeOutput;
}
