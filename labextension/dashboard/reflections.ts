import { element } from './elements';
import type { IReflection } from './run';
import { prose } from './safeHtml';
import type { IViewState } from './view';

const MARKS: Readonly<Record<string, string>> = { good: '✓', warn: '⚠', bad: '✗', plain: '·' };

/** What the agent made of its figures: the newest reflection open, earlier ones folded. */
export class Reflections {
  constructor(private readonly _state: IViewState) {}

  readonly node = element('section', { class: 'agd-reflections', 'aria-label': 'Reflections' });

  update(reflections: readonly IReflection[]): void {
    const keep = new Set<string>();
    let place: ChildNode | null = this.node.firstChild;
    reflections.forEach((reflection, i) => {
      const key = `${reflection.iteration} ${i === 0 ? 'newest' : 'earlier'}`;
      keep.add(key);
      const shown = JSON.stringify(reflection);
      const known = this._made.get(key);
      let node = known?.node;
      if (node === undefined || known?.shown !== shown) {
        const made = i === 0 ? this._newest(reflection) : this._earlier(reflection);
        node?.replaceWith(made);
        node = made;
        this._made.set(key, { node, shown });
      }
      if (place === node) {
        place = node.nextSibling;
      } else {
        this.node.insertBefore(node, place);
      }
    });
    for (const [key, { node }] of this._made) {
      if (!keep.has(key)) {
        node.remove();
        this._made.delete(key);
      }
    }
  }

  private _newest(reflection: IReflection): HTMLElement {
    return element(
      'article',
      {},
      element(
        'h3',
        {},
        reflection.writing
          ? `Reflection on iteration ${reflection.iteration}, being written`
          : `Reflection after iteration ${reflection.iteration}`,
      ),
      ...this._body(reflection),
    );
  }

  private _earlier(reflection: IReflection): HTMLElement {
    const key = `reflection ${reflection.iteration}`;
    const made = element(
      'details',
      {},
      element(
        'summary',
        {},
        `after iteration ${reflection.iteration}`,
        element('span', { class: 'agd-dim' }, ` ${reflection.headline}`),
      ),
    );
    made.open = this._state.open.has(key);
    let filled = false;
    const fill = (): void => {
      if (made.open && !filled) {
        filled = true;
        made.append(...this._body(reflection));
      }
    };
    made.addEventListener('toggle', () => {
      this._state.open[made.open ? 'add' : 'delete'](key);
      fill();
    });
    fill();
    return made;
  }

  private _body(reflection: IReflection): HTMLElement[] {
    const parts: HTMLElement[] = [];
    if (reflection.headline !== '') {
      parts.push(element('p', { class: 'agd-headline' }, reflection.headline));
    }
    if (reflection.chips.length > 0) {
      parts.push(
        element(
          'ul',
          { class: 'agd-chips' },
          ...reflection.chips.map(chip =>
            element(
              'li',
              {},
              element(
                'span',
                { class: `agd-chip agd-${chip.tone in MARKS ? chip.tone : 'plain'}` },
                `${MARKS[chip.tone] ?? '·'} ${chip.code}`,
              ),
              ` ${chip.evidence}`,
            ),
          ),
        ),
      );
    }
    const text = element('div', { class: 'agd-prose' }, prose(reflection.html));
    if (reflection.writing) {
      (text.lastElementChild ?? text).append(
        element('span', { class: 'agd-caret', 'aria-hidden': 'true' }, '▍'),
      );
    }
    if (reflection.writing || reflection.chips.length === 0) {
      parts.push(text);
    } else {
      const whole = element('details', {}, element('summary', {}, 'in its own words'), text);
      const key = `words ${reflection.iteration}`;
      whole.open = this._state.open.has(key);
      whole.addEventListener('toggle', () => {
        this._state.open[whole.open ? 'add' : 'delete'](key);
      });
      parts.push(whole);
    }
    if (reflection.nextIdea !== null) {
      parts.push(element('p', {}, element('strong', {}, 'Next '), reflection.nextIdea));
    }
    if (reflection.next.length > 0) {
      parts.push(
        element(
          'details',
          {},
          element('summary', {}, 'the plan, step by step'),
          element(
            'dl',
            {},
            ...reflection.next.flatMap(one => [element('dt', {}, one.step), element('dd', {}, one.text)]),
          ),
        ),
      );
    }
    return parts;
  }

  private readonly _made = new Map<string, { node: HTMLElement; shown: string }>();
}
