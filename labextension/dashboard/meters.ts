import { element, setText, show } from './elements';
import { clock, memory, percent } from './format';
import type { IBoard, ILoad } from './run';

interface IMeter {
  readonly node: HTMLElement;
  readonly bar: HTMLElement;
  readonly label: HTMLElement;
  readonly track: HTMLElement;
}

/** How much of each limit is used, and how busy the machine is. */
export class Meters {
  readonly node = element('div', { class: 'agd-meters', role: 'group', 'aria-label': 'Limits and load' });

  update(board: IBoard, load: ILoad): void {
    this._board = board;
    this._received = Date.now() / 1000;
    this._set('iterations', board.done, board.iterations, `${board.done} of ${board.iterations}`);
    this.tick();
    if (board.cost !== null) {
      const of = board.budget === null ? '' : ` of $${board.budget.toFixed(2)}`;
      this._set('money', board.cost, board.budget, `$${board.cost.toFixed(2)}${of}`);
    }
    if (load.cpu !== null) {
      this._set('CPU', load.cpu, 1, percent(load.cpu));
    }
    if (load.memoryUsed !== null && load.memoryTotal !== null) {
      const words = memory(load.memoryUsed, load.memoryTotal);
      this._set('memory', load.memoryUsed, load.memoryTotal, words);
    }
    load.cards.forEach((card, i) => {
      const held = memory(card.used, card.total);
      const words = card.busy === null ? held : `${percent(card.busy)} · ${held}`;
      const name = load.cards.length === 1 ? 'GPU' : `GPU ${i}`;
      this._set(name, card.busy ?? card.used / Math.max(1, card.total), 1, words, `${card.name}: ${words}`);
    });
  }

  /** Let the clock go on. */
  tick(): void {
    const board = this._board;
    if (board !== null) {
      const seconds = board.seconds + (board.ticking ? Date.now() / 1000 - this._received : 0);
      const of = board.timeLimit === null ? '' : ` of ${clock(board.timeLimit)}`;
      this._set('time', seconds, board.timeLimit, `${clock(seconds)}${of}`);
    }
  }

  /** Show a value, as a bar where it has an end. */
  private _set(name: string, value: number, most: number | null, words: string, title = words): void {
    const meter = this._meters.get(name) ?? this._add(name);
    setText(meter.label, words);
    meter.node.title = title;
    show(meter.track, most !== null);
    if (most !== null) {
      const share = most > 0 ? Math.min(1, value / most) : 0;
      meter.bar.style.width = `${(100 * share).toFixed(1)}%`;
      meter.track.setAttribute('aria-valuemax', String(most));
      meter.track.setAttribute('aria-valuenow', String(Math.min(value, most)));
      meter.track.setAttribute('aria-valuetext', words);
    }
  }

  private _add(name: string): IMeter {
    const bar = element('b');
    const label = element('span');
    const attributes = { class: 'agd-track', role: 'meter', 'aria-label': name, 'aria-valuemin': '0' };
    const track = element('div', attributes, bar);
    const node = element(
      'div',
      { class: 'agd-meter' },
      element('div', {}, element('span', { class: 'agd-dim' }, name), label),
      track,
    );
    const meter = { node, bar, label, track };
    this._meters.set(name, meter);
    this.node.append(node);
    return meter;
  }

  private _board: IBoard | null = null;
  private _received = 0;
  private readonly _meters = new Map<string, IMeter>();
}
