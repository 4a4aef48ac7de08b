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

/** A number with its sign and two digits; what rounds to nothing has none. */
export function signed(value: number): string {
  const text = value.toFixed(2);
  if (Number(text) === 0) return "0.00";
  return `${value > 0 ? "+" : "−"}${text.replace("-", "")}`;
}

/** A number of ppm with its sign. */
export function ppm(value: number): string {
  return `${signed(value)} ppm`;
}

/** How far an m/z lies above another one: in ppm, or in Th where that says nothing. */
export function distance(mz: number, other: number): string {
  const off = ((mz - other) / other) * 1e6;
  return Math.abs(off) < 100 ? ppm(off) : `${signed(mz - other)} Th`;
}

/** How many there are of something whose name gets an s: `1 ion`, `1,200 ions`. */
export function counted(n: number, what: string): string {
  return `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
}

/** A window of m/z. */
export function windowName(mz: number, ppm: number): string {
  return `m/z ${mz.toFixed(4)} ± ${Number(ppm.toPrecision(3))} ppm`;
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

/** "ion" and an ion, "mz" and an m/z, or a word alone. */
export function splitNormalization(normalization: string): [string, string] {
  const end = normalization.indexOf("=");
  return end < 0
    ? [normalization, ""]
    : [normalization.slice(0, end), normalization.slice(end + 1)];
}
