import type { ComponentProps, MouseEvent } from 'react'
import { addressOf, navigate } from './location.ts'

/** A link inside the page: a click stays here, a modified click opens a tab as any link does. */
export function Link({ href, onClick, ...rest }: ComponentProps<'a'> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(href)
  }
  return <a href={addressOf(href)} onClick={follow} {...rest} />
}
