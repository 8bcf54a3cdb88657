import type { KernelLinks } from './kernelLinks';

const DELAY = 500;

/** Saves the notebook after a step, so that a closed tab loses little; many requests in a row make one. */
export class Saver {
  /**
   * @param links - The runs of the notebook.
   * @param wanted - Tells whether the person wants it.
   */
  constructor(
    private readonly _links: KernelLinks,
    private readonly _wanted: () => boolean,
  ) {
    _links.saveRequested.connect(this._plan, this);
  }

  private _plan(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      const { context, isDisposed } = this._links;
      if (!isDisposed && this._wanted() && context.model.dirty && !context.model.readOnly) {
        context.save().catch((reason: unknown) => {
          console.warn('agentomics-nb could not save the notebook', reason);
        });
      }
    }, DELAY);
  }

  private _timer = 0;
}
