import { useEffect, useState } from 'react'

/** Far enough from the top that new rows above would no longer be seen, near enough to be there after one flick. */
const AWAY_PX = 240

/** Rows hold still this long after the pointer moved over them: a row about to be clicked must not move away. */
const HOVER_MS = 1200

/** Whether the pointer is on its way to a row. */
export function usePointing(): boolean {
  const [pointing, setPointing] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onMove = (event: PointerEvent) => {
      if (!(event.target instanceof Element) || event.target.closest('[data-log-list]') === null) return
      setPointing(true)
      clearTimeout(timer)
      timer = setTimeout(() => setPointing(false), HOVER_MS)
    }
    window.addEventListener('pointermove', onMove, { passive: true })
    return () => {
      clearTimeout(timer)
      window.removeEventListener('pointermove', onMove)
    }
  }, [])
  return pointing
}

/** Why the list should hold still: the reader has scrolled away or is selecting text. Null when nothing says so. */
export function useReading(): string | null {
  const [scrolled, setScrolled] = useState(false)
  const [selecting, setSelecting] = useState(false)
  useEffect(() => {
    const onScroll = () => setScrolled(window.scrollY > AWAY_PX)
    const onSelection = () => {
      const selection = document.getSelection()
      const inList = selection?.anchorNode?.parentElement?.closest('[data-log-list]') !== null
      setSelecting(selection !== null && !selection.isCollapsed && inList)
    }
    onScroll()
    window.addEventListener('scroll', onScroll, { passive: true })
    document.addEventListener('selectionchange', onSelection)
    return () => {
      window.removeEventListener('scroll', onScroll)
      document.removeEventListener('selectionchange', onSelection)
    }
  }, [])
  if (selecting) return 'text is selected'
  return scrolled ? 'the list is scrolled' : null
}
