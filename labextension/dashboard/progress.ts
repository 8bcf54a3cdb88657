import { element, setText, show } from './elements';
import { clock } from './format';
import type { IBoard } from './run';

/** What the agent does now: the steps of the iteration, the command, and how long both take. */
export class Progress {
  constructor() {
    this.node.append(this._steps, this._now);
  }

  readonly node = element('div', { class: 'agd-progress' });

  update(board: IBoard): void {
    this._board = board;
    this._received = Date.now() / 1000;
    if (this._steps.childElementCount !== board.steps.length) {
      this._steps.replaceChildren(
        ...board.steps.map(step =>
          element(
            'li',
            {},
            element('i'),
            element('span', {}, step.title),
            element('b', { class: 'agd-aside' }),
          ),
        ),
      );
    }
    board.steps.forEach((step, i) => {
      const item = this._steps.children[i];
      if (item instanceof HTMLLIElement) {
        item.className = `agd-step-${step.progress}`;
        const standing = STANDING[step.progress] ?? '';
        item.title = `${step.title}: ${standing}`;
        for (const [place, text] of [
          [1, step.title],
          [2, ` ${standing}`],
        ] as const) {
          const part = item.children[place];
          if (part !== undefined) {
            setText(part, text);
          }
        }
        item.setAttribute('aria-current', step.progress === 'now' ? 'step' : 'false');
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
        timing.push(`about ${clock(left)} to go`);
      }
    }
    setText(this._timing, timing.join(' · '));
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
}

const STANDING: Readonly<Record<string, string>> = { done: 'done', now: 'at work', todo: 'to do' };
