import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { askAndTell } from './askAndTell';
import { markOf } from './cellMark';
import { APPROVE, EDIT, KEEP, REJECT, SKIP } from './commandIds';
import { wishFor } from './deciding';
import { keep, reject, type Extent } from './keeping';
import type { Decision } from './reviewBar';
import { IRuns, type Runs } from './runs';
import { find, goTo } from './walk';

const EXTENTS: readonly Extent[] = ['step', 'iteration', 'run'];

/** Deciding about cells that wait, and, afterwards, keeping or rejecting what an agent did. */
export const reviewPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:review',
  description: 'Approve, edit or skip cells that wait; keep or reject a step, an iteration or a run.',
  autoStart: true,
  requires: [IRuns, INotebookTracker],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: Runs,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    runs.decide = (decision, cell) => {
      const panel = tracker.find(candidate => candidate.content.widgets.includes(cell));
      if (panel !== undefined) {
        void decide(panel, runs, decision, cell);
      }
    };
    const decisions: [string, Decision, string][] = [
      [APPROVE, 'approve', trans.__('Run the Cell That Waits')],
      [EDIT, 'edit', trans.__('Edit the Cell That Waits')],
      [SKIP, 'reject', trans.__('Skip the Cell That Waits')],
    ];
    for (const [id, decision, label] of decisions) {
      app.commands.addCommand(id, {
        label,
        isEnabled: () => waitingCell(tracker.currentWidget, runs) !== null,
        execute: () => {
          const panel = tracker.currentWidget;
          const cell = waitingCell(panel, runs);
          return panel !== null && cell !== null ? decide(panel, runs, decision, cell) : undefined;
        },
      });
      palette?.addItem({ command: id, category: 'Agentomics' });
    }
    const keys: [string, string][] = [
      [APPROVE, 'Accel Alt Enter'],
      [EDIT, 'Accel Alt E'],
      [SKIP, 'Accel Alt K'],
    ];
    for (const [command, key] of keys) {
      app.commands.addKeyBinding({ command, keys: [key], selector: '.jp-Notebook' });
    }
    addKeeping(app, tracker, palette, trans);
  },
};

function addKeeping(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null,
  trans: { __: (text: string) => string },
): void {
  const labels: Record<Extent, [string, string]> = {
    step: [trans.__('Keep This Step of the Agent'), trans.__('Reject This Step of the Agent')],
    iteration: [trans.__('Keep This Iteration of the Agent'), trans.__('Reject This Iteration of the Agent')],
    run: [trans.__('Keep This Run of the Agent'), trans.__('Reject This Run of the Agent')],
  };
  for (const extent of EXTENTS) {
    const here = (): NotebookPanel | null => {
      const panel = tracker.currentWidget;
      const cell = panel?.content.activeCell;
      return panel !== null && cell != null && markOf(cell.model) !== null ? panel : null;
    };
    const carryOut = (action: typeof keep) => (): void => {
      const panel = here();
      if (panel !== null) {
        action(panel, extent, app.serviceManager.user.identity?.display_name ?? null);
      }
    };
    const [keepLabel, rejectLabel] = labels[extent];
    const isEnabled = (): boolean => here() !== null;
    app.commands.addCommand(KEEP[extent], { label: keepLabel, isEnabled, execute: carryOut(keep) });
    app.commands.addCommand(REJECT[extent], { label: rejectLabel, isEnabled, execute: carryOut(reject) });
    palette?.addItem({ command: KEEP[extent], category: 'Agentomics' });
    palette?.addItem({ command: REJECT[extent], category: 'Agentomics' });
  }
}

function waitingCell(panel: NotebookPanel | null, runs: Runs): Cell | null {
  const run = panel === null ? undefined : runs.of(panel)?.runs.find(link => link.standing?.waiting != null);
  const id = run?.standing?.waiting ?? null;
  if (panel === null || run === undefined || id === null) {
    return null;
  }
  return panel.content.widgets[find(panel, run.run, id)] ?? null;
}

async function decide(panel: NotebookPanel, runs: Runs, decision: Decision, cell: Cell): Promise<void> {
  const mark = markOf(cell.model);
  const run = runs.of(panel)?.runs.find(link => link.run === mark?.run);
  if (mark === null || run === undefined) {
    return;
  }
  if (decision === 'edit') {
    goTo(panel, panel.content.widgets.indexOf(cell));
    panel.content.mode = 'edit';
    return;
  }
  cell.node.focus({ preventScroll: true }); // the buttons go, and the focus would go with them
  await askAndTell(run, decision, decision === 'stop' ? {} : wishFor(decision, cell));
}
