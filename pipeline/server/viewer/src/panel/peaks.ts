// Which peaks of a spectrum are seen.

export interface Peaks {
  mz: number[];
  intensity: number[];
}

/** Index of the first m/z that is not below a value. */
export function firstFrom(mz: number[], value: number): number {
  let low = 0;
  let high = mz.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((mz[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The highest peak of each column of the screen: what is seen where there are more peaks than columns. */
export function highest(peaks: Peaks, low: number, high: number, columns: number): number[] {
  const best = new Map<number, number>();
  for (let i = firstFrom(peaks.mz, low); i < peaks.mz.length; i++) {
    const mz = peaks.mz[i] ?? 0;
    if (mz > high) break;
    const column = Math.floor(((mz - low) / (high - low || 1)) * columns);
    const held = best.get(column);
    if (held === undefined || (peaks.intensity[i] ?? 0) > (peaks.intensity[held] ?? 0))
      best.set(column, i);
  }
  return [...best.values()].sort((a, b) => a - b);
}

/** The peak nearest to an m/z within a distance. */
export function nearest(peaks: Peaks, mz: number, within: number): number | undefined {
  const at = firstFrom(peaks.mz, mz);
  const found = [at - 1, at].filter((i) => Math.abs((peaks.mz[i] ?? Infinity) - mz) <= within);
  found.sort((a, b) => Math.abs((peaks.mz[a] ?? 0) - mz) - Math.abs((peaks.mz[b] ?? 0) - mz));
  return found[0];
}
