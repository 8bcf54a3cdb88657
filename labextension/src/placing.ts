/** Where a cell of a run belongs. */

/** A cell of the notebook as far as its place matters: `seq` is null for cells that are not the run's. */
export interface IPlaced {
  id: string;
  seq: number | null;
}

/**
 * Return the index at which the run's cell number `seq` belongs: after the run's cell before it, else below the
 * cell with the magic, else before the run's cell after it, else at the end.
 *
 * Never by focus or by a remembered index: the person may have moved, added or deleted cells meanwhile.
 */
export function placeOf(seq: number, cells: readonly IPlaced[], anchor: string | null): number {
  let before = -1;
  let highest = -1;
  let after = -1;
  let magic = -1;
  cells.forEach((cell, index) => {
    if (cell.id === anchor) {
      magic = index;
    }
    if (cell.seq === null) {
      return;
    }
    if (cell.seq < seq && cell.seq > highest) {
      highest = cell.seq;
      before = index;
    }
    if (cell.seq > seq && after < 0) {
      after = index;
    }
  });
  if (before >= 0) {
    return before + 1;
  }
  if (magic >= 0) {
    return magic + 1;
  }
  return after >= 0 ? after : cells.length;
}
