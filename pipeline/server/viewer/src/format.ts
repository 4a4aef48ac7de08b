// Numbers and names as they are shown.

/** A share as a percentage. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** An intensity in few letters. */
export function amount(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-2) return value.toExponential(2).replace("e+", "e");
  return size >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A length in µm or mm. */
export function lengthOf(um: number): string {
  return um >= 1000 ? `${um / 1000} mm` : `${um} µm`;
}

/** The first of several names, and how many more there are. */
export function firstName(names: string[]): string {
  const [first, ...rest] = names;
  if (first === undefined) return "";
  return rest.length ? `${first} +${rest.length}` : first;
}

/** A measure as people call it. */
export function measureName(name: string): string {
  const words = name.replaceAll("_", " ").replace("tfidf", "TF-IDF");
  if (["ssim", "nmi"].includes(name)) return name.toUpperCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A formula with its adduct, the numbers to be set low: parts of text and whether each is low. */
export function formulaParts(ion: string): [string, boolean][] {
  return ion
    .split(/((?<=[A-Za-z)\]])\d+)/)
    .filter((part) => part !== "")
    .map((part): [string, boolean] => [part, /^\d+$/.test(part)]);
}
