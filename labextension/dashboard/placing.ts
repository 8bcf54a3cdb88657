/** Placing labels so that each can be read. */

/** Steps between the labels of an axis that counts; there is no half an iteration. */
export const WHOLE_STEPS: readonly number[] = Array.from({ length: 8 }, (_, i) =>
  [1, 2, 5].map(step => step * 10 ** i),
).flat();

/** Move heights apart until no two are closer than a gap, as little as that takes; the order stays. */
export function spread(heights: readonly number[], gap: number, low: number, high: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  const placed = order.map(i => Math.min(high, Math.max(low, heights[i] ?? 0)));
  for (let i = 1; i < placed.length; i++) {
    placed[i] = Math.max(placed[i] ?? 0, (placed[i - 1] ?? 0) + gap);
  }
  let most = high;
  for (let i = placed.length - 1; i >= 0; i--) {
    placed[i] = Math.min(placed[i] ?? 0, most);
    most = (placed[i] ?? 0) - gap;
  }
  const result = new Array<number>(heights.length).fill(0);
  order.forEach((index, i) => {
    result[index] = placed[i] ?? 0;
  });
  return result;
}

/** Whether a baseline can be drawn without flattening what stands above it. */
export function fits(baseline: number, low: number, high: number): boolean {
  const span = Math.max(high - low, 1e-9);
  return Math.max(high, baseline) - Math.min(low, baseline) <= 2.2 * span;
}

/** Return where a box begins that stands beside a point and does not cover it: at its right, or where there is room. */
export function beside(point: number, box: number, width: number): number {
  const [right, left] = [point + 14, point - 14 - box];
  return right + box <= width || left < 0 ? Math.max(0, Math.min(right, width - box)) : left;
}
