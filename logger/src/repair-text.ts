/** Text PostgreSQL can hold: NUL and lone surrogates become U+FFFD. Text without either is returned as it is. */
export function repairText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed
}

/** Cuts text to `maxBytes` of UTF-8, never inside a character. */
export function cutBytes(text: string, maxBytes: number): { text: string; truncatedBytes: number } {
  // A UTF-16 unit is three bytes of UTF-8 at most; most messages are not even measured.
  if (text.length * 3 <= maxBytes) return { text, truncatedBytes: 0 }
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return { text, truncatedBytes: 0 }
  let end = maxBytes
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return { text: bytes.toString('utf8', 0, end), truncatedBytes: bytes.length - end }
}

/** Cuts text to `max` characters as PostgreSQL's varchar counts them: code points. */
export function cutCharacters(text: string, max: number): string {
  if (text.length <= max) return text
  return Array.from(text.slice(0, max * 2))
    .slice(0, max)
    .join('')
}
