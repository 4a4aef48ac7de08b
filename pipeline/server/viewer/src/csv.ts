// Tables as CSV.

export type Cell = string | number | null;

/** A table of rows as CSV; null is an empty cell. */
export function csv(header: string[], rows: Cell[][]): string {
  return [header, ...rows].map((row) => row.map(quoted).join(",")).join("\n") + "\n";
}

function quoted(value: Cell): string {
  const text = value === null ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
