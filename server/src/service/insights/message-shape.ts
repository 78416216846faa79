/**
 * The parts to fold, in a single pass: addresses before their parts. Quoted text ends where the same quote does, in the
 * same line, and not too far: an apostrophe is no quote.
 */
const VARIABLE = new RegExp(
  [
    // scheme://…
    String.raw`(?<url>\b[a-z][a-z\d+.-]{1,15}:\/\/[^\s"'<>)\]]+)`,
    String.raw`(?<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)`,
    String.raw`(?<text>"[^"\n]{0,200}"|(?<![\p{L}\d])'[^'\n]{0,200}'(?![\p{L}\d])|“[^”\n]{0,200}”|\x60[^\x60\n]{0,200}\x60)`,
    // 12:30:01.5, 2026-01-31T12:30:01Z
    String.raw`(?<time>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?)`,
    String.raw`(?<ip>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|(?<![\p{L}\d:])(?:[\da-f]{0,4}:){2,7}[\da-f]{1,4}(?![\p{L}\d:]))`,
    // A UUID, or eight and more hexadecimal digits with a decimal digit among them.
    String.raw`(?<id>\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\b0x[\da-f]+\b|\b(?=[a-f]*\d)[\da-f]{8,}(?:-[\da-f]+)*\b)`,
    String.raw`(?<n>(?<![\p{L}\d])[-+]?\d+(?:[.,]\d+)*|\d+)`,
  ].join('|'),
  'giu',
)

/** Longer lines are compared by their first characters. */
const MAX_CHARACTERS = 300

/**
 * The part of a message that is the same each time: its headline, with addresses, ids, times, quoted text and numbers
 * folded, for example `Retry <n> of <n> in <n> s`.
 */
export function messageShape(message: string): string {
  const headline = headlineOf(message).slice(0, MAX_CHARACTERS)
  return headline.replace(VARIABLE, (...parts) => {
    const groups = parts.at(-1) as Record<string, string | undefined>
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined)
    return `<${kind}>`
  })
}

/** The search text that finds messages of the shape: the longest stretch in it that is not folded. */
export function literalOf(shape: string): string {
  const parts = shape.split(/<(?:url|email|text|time|ip|id|n)>/).map((part) => part.trim())
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}

/** The line that says what happened: the first, or of a Python stack trace the last that is not indented. */
function headlineOf(message: string): string {
  const lines = message.split('\n')
  if (lines[0]?.startsWith('Traceback (most recent call last)')) {
    return lines.slice(1).findLast((line) => /^\S/.test(line)) ?? lines[0]
  }
  return lines.find((line) => line.trim() !== '')?.trim() ?? ''
}
