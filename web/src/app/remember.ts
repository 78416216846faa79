/** Reads what this browser remembers; `null` when nothing is there or storage is off. */
export function recall(key: string, storage: 'local' | 'session' = 'local'): string | null {
  try {
    return (storage === 'local' ? localStorage : sessionStorage).getItem(`timelapser.${key}`)
  } catch {
    return null
  }
}

export function remember(key: string, value: string, storage: 'local' | 'session' = 'local'): void {
  try {
    ;(storage === 'local' ? localStorage : sessionStorage).setItem(`timelapser.${key}`, value)
  } catch {
    // Storage is off or full: the choice lasts as long as the page.
  }
}
