/** The outcome of a batch. */
export type AddResult = {
  accepted: number
  /** Records PostgreSQL refused, by their index in the batch. */
  rejected: { index: number; reason: string }[]
  /** The first and last id of the stored rows, null when there are none. Between them are this batch's rows only, unless it was stored in parts. */
  first_id: number | null
  last_id: number | null
  /** The batch had been stored before; the numbers are those of then. */
  repeated: boolean
}
