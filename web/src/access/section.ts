/** A list and, where there is room, the form that adds to it at its side. */
export const SECTION =
  'grid grid-cols-1 gap-4 border-t border-line pt-8 first-of-type:border-0 first-of-type:pt-0 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start lg:gap-x-6'
