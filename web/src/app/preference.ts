import { useSyncExternalStore } from 'react'

/** A choice of this browser, the same in every component that shows it. */
export type Preference<T extends string> = {
  get(): T
  set(value: T): void
  subscribe(listener: () => void): () => void
}

export function createPreference<T extends string>(
  key: string,
  values: readonly T[],
  initial: T,
): Preference<T> {
  const stored = recall(key)
  let current = values.find((value) => value === stored) ?? initial
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set(value) {
      current = value
      remember(key, value)
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function usePreference<T extends string>(preference: Preference<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(preference.subscribe, preference.get), preference.set]
}

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
