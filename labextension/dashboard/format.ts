/** Numbers as scientists write them, times as a stopwatch shows them. */

/** Return .862, −.031, 12.4 or 1,250; a dash where there is none. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  const size = Math.abs(value);
  const digits = size >= 1000 ? 0 : size >= 10 ? 1 : 3;
  const shown = size >= 1000 ? Math.round(size).toLocaleString('en') : size.toFixed(digits);
  const sign = value < 0 && Number(size.toFixed(digits)) !== 0 ? '−' : '';
  return sign + shown.replace(/^0\./, '.');
}

/** Return ` [.848, .876]`, nothing where an end is missing. */
export function interval(low: number | null | undefined, high: number | null | undefined): string {
  const known = low !== null && low !== undefined && high !== null && high !== undefined;
  return known ? ` [${figure(low)}, ${figure(high)}]` : '';
}

/** Return a value with its interval, such as `.862 [.848, .876]`. */
export function withInterval(
  value: number | null | undefined,
  low: number | null | undefined,
  high: number | null | undefined,
): string {
  return figure(value) + interval(low, high);
}

/** Return 0:41, 4:12 or 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
