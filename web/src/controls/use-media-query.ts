import { useCallback, useSyncExternalStore } from 'react'

export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = window.matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches)
}

/** Where the values fit beside the list. */
export const WIDE = 'screen and (min-width: 80rem)'

/** Where values, the list and an open line stand beside each other without messages of three words. */
export const ROOM_FOR_BOTH = '(min-width: 100rem)'

/** Where rows are cards and filters a sheet: phones, and a desktop at 200 % zoom. */
export const PHONE = 'screen and (max-width: 48rem)'
