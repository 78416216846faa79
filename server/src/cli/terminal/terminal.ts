import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** What a terminal would obey instead of show. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Paints text where a person at a terminal reads it; NO_COLOR and FORCE_COLOR are obeyed. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** Whether what is written to stdout is read by a person; otherwise it is JSON. */
export function isForPeople(options: { json?: boolean | undefined }): boolean {
  return options.json === undefined ? process.stdout.isTTY === true : !options.json
}

/** Text of others with what a terminal would obey, or turn around, written out; line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(CONTROL, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
