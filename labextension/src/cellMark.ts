/** What is read of a cell of the notebook: whether an agent made it, and how it stands. */
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';

import { sha256Hex } from './digest';
import { readMark, type ICellMark } from './protocol';

/** Return the mark of an agent's cell; null for the person's own. */
export function markOf(cell: { getMetadata(key: string): unknown }): ICellMark | null {
  return readMark(cell.getMetadata('agentomics'));
}

/** Tell whether the person changed the source of an agent's cell. */
export function isEdited(cell: ICellModel, mark: ICellMark): boolean {
  return sha256Hex(cell.sharedModel.getSource()) !== mark.source_sha256;
}

export function isCodeModel(model: ICellModel): model is ICodeCellModel {
  return model.type === 'code';
}
