// The numbers of one field in the rows of a block, as bytes.
import { crc32 } from 'node:zlib'
import { packBits, packedBytes, unpackBits, widthOf } from './bit-packing.ts'

/** A row of a column has no value, a number, or another value: `OTHER` is the first of those. */
export const ABSENT = 0
export const NUMBER = 1
export const OTHER = 2

/** Numbers are whole ones of this many decimals, where that is what they were written as. */
const MOST_DECIMALS = 9
const DOUBLES = 255
const POWERS = Array.from({ length: MOST_DECIMALS + 1 }, (_, decimals) => 10 ** decimals)

/** The numbers that have places of their own: the greatest and the least of a column differ by less. */
const MOST_APART = 2 ** 32 - 1

/** Checksum, decimals, widths of numbers and kinds, how many numbers, bytes of other values, the least number. */
const HEAD = 24

export type NumberColumn = {
  /** The kind of each row; undefined when all have numbers. */
  kinds: Uint8Array | undefined
  /** The number of each row, by the next two: (`least` + unit) / `power`. */
  units: Uint32Array
  least: number
  power: number
  /** The number of each row in place of units. */
  doubles: Float64Array | undefined
  /** The other values by kind: the first is that of `OTHER`. */
  others: string[]
}

/** The values of a field: `numbers` are those of the rows whose kind is `NUMBER`, one after the other. */
export type ColumnValues = { kinds: Uint8Array; numbers: readonly number[]; others: readonly string[] }

/** @param name of the field; the bytes of one are not taken for those of another */
export function encodeColumn(name: string, { kinds, numbers, others }: ColumnValues): Buffer {
  const kindWidth = kinds.every((kind) => kind === NUMBER) ? 0 : widthOf(OTHER + others.length - 1)
  const whole = wholeNumbers(numbers)
  const width = whole ? widthOf(whole.most - whole.least) : 64
  const head = Buffer.alloc(HEAD)
  const texts = Buffer.from(others.length === 0 ? '' : JSON.stringify(others))
  head.writeUInt8(whole ? whole.decimals : DOUBLES, 4)
  head.writeUInt8(width, 5)
  head.writeUInt8(kindWidth, 6)
  head.writeUInt32LE(numbers.length, 8)
  head.writeUInt32LE(texts.length, 12)
  head.writeDoubleLE(whole?.least ?? 0, 16)
  const column = Buffer.concat([
    head,
    texts,
    packBits(kindWidth === 0 ? [] : kinds, kindWidth),
    whole ? packBits(unitsOf(numbers, whole), width) : doublesOf(numbers),
  ])
  column.writeUInt32LE(sumOf(name, column), 0)
  return column
}

/**
 * The column as `encodeColumn` made it.
 *
 * @returns undefined when it is damaged, or another field's
 */
export function decodeColumn(name: string, column: Buffer, rows: number): NumberColumn | undefined {
  if (column.length < HEAD || column.readUInt32LE(0) !== sumOf(name, column)) return undefined
  const [decimals, width, kindWidth] = [column.readUInt8(4), column.readUInt8(5), column.readUInt8(6)]
  const numbers = column.readUInt32LE(8)
  const textsEnd = HEAD + column.readUInt32LE(12)
  const kindsEnd = textsEnd + packedBytes(kindWidth === 0 ? 0 : rows, kindWidth)
  const texts = column.toString('utf8', HEAD, textsEnd)
  const kinds = kindWidth === 0 ? undefined : new Uint8Array(rows)
  if (kinds) unpackBits(column.subarray(textsEnd, kindsEnd), kindWidth, kinds, rows)
  const isWhole = decimals !== DOUBLES
  const units = new Uint32Array(isWhole ? rows : 0)
  const doubles = isWhole ? undefined : new Float64Array(rows)
  const packed = column.subarray(kindsEnd)
  if (isWhole) unpackBits(packed, width, units, numbers)
  else
    for (let index = 0; index < numbers; index++)
      (doubles as Float64Array)[index] = packed.readDoubleLE(index * 8)
  if (kinds) spread(doubles ?? units, kinds, numbers)
  return {
    ...{ kinds, units, doubles, least: column.readDoubleLE(16), power: POWERS[decimals] ?? 1 },
    others: texts === '' ? [] : JSON.parse(texts),
  }
}

/** The number of a row, if that is what it has. */
export function numberAt({ units, doubles, least, power }: NumberColumn, row: number): number {
  return doubles ? (doubles[row] as number) : (least + (units[row] as number)) / power
}

function sumOf(name: string, column: Buffer): number {
  return crc32(column.subarray(4), crc32(name))
}

/** The numbers, one after the other at first, at the places of their rows. */
function spread(values: Uint32Array | Float64Array, kinds: Uint8Array, numbers: number): void {
  for (let row = kinds.length - 1, next = numbers - 1; row >= 0; row--) {
    values[row] = kinds[row] === NUMBER ? (values[next--] as number) : 0
  }
}

type Whole = { decimals: number; least: number; most: number }

/** Undefined where the numbers are not whole ones of a few decimals, near to each other. */
function wholeNumbers(numbers: readonly number[]): Whole | undefined {
  if (numbers.length === 0) return { decimals: 0, least: 0, most: 0 }
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const power = POWERS[decimals] as number
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    const isExact = numbers.every((number) => {
      const whole = Math.round(number * power)
      if (whole < least) least = whole
      if (whole > most) most = whole
      return Number.isSafeInteger(whole) && whole / power === number
    })
    if (isExact) return most - least <= MOST_APART ? { decimals, least, most } : undefined
  }
  return undefined
}

function unitsOf(numbers: readonly number[], { decimals, least }: Whole): Uint32Array {
  const power = POWERS[decimals] as number
  return Uint32Array.from(numbers, (number) => Math.round(number * power) - least)
}

function doublesOf(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 8)
  for (const [index, number] of numbers.entries()) bytes.writeDoubleLE(number, index * 8)
  return bytes
}
