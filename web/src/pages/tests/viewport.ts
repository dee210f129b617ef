// Sizes of windows: those that have a name, and how one is read. Pure.
export interface Size { readonly width: number; readonly height: number }

export const sizes = [
  { id: 'phone', width: 375, height: 667 }, { id: 'tablet', width: 768, height: 1024 }, { id: 'laptop', width: 1280, height: 720 }, { id: 'desktop', width: 1440, height: 900 }, { id: 'wide', width: 1920, height: 1080 },
] as const;

/** `375x667`; nothing where it says none. */
export function sizeOf(text: string): Size | null {
  const found = /^\s*(\d{1,5})\s*[x×,]\s*(\d{1,5})\s*$/.exec(text);
  const size = found ? { width: Number(found[1]), height: Number(found[2]) } : null;
  return size && size.width > 0 && size.height > 0 ? size : null;
}
export function sizeText(size: Size | null): string { return size ? `${size.width}x${size.height}` : ''; }
/** A size as a document has it. */
export function asSize(value: unknown): Size | null {
  if (typeof value === 'string') return sizeOf(value);
  if (typeof value !== 'object' || value === null || !('width' in value && 'height' in value)) return null;
  return sizeOf(`${value.width}x${value.height}`);
}
/** What a browser that is looked at can be: the server opens none that is smaller or larger. */
export const liveMin = 200;
export const liveMax = 3_840;
export function liveSize(...wanted: readonly unknown[]): Size {
  const found = wanted.map(asSize).find((size) => size !== null) ?? { width: 1280, height: 720 };
  const side = (n: number) => Math.min(liveMax, Math.max(liveMin, n));
  return { width: side(found.width), height: side(found.height) };
}
