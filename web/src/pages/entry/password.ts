// The password rule of the server, checked while typing so that a refusal is rare.
export interface PasswordCheck { missing: number; upper: boolean; lower: boolean; digit: boolean }
const minLength = 8;

export function checkPassword(text: string): PasswordCheck {
  return { missing: Math.max(0, minLength - new TextEncoder().encode(text).length), upper: /\p{Lu}/u.test(text), lower: /\p{Ll}/u.test(text), digit: /[0-9]/.test(text) };
}
export function isAcceptable(check: PasswordCheck): boolean { return check.missing === 0 && check.upper && check.lower && check.digit; }
