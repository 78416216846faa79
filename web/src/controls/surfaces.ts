// The looks that floating surfaces and fields share.

export const POPUP =
  'z-50 max-h-(--available-height) overflow-auto rounded-lg border border-line bg-surface text-ink shadow-float outline-none origin-(--transform-origin) transition-[opacity,scale] duration-100 data-[starting-style]:scale-98 data-[starting-style]:opacity-0 data-[ending-style]:opacity-0'

/** A popup too high for the room under its button is scrolled; beside the button it would cover the others. */
export const BELOW_OR_ABOVE = { fallbackAxisSide: 'none' } as const

export const MENU_ITEM =
  'flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 text-body outline-none select-none data-[highlighted]:bg-hover data-[disabled]:cursor-not-allowed data-[disabled]:opacity-50'

export const FIELD =
  'h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 text-body text-ink focus:border-accent focus:outline-1 focus:outline-offset-0 focus:outline-accent'

/** The column of a screen beside the explorer: all of them begin and end at the same edges. */
export const SCREEN =
  'mx-auto grid w-full max-w-6xl grid-cols-1 content-start gap-6 px-4 py-6 sm:px-6 sm:py-8'

export const BACKDROP =
  'fixed inset-0 z-40 bg-[rgb(8_14_16/0.5)] transition-opacity duration-150 data-[starting-style]:opacity-0 data-[ending-style]:opacity-0'

export const DIALOG =
  'fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[min(30rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 overflow-auto rounded-lg border border-line bg-surface p-5 text-ink shadow-float outline-none transition-opacity duration-150 data-[starting-style]:opacity-0 data-[ending-style]:opacity-0'

/** A list and, where there is room, the form that adds to it at its side. */
export const SECTION =
  'grid grid-cols-1 gap-4 border-t border-line pt-8 first-of-type:border-0 first-of-type:pt-0 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start lg:gap-x-6'
