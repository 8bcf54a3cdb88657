import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { Menu } from '@lumino/widgets';

import { askAndTell } from './askAndTell';
import {
  APPROVE,
  EDIT,
  EXPORT,
  FOLD,
  JUMP,
  KEEP,
  NEXT,
  PAUSE,
  PREDICT,
  PREVIOUS,
  REJECT,
  REPORT,
  RESUME,
  RETRAIN,
  SKIP,
  SKIP_STEP,
  START,
  STOP,
  TAKE,
  VERIFY,
} from './commandIds';
import { magicFor } from './newNotebook';
import type { RunLink } from './runLink';
import { IRuns, type Runs } from './runs';
import { find, fold, goTo, step } from './walk';

/** What a person can do with runs, in the command palette and the Run menu. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'agentomics-nb:commands',
  description: 'Commands for agentomics runs, in the palette and the Run menu.',
  autoStart: true,
  requires: [IRuns, INotebookTracker],
  optional: [ICommandPalette, IMainMenu, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: Runs,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    menu: IMainMenu | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('agentomics_nb');
    addRunCommands(app, runs, trans);
    addNotebookCommands(app, runs, tracker, trans);
    runs.changed.connect(() => {
      app.commands.notifyCommandChanged();
    });
    const groups = [
      [START, STOP, PAUSE, RESUME, SKIP_STEP],
      [JUMP, NEXT, PREVIOUS, FOLD, TAKE],
    ];
    for (const command of groups.flat()) {
      palette?.addItem({ command, category: 'Agentomics' });
    }
    palette?.addItem({ command: REPORT, category: 'Agentomics' });
    groups.push([EXPORT, VERIFY, REPORT, PREDICT, RETRAIN]);
    groups.push([APPROVE, EDIT, SKIP], [...Object.values(KEEP), ...Object.values(REJECT)]);
    const submenu = new Menu({ commands: app.commands });
    submenu.title.label = trans.__('Agentomics');
    groups.forEach((group, index) => {
      if (index > 0) {
        submenu.addItem({ type: 'separator' });
      }
      group.forEach(command => submenu.addItem({ command }));
    });
    menu?.runMenu.addGroup([{ type: 'submenu', submenu }], 100);
  },
};

function addRunCommands(app: JupyterFrontEnd, runs: Runs, trans: TranslationBundle): void {
  const add = (id: string, label: string, command: string, fits: (run: RunLink) => boolean): void => {
    app.commands.addCommand(id, {
      label,
      isEnabled: () => {
        const run = runs.current?.current;
        return run != null && fits(run);
      },
      execute: () => {
        const run = runs.current?.current;
        return run != null ? askAndTell(run, command) : undefined;
      },
    });
  };
  const alive = (run: RunLink): boolean => run.standing?.alive === true;
  add(STOP, trans.__('Stop the Run'), 'stop', alive);
  add(
    PAUSE,
    trans.__('Pause the Run after This Cell'),
    'pause',
    run => alive(run) && run.standing?.status !== 'paused',
  );
  add(RESUME, trans.__('Resume the Run'), 'resume', run => !alive(run) || run.standing?.status === 'paused');
  add(SKIP_STEP, trans.__('Skip the Step at Work'), 'skip', alive);
  add(REPORT, trans.__('Write the Report of the Run'), 'report', () => true);
  app.commands.addCommand(TAKE, {
    label: trans.__('Show the Cells in This Tab'),
    isEnabled: () => runs.current?.current?.waits === true,
    execute: () => runs.current?.current?.take(),
  });
}

function addNotebookCommands(
  app: JupyterFrontEnd,
  runs: Runs,
  tracker: INotebookTracker,
  trans: TranslationBundle,
): void {
  const add = (id: string, label: string, execute: (panel: NotebookPanel) => void): void => {
    app.commands.addCommand(id, {
      label,
      isEnabled: () => tracker.currentWidget !== null,
      execute: () => {
        if (tracker.currentWidget !== null) {
          execute(tracker.currentWidget);
        }
      },
    });
  };
  add(START, trans.__('Write the Magic of a New Run'), panel => {
    NotebookActions.insertBelow(panel.content);
    const source = `%load_ext agentomics_nb\n${magicFor('data.csv', runs.options)}`;
    panel.content.activeCell?.model.sharedModel.setSource(source);
    panel.content.mode = 'edit';
  });
  add(NEXT, trans.__('Next Cell of an Agent'), panel => {
    step(panel, 1);
  });
  add(PREVIOUS, trans.__('Previous Cell of an Agent'), panel => {
    step(panel, -1);
  });
  add(JUMP, trans.__('Go to the Current Cell of the Run'), panel => {
    const run = runs.of(panel)?.current;
    if (run != null) {
      goTo(panel, find(panel, run.run, run.standing?.waiting ?? run.standing?.cell ?? null));
    }
  });
  add(FOLD, trans.__('Fold or Unfold the Code of Agents'), fold);
}
