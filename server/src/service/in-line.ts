/** Text of others as a part of a line: it begins no line of its own, turns none around and controls no terminal. */
export function inLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
}
