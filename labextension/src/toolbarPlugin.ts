import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { stopIcon, ToolbarButton } from '@jupyterlab/ui-components';

import { askAndTell } from './askAndTell';
import { IRuns, type Runs } from './runs';

const AFTER = 9;

/** A button in the notebook's toolbar that stops its run, there only while one is alive. */
export const toolbarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:toolbar',
  description: 'A button in the notebook toolbar that stops a run.',
  autoStart: true,
  requires: [IRuns, INotebookTracker],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, runs: Runs, tracker: INotebookTracker, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    const watch = (panel: NotebookPanel): void => {
      const links = runs.of(panel);
      let button: ToolbarButton | null = null;
      const update = (): void => {
        const run = links?.current ?? null;
        const alive = run?.standing?.alive === true;
        if (alive && button === null && !panel.isDisposed) {
          button = new ToolbarButton({
            icon: stopIcon,
            label: trans.__('Stop run'),
            tooltip: trans.__('Stop the agentomics run; its best model so far is kept'),
            onClick: () => {
              const current = links?.current ?? null;
              if (current !== null) {
                void askAndTell(current, 'stop');
              }
            },
          });
          panel.toolbar.insertItem(AFTER, 'agentomics-stop', button);
        } else if (!alive) {
          button?.dispose();
          button = null;
        }
      };
      links?.changed.connect(update);
      update();
    };
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, panel) => {
      watch(panel);
    });
  },
};
