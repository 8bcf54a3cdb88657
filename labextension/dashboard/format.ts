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
  if (share > 0 && share < 0.005) {
    return '<1 %';
  }
  return `${Math.round(100 * share)} %`;
}

/** Return `3.2 of 16 GB`. */
export function memory(used: number, total: number): string {
  const gigabytes = (bytes: number): string => {
    const size = bytes / 2 ** 30;
    return size.toFixed(size < 10 ? 1 : 0);
  };
  return `${gigabytes(used)} of ${gigabytes(total)} GB`;
}

/** Return the labels of an axis, all with as many decimals as their steps need: 0, .5, 1.0. */
export function tickLabels(values: readonly number[]): string[] {
  const isWhole = (value: number, digits: number): boolean => {
    const scaled = Math.abs(value) * 10 ** digits;
    return Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, scaled);
  };
  let digits = 0;
  while (digits < 6 && !values.every(value => isWhole(value, digits))) {
    digits += 1;
  }
  return values.map(value => {
    const size = Math.abs(value);
    if (Number(size.toFixed(digits)) === 0) {
      return '0';
    }
    const shown =
      size >= 1000
        ? size.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
        : size.toFixed(digits);
    return (value < 0 ? '−' : '') + shown.replace(/^0\./, '.');
  });
}

/** Return seconds as a person writes a limit: 90s, 30m or 1h30m. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60 || whole % 60 !== 0) {
    return `${whole}s`;
  }
  const [hours, minutes] = [Math.floor(whole / 3600), (whole % 3600) / 60];
  return (hours > 0 ? `${hours}h` : '') + (minutes > 0 ? `${minutes}m` : '');
}
