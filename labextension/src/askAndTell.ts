import { Notification } from '@jupyterlab/apputils';

import type { RunLink } from './runLink';

/** Ask something of a run and tell the person what came of it. */
export async function askAndTell(
  run: RunLink,
  command: string,
  options: { cell?: string; text?: string } = {},
): Promise<void> {
  try {
    const reply = await run.ask(command, options);
    Notification.emit(reply.text, reply.ok ? 'info' : 'error', { autoClose: 4000 });
  } catch (error) {
    Notification.error(String(error), { autoClose: 6000 });
  }
}
