/** V8 makes parts of this length a view of the whole text, and keeps all of that for as long as the part is kept. */
const SHORTEST_VIEW = 13

/** The same text without the text that it is a part of: a cache of names would keep a body of 16 MB for each. */
export function ownText(text: string): string {
  return text.length < SHORTEST_VIEW ? text : Buffer.from(text, 'utf16le').toString('utf16le')
}
