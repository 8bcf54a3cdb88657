/** Asking something of a run: over the labextension where one listens, else over the widget's own channel. */
import { fields, number, text } from './decode';

const PATIENCE = 5000;

export interface IChannel {
  send(message: Record<string, unknown>): void;
  on(event: string, callback: (message: unknown) => void): void;
  off(event: string, callback: (message: unknown) => void): void;
}

/** Sends commands from one element and hears what came of them. */
export class Asking {
  constructor(
    private readonly _root: HTMLElement,
    private readonly _channel: IChannel,
    private readonly _run: () => string,
    private readonly _tell: (text: string, ok: boolean) => void,
  ) {
    _channel.on('msg:custom', this._take);
  }

  dispose(): void {
    this._channel.off('msg:custom', this._take);
    for (const timer of this._timers.values()) {
      clearTimeout(timer);
    }
    this._timers.clear();
  }

  ask(command: string, words: string | null = null): void {
    const request = (this._number += 1);
    this._tell('sent …', true);
    this._timers.set(
      request,
      setTimeout(() => {
        this._answer(request, false, 'No answer yet; the kernel may be busy.');
      }, PATIENCE),
    );
    const event = new CustomEvent('agentomics-ask', {
      bubbles: true,
      composed: true,
      cancelable: true,
      detail: {
        run: this._run(),
        command,
        text: words,
        respond: (ok: boolean, reply: string): void => {
          this._answer(request, ok, reply);
        },
      },
    });
    if (this._root.dispatchEvent(event)) {
      this._channel.send({ type: 'ask', request, command, text: words });
    }
  }

  /** Ask whoever shows the notebook to go to a cell. */
  jump(cell: string): void {
    this._root.dispatchEvent(
      new CustomEvent('agentomics-jump', {
        bubbles: true,
        composed: true,
        detail: { run: this._run(), cell },
      }),
    );
  }

  private readonly _take = (message: unknown): void => {
    const from = fields(message);
    const request = number(from['request']);
    if (from['type'] === 'reply' && request !== null) {
      this._answer(request, from['ok'] === true, text(from['text']));
    }
  };

  private _answer(request: number, ok: boolean, reply: string): void {
    const timer = this._timers.get(request);
    if (timer !== undefined) {
      clearTimeout(timer);
      this._timers.delete(request);
      this._tell(reply, ok);
    }
  }

  private _number = 0;
  private readonly _timers = new Map<number, ReturnType<typeof setTimeout>>();
}
