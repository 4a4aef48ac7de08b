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

/** The same for each key by itself: what comes with one key does not hold up what came with another. */
export function debounceEach<T extends unknown[]>(
  milliseconds: number,
  call: (key: string, ...args: T) => void,
): (key: string, ...args: T) => void {
  const calls = new Map<string, (...args: T) => void>();
  return (key, ...args) => {
    const known = calls.get(key) ?? debounce(milliseconds, (...last: T) => call(key, ...last));
    calls.set(key, known);
    known(...args);
  };
}
