import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/**
 * Characters that a terminal would obey instead of show, turn around, or not show at all. Joiners stay: emoji and words
 * of some scripts are made with them.
 */
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
const BREAKS = /[\t\n]/g

/** Paints text where a person at a terminal reads it; NO_COLOR and FORCE_COLOR are obeyed. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** Whether what is written to stdout is read by a person; otherwise it is JSON. */
export function isForPeople(options: { json?: boolean | undefined }): boolean {
  return options.json === undefined ? process.stdout.isTTY === true : !options.json
}

/** Text of others with what a terminal would obey, turn around or hide written out; line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(CONTROL, writtenOut)
}

/** The same of a text that must not begin another line: a name, a key. */
export function visibleInLine(text: string): string {
  return visible(text).replace(BREAKS, writtenOut)
}

/** JSON of what others wrote: the same value, and nothing in it that a terminal obeys, turns around or hides. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(CONTROL, writtenOut)
}

/** As in JSON: characters beyond four digits as their two halves. */
function writtenOut(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}

/** Whether the person at the terminal says yes; without a terminal nobody does. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
