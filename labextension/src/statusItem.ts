import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { RunLink } from './runLink';
import type { Runs } from './runs';

/** Where the run of the notebook at hand stands, in the status bar; a click goes to its current cell. */
export class StatusItem extends Widget {
  constructor(
    private readonly _runs: Runs,
    private readonly _trans: TranslationBundle,
    onClick: () => void,
  ) {
    super();
    this._button.type = 'button';
    this._button.className = 'agentomics-StatusItem';
    this._button.addEventListener('click', onClick);
    this.node.append(this._button);
    _runs.changed.connect(this._draw, this);
  }

  /** Whether there is a run to speak of. */
  get isShown(): boolean {
    return this._runs.current?.current != null;
  }

  private _draw(): void {
    const run = this._runs.current?.current ?? null;
    if (run === null) {
      return;
    }
    const text = this._text(run);
    if (this._button.textContent !== text) {
      this._button.textContent = text;
      this._button.title = this._trans.__('%1: go to its current cell', run.run);
    }
  }

  private _text(run: RunLink): string {
    const { standing, refusal } = run;
    if (refusal !== null) {
      return this._trans.__('⚠ agentomics: versions differ');
    }
    if (standing === null) {
      return run.run;
    }
    const parts = [`${standing.mark} ${standing.word}`];
    if (standing.alive && standing.iteration !== null) {
      parts.push(this._trans.__('iteration %1 (%2 in all)', standing.iteration, standing.iterations));
      parts.push(standing.step ?? '');
    }
    if (standing.waiting !== null) {
      parts.push(this._trans.__('waits for you'));
    }
    if (standing.score !== null) {
      parts.push(`★ ${standing.metric} ${standing.score.toFixed(3)}`);
    }
    if (run.waits) {
      parts.push(this._trans.__('cells appear in another tab'));
    }
    return parts.filter(part => part !== '').join(' · ');
  }

  private readonly _button = document.createElement('button');
}
