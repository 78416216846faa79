/** The way to a value: keys, and places in arrays. */
export type JsonPath = readonly (string | number)[]

/** `a.b[0]["odd key"]`, as programs write it. */
export function pathText(path: JsonPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key)) return `${text}[${JSON.stringify(key)}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

/** The value at the path; undefined where there is none. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (holder, key) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<string | number, unknown>)[key]
        : undefined,
    value,
  )
}

/** The displayed text of a value without others in it. */
export function leafText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
