import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { askAndTell } from './askAndTell';
import { EXPORT, KEEP, PREDICT, REJECT, VERIFY } from './commandIds';
import { wishFor } from './deciding';
import { isFields } from './protocol';
import type { RunLink } from './runLink';
import { IRuns, type Runs } from './runs';
import { find, goTo } from './walk';

/** Commands about the run of the active cell. */
const ON_CELLS = new Map([
  ['keep-run', KEEP.run],
  ['reject-run', REJECT.run],
]);
/** Commands that are told the run. */
const ON_RECORDS = new Map([
  ['export', EXPORT],
  ['verify', VERIFY],
  ['predict', PREDICT],
]);

/**
 * What a person does in a dashboard, or in the static picture that takes its place, reaches the run over the control
 * channel: at once, even while the kernel is busy with a cell of the person's.
 */
export const dashboardPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:dashboard',
  description: 'Carries out what a person does in the dashboard of a run.',
  autoStart: true,
  requires: [IRuns, INotebookTracker],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, runs: Runs, tracker: INotebookTracker, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    const panelOf = (target: EventTarget | null): NotebookPanel | null =>
      target instanceof Node ? (tracker.find(panel => panel.node.contains(target)) ?? null) : null;
    const linkOf = (target: EventTarget | null, run: string): RunLink | null => {
      const panel = panelOf(target);
      const links = panel === null ? null : runs.of(panel);
      return links?.runs.find(link => link.run === run) ?? null;
    };
    const go = (target: EventTarget | null, run: string, cell: string | null): boolean => {
      const panel = panelOf(target);
      const index = panel === null ? -1 : find(panel, run, cell);
      if (panel === null || index < 0) {
        Notification.info(trans.__('The cell does not stand in this notebook.'), { autoClose: 4000 });
        return false;
      }
      goTo(panel, index);
      return true;
    };

    document.addEventListener('agentomics-ask', event => {
      const wish = readWish(event);
      const link = wish === null ? null : linkOf(event.target, wish.run);
      if (wish === null || link === null) {
        return; // the widget asks over its own channel
      }
      event.preventDefault();
      const options = {
        ...(wish.text === null ? {} : { text: wish.text }),
        ...decision(wish.command, link, panelOf(event.target)),
      };
      link.ask(wish.command, options).then(
        reply => {
          wish.respond(reply.ok, reply.text);
        },
        (error: unknown) => {
          wish.respond(false, String(error));
        },
      );
    });
    document.addEventListener('agentomics-jump', event => {
      const detail: unknown = event instanceof CustomEvent ? event.detail : null;
      if (isFields(detail) && typeof detail.run === 'string' && typeof detail.cell === 'string') {
        go(event.target, detail.run, detail.cell);
      }
    });
    document.addEventListener('click', event => {
      const button =
        event.target instanceof Element ? event.target.closest('button[data-agentomics-run]') : null;
      if (!(button instanceof HTMLButtonElement)) {
        return;
      }
      const { agentomicsRun: run, agentomicsCommand: command, agentomicsGoto: cell } = button.dataset;
      if (run !== undefined && cell !== undefined) {
        go(button, run, cell);
      } else if (run !== undefined && command !== undefined) {
        const link = linkOf(button, run);
        const onCells = ON_CELLS.get(command);
        const onRecords = ON_RECORDS.get(command);
        if (onCells !== undefined) {
          // The active cell may be of another run.
          if (go(button, run, null)) {
            void app.commands.execute(onCells);
          }
        } else if (onRecords !== undefined) {
          void app.commands.execute(onRecords, { run });
        } else if (link !== null) {
          void askAndTell(link, command);
        } else {
          Notification.warning(
            trans.__('Run %agentomics attach %1 first: this kernel does not know the run.', run),
            { autoClose: 8000 }, // without a time it would not pop up
          );
        }
      }
    });
    document.body.dataset.agentomics = '';
  },
};

/** Return which cell a decision is about, with what the person changed in it. */
function decision(
  command: string,
  link: RunLink,
  panel: NotebookPanel | null,
): { cell?: string; text?: string } {
  const id = link.standing?.waiting ?? null;
  if ((command !== 'approve' && command !== 'reject') || id === null) {
    return {};
  }
  const cell = panel?.content.widgets[find(panel, link.run, id)];
  return cell === undefined ? { cell: id } : wishFor(command, cell);
}

interface IWish {
  run: string;
  command: string;
  text: string | null;
  respond: (ok: boolean, text: string) => void;
}

function readWish(event: Event): IWish | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (!isFields(detail) || typeof detail.run !== 'string' || typeof detail.command !== 'string') {
    return null;
  }
  const { respond, text } = detail;
  return {
    run: detail.run,
    command: detail.command,
    text: typeof text === 'string' ? text : null,
    respond: (ok, reply) => {
      if (typeof respond === 'function') {
        Reflect.apply(respond, undefined, [ok, reply]);
      }
    },
  };
}
