import type { ComponentProps } from 'react'
import { useKeptFocus } from './use-kept-focus.ts'

const BASE =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md text-body font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-50'

const KIND = {
  plain: 'border border-line bg-surface text-ink hover:border-line-strong hover:bg-hover',
  quiet: 'text-muted hover:bg-hover hover:text-ink',
  accent: 'bg-accent text-accent-ink hover:opacity-90',
  danger: 'bg-error text-surface hover:opacity-90',
} as const

export type ButtonKind = keyof typeof KIND

/** The classes of a button, for the triggers of menus and popovers, which bring their own element. */
export function buttonClass(kind: ButtonKind = 'plain', size: 'normal' | 'icon' = 'normal'): string {
  return `${BASE} ${KIND[kind]} ${size === 'icon' ? 'size-8' : 'h-8 px-3'}`
}

export function Button({
  kind = 'plain',
  className = '',
  ...rest
}: ComponentProps<'button'> & { kind?: ButtonKind }) {
  return (
    <button type="button" className={`${buttonClass(kind)} ${className}`} {...rest} {...useKeptFocus(rest)} />
  )
}

/** A button of one icon; its label is read out and shown as the tooltip. */
export function IconButton({
  label,
  kind = 'quiet',
  className = '',
  ...rest
}: ComponentProps<'button'> & { label: string; kind?: ButtonKind }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`${buttonClass(kind, 'icon')} ${className}`}
      {...rest}
      {...useKeptFocus(rest)}
    />
  )
}
