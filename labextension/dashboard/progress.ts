import { element, setText, show } from './elements';
import { clock, gigabytes } from './format';
import type { IBoard, ILoad } from './run';

/** What the agent does now: the steps of the iteration, the command, and how long both take. */
export class Progress {
  constructor() {
    this.node.append(this._steps, element('div', { class: 'agd-row' }, this._now, this._all));
  }

  readonly node = element('div', { class: 'agd-progress' });

  update(board: IBoard): void {
    this._board = board;
    this._received = Date.now() / 1000;
    if (this._steps.childElementCount !== board.steps.length) {
      this._steps.replaceChildren(
        ...board.steps.map(step =>
          element('li', { title: step.title }, element('span', { class: 'agd-hidden' })),
        ),
      );
    }
    board.steps.forEach((step, i) => {
      const item = this._steps.children[i];
      if (item instanceof HTMLLIElement) {
        item.className = `agd-step-${step.progress}`;
        setText(item, `${step.title}: ${STANDING[step.progress] ?? ''}`);
        item.toggleAttribute('aria-current', step.progress === 'now');
      }
    });
    show(this._steps, board.atWork);
    this.tick();
  }

  /** Let the clocks go on. */
  tick(): void {
    const board = this._board;
    if (board === null) {
      return;
    }
    const passed = board.ticking ? Date.now() / 1000 - this._received : 0;
    const now = board.now + passed;
    const parts: string[] = [];
    if (board.iteration !== null && board.atWork) {
      parts.push(`Iteration ${board.iteration}`);
    }
    parts.push(board.activity);
    setText(this._lead, parts.filter(part => part !== '').join(' · '));
    show(this._command, board.command !== null);
    setText(this._command, board.command ?? '');
    const timing: string[] = [];
    if (board.command !== null && board.commandStarted !== null) {
      timing.push(clock(now - board.commandStarted));
    }
    if (board.stepStarted !== null && board.stepExpected !== null && board.ticking) {
      const left = board.stepExpected - (now - board.stepStarted);
      if (left > 1) {
        timing.push(`about ${clock(left)} to go in this step`);
      }
    }
    setText(this._timing, timing.join(' · '));
    const limit = board.timeLimit === null ? '' : ` of ${clock(board.timeLimit)}`;
    setText(
      this._all,
      `${board.done} of ${board.iterations} iterations done · ${clock(board.seconds + passed)}${limit}`,
    );
  }

  private _board: IBoard | null = null;
  private _received = 0;
  private readonly _steps = element('ol', {
    class: 'agd-steps',
    'aria-label': 'Steps of this iteration',
  });
  private readonly _lead = element('strong');
  private readonly _command = element('code');
  private readonly _timing = element('span', { class: 'agd-dim' });
  private readonly _now = element('span', { class: 'agd-now' }, this._lead, this._command, this._timing);
  private readonly _all = element('span', { class: 'agd-dim' });
}

const STANDING: Readonly<Record<string, string>> = { done: 'done', now: 'at work', todo: 'to do' };

/** How much of each limit is used, and how busy the machine is. */
export class Meters {
  readonly node = element('div', { class: 'agd-meters' });

  update(board: IBoard, load: ILoad): void {
    this._set('iterations', board.done, board.iterations, `${board.done} of ${board.iterations}`);
    if (board.timeLimit !== null) {
      const words = `${clock(board.seconds)} of ${clock(board.timeLimit)}`;
      this._set('time', board.seconds, board.timeLimit, words);
    }
    if (board.budget !== null && board.cost !== null) {
      const words = `$${board.cost.toFixed(2)} of $${board.budget.toFixed(2)}`;
      this._set('money', board.cost, board.budget, words);
    }
    if (load.cpu !== null) {
      this._set('CPU', load.cpu, 1, `${Math.round(100 * load.cpu)} %`);
    }
    if (load.memoryUsed !== null && load.memoryTotal !== null) {
      const words = `${gigabytes(load.memoryUsed)} of ${gigabytes(load.memoryTotal)}`;
      this._set('memory', load.memoryUsed, load.memoryTotal, words);
    }
    load.cards.forEach((card, i) => {
      const words = `${card.name}, ${gigabytes(card.used)} of ${gigabytes(card.total)}`;
      this._set(`GPU ${i}`, card.busy ?? card.used / Math.max(1, card.total), 1, words);
    });
  }

  private _set(name: string, value: number, most: number, words: string): void {
    let meter = this._meters.get(name);
    if (meter === undefined) {
      const bar = element('b');
      const label = element('span', { class: 'agd-dim' });
      const track = element(
        'div',
        { class: 'agd-track', role: 'meter', 'aria-label': name, 'aria-valuemin': '0' },
        bar,
      );
      meter = { bar, label, track };
      this._meters.set(name, meter);
      this.node.append(element('div', { class: 'agd-meter' }, element('span', {}, name), track, label));
    }
    const share = most > 0 ? Math.min(1, value / most) : 0;
    meter.bar.style.width = `${(100 * share).toFixed(1)}%`;
    meter.track.setAttribute('aria-valuemax', String(most));
    meter.track.setAttribute('aria-valuenow', String(Math.min(value, most)));
    meter.track.setAttribute('aria-valuetext', words);
    setText(meter.label, words);
  }

  private readonly _meters = new Map<string, { bar: HTMLElement; label: HTMLElement; track: HTMLElement }>();
}
