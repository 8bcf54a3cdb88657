import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import { KernelMessage, type Kernel } from '@jupyterlab/services';
import { PromiseDelegate, UUID, type JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import {
  CONTROL_MESSAGE,
  PROTOCOL,
  readIncoming,
  type ICellEntry,
  type IGreeting,
  type Incoming,
  type IStanding,
  type Outgoing,
} from './protocol';
import { RunCells } from './runCells';
import type { SafeOutput } from './safeOutput';
import { VERSION } from './version';

const ACK_INTERVAL = 200;
const REPLY_LIMIT = 5000;
const MOST_FAILURES = 5;

/**
 * The line between one run in the kernel and one notebook: says hello, takes cells in if this page has the lease,
 * acknowledges, asks again after a gap, and carries the person's commands.
 */
export class RunLink implements IDisposable {
  constructor(options: IRunLinkOptions) {
    this._options = options;
    this._comm = options.comm;
    this._comm.onMsg = message => {
      this._onMessage(message.content.data);
    };
    this._comm.onClose = () => {
      this.dispose();
    };
    if (options.greeting === null) {
      this._send({ type: 'who' });
    } else {
      this._begin(options.greeting);
    }
  }

  /** The run's name; empty until the kernel has told it. */
  get run(): string {
    return this._greeting?.run ?? '';
  }

  /** Beginning of all ids of the run's cells. */
  get digest(): string {
    return this._greeting?.digest ?? '';
  }

  get context(): DocumentRegistry.IContext<INotebookModel> {
    return this._options.context;
  }

  get standing(): IStanding | null {
    return this._standing;
  }

  /** Whether the cells appear in this page, and not in another tab. */
  get writes(): boolean {
    return this._holder === this._client;
  }

  /** Whether another page writes the cells. */
  get waits(): boolean {
    return this._holder !== null && !this.writes;
  }

  /** Why the kernel and this extension do not work together; null while they do. */
  get refusal(): string | null {
    return this._refusal;
  }

  /** Emitted when anything that a person can see of the run has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the notebook should be saved. */
  get saveRequested(): ISignal<this, void> {
    return this._saveRequested;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this._ackTimer);
    this._cells?.dispose();
    for (const request of this._requests.values()) {
      request.reject(new Error('The kernel is gone.'));
    }
    this._requests.clear();
    this._changed.emit();
    Signal.clearData(this);
  }

  /** Tell the kernel that this page closes. */
  leave(): void {
    this._send({ type: 'bye' });
    this.dispose();
  }

  /** Let the cells appear in this page. */
  take(): void {
    this._send({ type: 'take' });
  }

  /** Ask something of the run; resolves with one sentence to show. */
  async ask(command: string, options: { text?: string; cell?: string } = {}): Promise<IReply> {
    const request = UUID.uuid4();
    const reply = new PromiseDelegate<IReply>();
    this._requests.set(request, reply);
    this._send({ type: 'ask', request, command, ...options });
    const timer = window.setTimeout(() => {
      reply.reject(new Error('The kernel did not answer.'));
    }, REPLY_LIMIT);
    try {
      return await reply.promise;
    } finally {
      window.clearTimeout(timer);
      this._requests.delete(request);
    }
  }

  private _begin(greeting: IGreeting): void {
    this._greeting = greeting;
    this._cells?.dispose();
    this._cells = new RunCells({
      model: this.context.model,
      digest: greeting.digest,
      anchor: greeting.cell,
      safe: this._options.safe,
    });
    this._cells.taken.connect((_, taken) => {
      this._send({ type: 'taken', ...taken });
      this._saveRequested.emit();
    });
    this._cells.replaced.connect(() => {
      this._hello();
    });
    this._hello();
  }

  private _hello(): void {
    if (this._cells === null) {
      return;
    }
    this._waiting = true;
    this._send({
      type: 'hello',
      protocol: PROTOCOL,
      version: VERSION,
      known: this._cells.known(),
    });
  }

  private _onMessage(data: unknown): void {
    const message = readIncoming(data);
    if (message === null || this._isDisposed) {
      return;
    }
    if ('n' in message) {
      this._count(message);
    }
    this._take(message);
    if ('n' in message) {
      this._acknowledge(message.type === 'ping' || message.type === 'save');
    }
  }

  /** Notice a message that was lost on the way: the server drops some when a kernel sends too much. */
  private _count(message: Incoming & { n: number }): void {
    const gap = this._last !== 0 && message.n !== this._last + 1;
    this._last = message.n;
    if (gap && this.writes && !this._waiting) {
      this._hello();
    }
  }

  private _take(message: Incoming): void {
    switch (message.type) {
      case 'greeting':
        if (message.client === this._client && this._cells === null) {
          this._begin(message.greeting);
        }
        break;
      case 'lease':
        this._onLease(message.holder);
        break;
      case 'cells':
        if (message.for === this._client && this.writes && !this._waiting) {
          this._apply(message.cells);
        }
        break;
      case 'standing':
        this._standing = message.standing;
        this._changed.emit();
        break;
      case 'save':
        if (message.for === this._client && this.writes) {
          this._saveRequested.emit();
        }
        break;
      case 'resync':
        if (message.client === this._client) {
          this._hello();
        }
        break;
      case 'refused':
        if (message.client === this._client) {
          this._refusal = message.text;
          this._changed.emit();
        }
        break;
      case 'reply':
        this._requests.get(message.request)?.resolve({ ok: message.ok, text: message.text });
        break;
      case 'ping':
        break;
    }
  }

  /** Take cells in; if that fails, begin anew with what the notebook holds, but not for ever. */
  private _apply(cells: readonly ICellEntry[]): void {
    try {
      this._cells?.apply(cells);
    } catch (error) {
      console.error('agentomics-nb could not show cells', error);
      if (this._failures++ < MOST_FAILURES) {
        this._hello();
      }
    }
  }

  private _onLease(holder: string | null): void {
    const inherited = holder === this._client && this.waits;
    this._holder = holder;
    if (inherited) {
      void this._inherit();
    } else if (this.writes) {
      this._waiting = false;
    }
    this._changed.emit();
  }

  /** Take over from a page that is gone: what it saved is newer than what stands here. */
  private async _inherit(): Promise<void> {
    this._waiting = true;
    if (!this.context.model.dirty && !this.context.model.collaborative) {
      await this.context.revert();
    }
    if (!this._isDisposed) {
      this._hello();
    }
  }

  private _acknowledge(atOnce: boolean): void {
    if (atOnce) {
      this._sendAck();
    } else if (this._ackTimer === 0) {
      this._ackTimer = window.setTimeout(() => {
        this._sendAck();
      }, ACK_INTERVAL);
    }
  }

  private _sendAck(): void {
    window.clearTimeout(this._ackTimer);
    this._ackTimer = 0;
    if (!this._isDisposed && this._refusal === null) {
      this._send({ type: 'ack', n: this._last });
    }
  }

  /** Send over the control channel: it is answered while the kernel is busy with the person's cell. */
  private _send(message: Outgoing): void {
    const { kernel, control } = this._options;
    const data = { ...message, client: this._client } as unknown as JSONObject;
    if (kernel.isDisposed || this._comm.isDisposed) {
      return;
    }
    if (!control) {
      this._comm.send(data);
      return;
    }
    const content = { comm_id: this._comm.commId, data };
    const envelope = KernelMessage.createMessage({
      msgType: 'comm_msg',
      channel: 'control',
      session: kernel.clientId,
      username: kernel.username,
      content,
    } as unknown as KernelMessage.IOptions<KernelMessage.IInfoRequestMsg>);
    (envelope.header as { msg_type: string }).msg_type = CONTROL_MESSAGE;
    kernel.sendControlMessage(envelope as unknown as KernelMessage.IControlMessage, false, true);
  }

  private readonly _options: IRunLinkOptions;
  private readonly _comm: Kernel.IComm;
  private readonly _client = UUID.uuid4();
  private readonly _requests = new Map<string, PromiseDelegate<IReply>>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _saveRequested = new Signal<this, void>(this);
  private _cells: RunCells | null = null;
  private _greeting: IGreeting | null = null;
  private _standing: IStanding | null = null;
  private _holder: string | null = null;
  private _refusal: string | null = null;
  private _waiting = true;
  private _failures = 0;
  private _last = 0;
  private _ackTimer = 0;
  private _isDisposed = false;
}

export interface IRunLinkOptions {
  comm: Kernel.IComm;
  kernel: Kernel.IKernelConnection;
  context: DocumentRegistry.IContext<INotebookModel>;
  /** What the kernel said when it opened the comm; null for a comm that was there before this page. */
  greeting: IGreeting | null;
  /** Whether the kernel listens on the control channel. */
  control: boolean;
  safe: SafeOutput;
}

export interface IReply {
  ok: boolean;
  text: string;
}
