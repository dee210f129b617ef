// A setting that is a list: the server writes its entries with commas, people write one per line.

/** The entries of a list, however they are separated. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
