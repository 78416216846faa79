/** The columns of the list, shared by its head and every line. */
export const COLUMNS = 'grid grid-cols-[9.75rem_5.25rem_10.5rem_minmax(0,1fr)] gap-x-3 pr-4 pl-3'
