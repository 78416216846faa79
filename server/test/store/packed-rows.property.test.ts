// Rows that are packed answer as plain ones do; packed-rows.long.test.ts asks many times as much.
import { packedRowsCases } from './packed-rows-cases.ts'

packedRowsCases(0.04)
