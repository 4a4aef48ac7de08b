// Peaks by their m/z.

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
