/** How far a look through stored lines is. */
export type ScrubProgress = { scanned_rows: number; matched_rows: number }
