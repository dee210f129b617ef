// Names of countries in the language of the reader.

/** The name of a country by its two letters, or the letters themselves. */
export function countryName(code: string): string {
  try { return new Intl.DisplayNames([document.documentElement.lang || 'en'], { type: 'region' }).of(code) ?? code; } catch { return code; }
}
