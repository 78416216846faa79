import type { Chart } from 'timelapser-logs/api'
import { addsUp, type ChartChoice, choiceInWords } from './choice.ts'
import { axisText, figureText, unitOf } from './figure-text.ts'
import { layOut } from './plot-geometry.ts'
import type { ShownSeries } from './shown-series.ts'

/** Points of the picture, drawn twice as fine. */
const SIZE = { width: 1200, height: 600, scale: 2 }
const MARGIN = { left: 76, right: 24, top: 56, line: 22 }

/** The figures as comma-separated values: a row a step, or a group where there are no steps. */
export function chartCsv(chart: Chart, series: readonly ShownSeries[]): string {
  const rows =
    chart.buckets.length === 0
      ? [['group', 'value', 'lines'], ...series.map(({ name, value, lines }) => [name, value, lines])]
      : [
          ['time', ...series.map(({ name }) => name)],
          ...chart.buckets.map((start, step) => [start, ...series.map(({ points }) => points[step] ?? null)]),
        ]
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/**
 * A spreadsheet takes text that begins like this for a formula, the wide characters too in East Asian settings. One that
 * splits at semicolons, tabs or lines begins cells of its own within a text. The export of lines keeps to the same rules.
 */
const FORMULA_START = /^[-=+@\t\r\n＝＋－＠]/
const FORMULA_INSIDE = /([;\t\r\n])([\s"]*[-=+@＝＋－＠])/g

/** Quoted where it has to be; a text that a spreadsheet would run as a formula has an apostrophe before it. */
function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const inside = value.replaceAll(FORMULA_INSIDE, "$1'$2")
  const text = FORMULA_START.test(value) ? `'${inside}` : inside
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The chart as a picture, with its title, its axes and its legend, in the colours of the theme. */
export async function chartPng(
  chart: Chart,
  series: readonly ShownSeries[],
  choice: ChartChoice,
  ticks: readonly { at: number; text: string }[],
): Promise<Blob | null> {
  const { width, height, scale } = SIZE
  const legendRows = Math.ceil(series.length / 3)
  const bottom = 40 + legendRows * MARGIN.line
  const plane = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - bottom }
  const isPositive = series.every(({ points }) => points.every((value) => value === null || value >= 0))
  const kind = choice.kind === 'bars' ? 'bars' : 'lines'
  const isStacked = addsUp(choice.measure) && isPositive
  const plot = layOut(series, { steps: chart.buckets.length, ...plane, kind, isStacked })
  const canvas = document.createElement('canvas')
  canvas.width = width * scale
  canvas.height = height * scale
  const pen = canvas.getContext('2d')
  if (!pen) return null
  const style = getComputedStyle(document.documentElement)
  const colorOf = (color: string) => style.getPropertyValue(/--[\w-]+/.exec(color)?.[0] ?? '').trim() || color
  const ink = colorOf('var(--ink)')
  const muted = colorOf('var(--ink-muted)')
  pen.scale(scale, scale)
  pen.fillStyle = colorOf('var(--surface)')
  pen.fillRect(0, 0, width, height)
  pen.fillStyle = ink
  pen.font = '600 18px Inter, sans-serif'
  pen.fillText(choiceInWords(choice), MARGIN.left, 32)
  pen.font = '12px Inter, sans-serif'
  pen.translate(MARGIN.left, MARGIN.top)
  for (const tick of plot.ticks) {
    pen.fillStyle = muted
    pen.textAlign = 'right'
    pen.fillText(axisText(tick), -8, plot.yOf(tick) + 4)
    pen.strokeStyle = colorOf('var(--line)')
    pen.strokeRect(0, plot.yOf(tick), plane.width, 0)
  }
  const start = Date.parse(chart.buckets[0] ?? chart.start)
  const span = chart.buckets.length * (chart.bucket_seconds ?? 1) * 1000
  pen.textAlign = 'center'
  for (const { at, text } of ticks) pen.fillText(text, ((at - start) / span) * plane.width, plane.height + 20)
  for (const [index, one] of series.entries()) {
    const shape = new Path2D(plot.shapes[index])
    pen.fillStyle = colorOf(one.color)
    pen.strokeStyle = colorOf(one.color)
    pen.lineWidth = 2
    pen.setLineDash(one.dash === '' ? [] : one.dash.split(' ').map(Number))
    if (kind === 'bars') pen.fill(shape)
    else pen.stroke(shape)
  }
  for (const { series: index, x, y } of plot.dots) {
    pen.fillStyle = colorOf(series[index]?.color ?? '')
    pen.fillRect(x - 2, y - 2, 4, 4)
  }
  pen.textAlign = 'left'
  const column = plane.width / 3
  for (const [index, one] of series.entries()) {
    const [x, y] = [(index % 3) * column, plane.height + 44 + Math.floor(index / 3) * MARGIN.line]
    pen.strokeStyle = colorOf(one.color)
    pen.lineWidth = 3
    pen.setLineDash(one.dash === '' ? [] : one.dash.split(' ').map(Number))
    pen.beginPath()
    pen.moveTo(x, y - 4)
    pen.lineTo(x + 18, y - 4)
    pen.stroke()
    pen.fillStyle = ink
    pen.fillText(`${one.name}  ${figureText(one.value, unitOf(choice))}`, x + 26, y, column - 34)
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}
