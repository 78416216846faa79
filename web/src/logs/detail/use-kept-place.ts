import { type RefObject, useLayoutEffect, useRef } from 'react'

/**
 * Keeps the current line of a list where it stands on the screen while lines come above it, and brings it to the middle
 * when the list is about another. Browsers do the first by themselves, but not at the very top.
 */
export function useKeptPlace(list: RefObject<HTMLElement | null>, about: string, lines: unknown): void {
  const last = useRef({ about: '', top: 0 })
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines are drawn elsewhere
  useLayoutEffect(() => {
    const own = list.current?.querySelector<HTMLElement>('[aria-current]')
    const scroller = list.current?.closest<HTMLElement>('[role="tabpanel"]')
    if (!own || !scroller) return
    const [line, frame] = [own.getBoundingClientRect(), scroller.getBoundingClientRect()]
    const top = line.top - frame.top + scroller.scrollTop
    // The panel may reach below the window.
    const height = Math.min(frame.bottom, window.innerHeight) - frame.top
    scroller.scrollTop =
      last.current.about === about
        ? scroller.scrollTop + top - last.current.top
        : top - (height - line.height) / 2
    last.current = { about, top }
  }, [about, lines])
}
