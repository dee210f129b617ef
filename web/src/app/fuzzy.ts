// Ranks a candidate for a typed text: exact start, word starts, then letters in order. 0 = no match.
export function score(typed: string, candidate: string): number {
  const q = typed.trim().toLowerCase();
  const c = candidate.toLowerCase();
  if (q === '') return 1;
  if (c === q) return 400;
  if (c.startsWith(q)) return 300 - Math.min(99, c.length - q.length);
  const at = c.indexOf(q);
  if (at > 0) return (/[\s:/._-]/.test(c.charAt(at - 1)) ? 220 : 160) - Math.min(50, at);
  let from = 0;
  let gaps = 0;
  for (const letter of q) {
    const i = c.indexOf(letter, from);
    if (i < 0) return 0;
    gaps += i - from;
    from = i + 1;
  }
  // Letters scattered over a long text are noise.
  return gaps > q.length * 4 ? 0 : Math.max(1, 90 - gaps * 3);
}
