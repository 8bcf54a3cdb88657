import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { markOf } from './cellMark';
import { EXPORT, PREDICT, RETRAIN, VERIFY } from './commandIds';
import { IRuns, type Runs } from './runs';
import { find, goTo } from './walk';

/**
 * The record of a run, and what one does with its model: each command is written as a magic into a cell of its own,
 * where the person sees what is done and what came of it. What needs a file is not run before one is named.
 */
export const recordPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:record',
  description: 'Exports and verifies records of runs, and uses their models.',
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
    const runOf = (panel: NotebookPanel | null): string | null => {
      const active = panel?.content.activeCell ?? null;
      const marked = active === null ? null : markOf(active.model);
      return marked?.run ?? (panel === null ? null : (runs.of(panel)?.current?.run ?? null));
    };
    const add = (id: string, label: string, words: string, file: string | null): void => {
      app.commands.addCommand(id, {
        label,
        isEnabled: args => typeof args.run === 'string' || runOf(tracker.currentWidget) !== null,
        execute: async args => {
          const panel = tracker.currentWidget;
          const run = typeof args.run === 'string' ? args.run : runOf(panel);
          if (panel === null || run === null) {
            return;
          }
          const magic = ['%agentomics', words, run, ...(file === null ? [] : [file])].join(' ');
          const known = runs.of(panel)?.runs.some(link => link.run === run) === true;
          writeCell(panel, run, known ? magic : `%load_ext agentomics_nb\n${magic}`);
          if (file === null) {
            await NotebookActions.run(panel.content, panel.sessionContext);
          } else {
            panel.content.mode = 'edit';
          }
        },
      });
      palette?.addItem({ command: id, category: 'Agentomics' });
    };
    add(EXPORT, trans.__('Export the Record of the Run'), 'export', null);
    add(VERIFY, trans.__('Verify the Record of the Run'), 'verify', null);
    add(PREDICT, trans.__('Predict New Data with the Best Model'), 'predict', 'new.csv');
    add(RETRAIN, trans.__('Retrain the Best Model on New Data'), 'retrain', 'new_train.csv');
  },
};

/** Write a cell below the run's last one, or below the active one where the run has none here, and go to it. */
function writeCell(panel: NotebookPanel, run: string, source: string): void {
  const last = find(panel, run, null);
  if (last >= 0) {
    goTo(panel, last);
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(source);
}
