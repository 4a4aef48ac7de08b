// Debounces calls that come in quick succession.

/** Calls once, when nothing more has come for a while, with what came last. */
export function debounce<T extends unknown[]>(
  milliseconds: number,
  call: (...args: T) => void,
): (...args: T) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), milliseconds);
  };
}
