/** What a person has set in a dashboard: it outlives the view, which is made anew when the output is updated. */
export interface IViewState {
  metric: string | null;
  series: string | null;
  sort: { column: string; descending: boolean };
  all: boolean;
  dataOpen: boolean;
  open: Set<string>;
  hint: string;
  hintSelection: [number, number] | null;
  reply: string;
}

const states = new Map<string, IViewState>();

/** Return the state of a run's dashboard on this page. */
export function viewState(run: string): IViewState {
  let state = states.get(run);
  if (state === undefined) {
    state = {
      metric: null,
      series: null,
      sort: { column: 'number', descending: true },
      all: false,
      dataOpen: false,
      open: new Set(),
      hint: '',
      hintSelection: null,
      reply: '',
    };
    states.set(run, state);
  }
  return state;
}
