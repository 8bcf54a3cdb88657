import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type * as nbformat from '@jupyterlab/nbformat';

import { isFields } from './protocol';

/** Types that carry neither markup nor a script, whatever is in them. */
const HARMLESS = new Set(['text/plain', 'text/latex', 'image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const INLINE_IMAGE = /^data:image\/(png|jpeg|gif|webp);/i;

/**
 * Turns what an agent's code showed into outputs that may be trusted.
 *
 * A single output that is not trusted makes the server withdraw its trust from the whole notebook, the person's own
 * cells included. So what could carry a script is left out here, HTML passes the sanitiser that JupyterLab shows
 * untrusted HTML with, images from elsewhere are taken out of it, and only then is the cell marked as trusted. The
 * log of the run keeps everything as it was.
 */
export class SafeOutput {
  constructor(private readonly _sanitizer: IRenderMime.ISanitizer) {}

  /** Return the output with harmless data only. */
  of(output: nbformat.IOutput): nbformat.IOutput {
    if (!isFields(output.data)) {
      return output;
    }
    const data: Record<string, unknown> = {};
    for (const [type, value] of Object.entries(output.data)) {
      if (HARMLESS.has(type)) {
        data[type] = value;
      } else if (type === 'text/html') {
        data[type] = this._html(multiline(value));
      }
    }
    if (Object.keys(data).length === 0) {
      data['text/plain'] = `[${Object.keys(output.data).join(', ')}]`;
    }
    return { ...output, data, metadata: harmlessMetadata(output.metadata, data) } as nbformat.IOutput;
  }

  private _html(source: string): string {
    const clean = this._sanitizer.sanitize(source);
    const parsed = new DOMParser().parseFromString(clean, 'text/html'); // fetches nothing
    for (const node of parsed.querySelectorAll('img, source, video, audio, input, picture')) {
      node.removeAttribute('srcset');
      if (!INLINE_IMAGE.test(node.getAttribute('src') ?? '')) {
        node.removeAttribute('src');
      }
    }
    for (const node of parsed.querySelectorAll('[style]')) {
      if (/url\s*\(/i.test(node.getAttribute('style') ?? '')) {
        node.removeAttribute('style');
      }
    }
    return parsed.body.innerHTML;
  }
}

function multiline(value: unknown): string {
  return Array.isArray(value) ? value.join('') : String(value);
}

function harmlessMetadata(metadata: unknown, data: Record<string, unknown>): Record<string, unknown> {
  if (!isFields(metadata)) {
    return {};
  }
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key in data));
}
