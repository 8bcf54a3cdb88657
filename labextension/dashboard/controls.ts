import type { Asking } from './asking';
import { button, element, setText, show } from './elements';
import { duration } from './format';
import type { IBoard } from './run';
import type { IViewState } from './view';

/** Pause, resume, stop, skip a step; approve or reject a cell that waits. */
export class Controls {
  constructor(private readonly _asking: () => Asking) {
    this.node.append(
      this._approve,
      this._reject,
      this._pause,
      this._resume,
      this._skip,
      this._stop,
      this._sure,
    );
    this._sure.append(
      'Stop the run? ',
      button('Yes, stop', () => {
        this._confirm(false);
        this._asking().ask('stop');
      }),
      button('No', () => {
        this._confirm(false);
        this._stop.focus();
      }),
    );
    this._sure.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        this._confirm(false);
        this._stop.focus();
      }
    });
    show(this._sure, false);
  }

  readonly node = element('div', { class: 'agd-controls', role: 'group', 'aria-label': 'Steer the run' });

  update(board: IBoard): void {
    const paused = board.status === 'paused';
    const running = board.status === 'running';
    show(this._approve, board.waiting);
    show(this._reject, board.waiting);
    show(this._pause, running && !board.waiting);
    show(this._resume, paused);
    show(this._skip, running && board.step !== null);
    show(this._stop, board.atWork && this._sure.hidden);
    if (!board.atWork) {
      show(this._sure, false);
    }
    const words = board.step === null ? '' : `: go on without ${board.step.toLowerCase()}`;
    this._skip.title = `Skip step${words}`;
    this._skip.setAttribute('aria-label', this._skip.title);
  }

  private _confirm(asked: boolean): void {
    show(this._sure, asked);
    show(this._stop, !asked);
    if (asked) {
      this._sure.querySelector('button')?.focus();
    }
  }

  private _button(label: string, command: string, kind: string | null = null): HTMLButtonElement {
    return button(
      label,
      () => {
        this._asking().ask(command);
      },
      { class: kind },
    );
  }

  private readonly _approve = this._button('Run the cell', 'approve', 'agd-primary');
  private readonly _reject = this._button('Skip the cell', 'reject');
  private readonly _pause = this._button('Pause', 'pause');
  private readonly _resume = this._button('Resume', 'resume');
  private readonly _skip = this._button('Skip step', 'skip');
  private readonly _stop = button('Stop', () => {
    this._confirm(true);
  });
  private readonly _sure = element('span', {
    class: 'agd-sure',
    role: 'alertdialog',
    'aria-label': 'Stop the run?',
  });
}

/** A line to tell the agent something, and the limits, which may change on the way. */
export class Steering {
  constructor(
    private readonly _asking: () => Asking,
    private readonly _state: IViewState,
  ) {
    this._line.value = _state.hint;
    for (const moved of ['input', 'focus', 'keyup', 'pointerup', 'select']) {
      this._line.addEventListener(moved, () => {
        this._state.hint = this._line.value;
        this.remember();
      });
    }
    this._line.addEventListener('blur', () => {
      // A view that is replaced loses the focus, too: the next one takes it over.
      setTimeout(() => {
        if (this.node.isConnected && !this._isFocused()) {
          this._state.hintSelection = null;
        }
      });
    });
    this._form.addEventListener('submit', event => {
      event.preventDefault();
      if (this._line.value.trim() !== '') {
        this._asking().ask('hint', this._line.value.trim());
        this._line.value = this._state.hint = '';
      }
    });
    for (const kept of ['keydown', 'keyup', 'keypress', 'paste', 'copy', 'cut']) {
      // The notebook has shortcuts of its own for the keys that a person types here.
      this.node.addEventListener(kept, event => {
        event.stopPropagation();
      });
    }
    this._limits.append(
      this._limit('iterations', 'iterations', 'such as 8'),
      this._limit('time_limit', 'time', 'such as 30m'),
      this._limit('budget', 'USD', 'such as 2.50'),
    );
    this.node.append(
      element('div', { class: 'agd-row' }, this._heading, this._said),
      this._form,
      this._hints,
      this._limits,
    );
  }

  readonly node = element('section', { class: 'agd-steering', 'aria-label': 'Steering' });

  /** Remember the cursor; some hosts take the view out, and the cursor with it, before they tell. */
  remember(): void {
    if (this._isFocused()) {
      this._state.hintSelection = [this._line.selectionStart ?? 0, this._line.selectionEnd ?? 0];
    }
  }

  /** Put the cursor back where it was in the view before, once the host has attached this one. */
  restore(frames = 60): void {
    const selection = this._state.hintSelection;
    if (selection === null || frames === 0) {
      return;
    }
    if (!this.node.isConnected) {
      requestAnimationFrame(() => {
        this.restore(frames - 1);
      });
    } else if (document.activeElement === null || document.activeElement === document.body) {
      this._line.focus({ preventScroll: true });
      this._line.setSelectionRange(...selection);
    }
  }

  private _isFocused(): boolean {
    const root = this._line.getRootNode();
    return (root instanceof Document || root instanceof ShadowRoot) && root.activeElement === this._line;
  }

  /** Say what came of the last wish. */
  say(text: string, ok: boolean): void {
    this._state.reply = text;
    setText(this._said, text);
    this._said.classList.toggle('agd-warn', !ok);
  }

  update(board: IBoard): void {
    show(this.node, board.atWork);
    setText(this._said, this._state.reply);
    const told = board.hints.map(hint => `“${hint}”`).join(' · ');
    setText(this._hints, told === '' ? '' : `Told so far: ${told}`);
    show(this._hints, told !== '');
    this._show('iterations', String(board.iterations));
    this._show('time_limit', board.timeLimit === null ? '' : duration(board.timeLimit));
    this._show('budget', board.budget === null ? '' : board.budget.toFixed(2));
    const field = this._fields.get('budget');
    if (field !== undefined) {
      show(field.label, board.cost !== null);
    }
  }

  private _limit(name: string, label: string, placeholder: string): HTMLElement {
    const input = element('input', {
      type: 'text',
      placeholder,
      size: '7',
      'aria-label': `Limit: ${label}`,
    });
    input.addEventListener('change', () => {
      if (input.value.trim() !== '') {
        this._asking().ask('set', `${name}=${input.value.trim()}`);
      }
    });
    const made = element('label', {}, `${label} `, input);
    this._fields.set(name, { label: made, input });
    return made;
  }

  private _show(name: string, value: string): void {
    const field = this._fields.get(name);
    if (field !== undefined && field.input.dataset['told'] !== value) {
      field.input.dataset['told'] = value;
      field.input.value = value;
    }
  }

  private readonly _fields = new Map<string, { label: HTMLElement; input: HTMLInputElement }>();
  private readonly _heading = element('h3', {}, 'Tell the agent');
  private readonly _line = element('input', {
    type: 'text',
    class: 'agd-line',
    placeholder: 'such as: try a small network on the pair matrix next',
    'aria-label': 'Tell the agent something for its next step',
  });
  private readonly _form = element('form', {}, this._line, element('button', { type: 'submit' }, 'Tell'));
  private readonly _said = element('div', { class: 'agd-said', role: 'status', 'aria-live': 'polite' });
  private readonly _hints = element('div', { class: 'agd-dim' });
  private readonly _limits = element(
    'div',
    { class: 'agd-limits' },
    element('span', { class: 'agd-dim' }, 'Ends after'),
  );
}
