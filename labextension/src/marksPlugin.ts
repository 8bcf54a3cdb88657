import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { NotebookMarks } from './notebookMarks';
import { watchExecution } from './reruns';
import { IRuns, type Runs } from './runs';

/** Shows whose cells they are; turned off, only the marks go, the cells stay. */
export const marksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:marks',
  description: 'Marks the cells that an agent made.',
  autoStart: true,
  requires: [IRuns, INotebookTracker],
  optional: [ITranslator, ISettingRegistry],
  activate: (
    _,
    runs: Runs,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    const mark = (panel: NotebookPanel): void => {
      new NotebookMarks(
        panel,
        runs.of(panel),
        (decision, cell) => {
          runs.decide(decision, cell);
        },
        trans,
      );
    };
    watchExecution(trans);
    tracker.forEach(mark);
    tracker.widgetAdded.connect((_, panel) => {
      mark(panel);
    });
    void registry?.load('agentomics-nb:cells').then(settings => {
      const apply = (): void => {
        runs.saveAfterStep = settings.composite.saveAfterStep !== false;
        runs.options = typeof settings.composite.options === 'string' ? settings.composite.options : '';
        document.body.classList.toggle('agentomics-mod-unmarked', settings.composite.marks === false);
      };
      settings.changed.connect(apply);
      apply();
    });
  },
};
