import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Paints text where a person at a terminal reads it; NO_COLOR and FORCE_COLOR are obeyed. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** Whether what is written to stdout is read by a person; otherwise it is JSON. */
export function isForPeople(options: { json?: boolean | undefined }): boolean {
  return options.json === undefined ? process.stdout.isTTY === true : !options.json
}
