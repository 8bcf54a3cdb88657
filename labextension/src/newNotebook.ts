/** Notebooks with the magic written in them and not run. */
import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';

const DATA = /\.(csv|tsv|parquet)(\.(gz|zst))?$/i;

/** Tell whether a file can be the data of a run. */
export function isData(path: string): boolean {
  return DATA.test(path);
}

/** Return the magic for a file, as a person would type it. */
export function magicFor(file: string, options: string): string {
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\"'\"'")}'`;
  return `run = %agentomics ${quoted} ${options}`.trim();
}

/** Create a notebook beside the data; return its path. */
export async function createNotebook(
  contents: Contents.IManager,
  directory: string,
  sources: readonly string[],
): Promise<string> {
  const draft = await contents.newUntitled({ path: directory, type: 'notebook' });
  const cells = sources.map(source => ({
    cell_type: 'code',
    id: UUID.uuid4(),
    metadata: { trusted: true },
    source,
    outputs: [],
    execution_count: null,
  }));
  const content = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const saved = await contents.save(draft.path, { type: 'notebook', format: 'json', content });
  return saved.path;
}

/** Return the name of a file within its directory. */
export function nameOf(path: string): string {
  return PathExt.basename(path);
}
