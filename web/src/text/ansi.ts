/** How a stretch of text is to look; the names are the sixteen colours of a terminal. */
export type AnsiStyle = {
  color: string | null
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
}
export type StyledText = { text: string; style: AnsiStyle | null }

const COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const
const PLAIN: AnsiStyle = { color: null, bold: false, dim: false, italic: false, underline: false }

// CSI sequences (colours and cursor movements) and OSC ones (titles, links), ended by BEL or ST.
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of them
const ESCAPES = /\u001b\[([0-9;:?]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g

/** Splits text at its escape sequences: colours become styles, every other sequence is dropped. */
export function parseAnsi(input: string): StyledText[] {
  if (!input.includes('\u001b')) return [{ text: input, style: null }]
  const parts: StyledText[] = []
  let style = PLAIN
  let done = 0
  const take = (end: number) => {
    if (end > done) parts.push({ text: input.slice(done, end), style: style === PLAIN ? null : style })
  }
  for (const match of input.matchAll(ESCAPES)) {
    take(match.index)
    done = match.index + match[0].length
    if (match[2] === 'm') style = applyCodes(style, match[1] ?? '')
  }
  take(input.length)
  return parts
}

function applyCodes(style: AnsiStyle, list: string): AnsiStyle {
  const codes = list.split(/[;:]/).map(Number)
  let next = { ...style }
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0
    if (code === 0) next = { ...PLAIN }
    else if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 3) next.italic = true
    else if (code === 4) next.underline = true
    else if (code === 22) next.bold = next.dim = false
    else if (code === 23) next.italic = false
    else if (code === 24) next.underline = false
    else if (code === 39) next.color = null
    else if (code >= 30 && code <= 37) next.color = COLORS[code - 30] ?? null
    else if (code >= 90 && code <= 97) next.color = COLORS[code - 90] ?? null
    // 256 colours and true colour, of text or ground: their arguments are not codes of their own.
    else if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4
  }
  return Object.values(next).some(Boolean) ? next : PLAIN
}
