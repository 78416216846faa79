// Rows that are packed answer as plain ones do, for many random filters.
import { packedRowsCases } from './packed-rows-cases.ts'

packedRowsCases(1)
