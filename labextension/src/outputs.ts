/** The outputs of a cell after some changes; the same arithmetic as `agentomics_nb/journal/outputs.py`. */
import type * as nbformat from '@jupyterlab/nbformat';

import type { OutputChange } from './protocol';

/** Return the text of a stream output, whichever of its two forms it has. */
export function streamText(output: nbformat.IOutput | undefined): string {
  const text = output?.text;
  if (typeof text === 'string') {
    return text;
  }
  return Array.isArray(text) ? text.map(String).join('') : '';
}

/** Return the outputs after one change; the given list stays as it is. */
export function applyChange(outputs: readonly nbformat.IOutput[], change: OutputChange): nbformat.IOutput[] {
  const changed = [...outputs];
  switch (change.op) {
    case 'add':
      changed.push(change.output);
      break;
    case 'set':
      changed[change.index] = change.output;
      break;
    case 'append_text':
    case 'replace_tail': {
      const old = changed[change.index];
      if (old !== undefined) {
        const text = streamText(old);
        const kept = change.op === 'append_text' ? text : Array.from(text).slice(0, change.keep).join('');
        changed[change.index] = { ...old, text: kept + change.text };
      }
      break;
    }
    case 'clear':
      changed.length = 0;
      break;
  }
  return changed;
}
