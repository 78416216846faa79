import type { Chart } from 'timelapser-logs/api'
import { type ChartChoice, choiceInWords } from './choice.ts'
import { axisText, figureText, unitOf } from './figure-text.ts'
import { layOut, type Plot } from './plot-geometry.ts'
import { isStacked, type ShownSeries, timesOf } from './shown-series.ts'

/** Points of the picture, drawn twice as fine. */
const SIZE = { width: 1200, height: 600, scale: 2 }
const MARGIN = { left: 76, right: 24, top: 56, line: 22 }
const LEGEND_COLUMNS = 3

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
  const bottom = 40 + Math.ceil(series.length / LEGEND_COLUMNS) * MARGIN.line
  const plane = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - bottom }
  const plot = layOut(series, {
    ...{ steps: chart.buckets.length, ...plane },
    kind: choice.kind === 'bars' ? 'bars' : 'lines',
    isStacked: isStacked(series, choice),
  })
  const canvas = document.createElement('canvas')
  canvas.width = width * scale
  canvas.height = height * scale
  const pen = canvas.getContext('2d')
  if (!pen) return null
  const colorOf = themeColors()
  const ink = colorOf('var(--ink)')
  const colored = series.map((one) => ({ ...one, color: colorOf(one.color) }))
  pen.scale(scale, scale)
  pen.fillStyle = colorOf('var(--surface)')
  pen.fillRect(0, 0, width, height)
  pen.fillStyle = ink
  pen.font = '600 18px Inter, sans-serif'
  pen.fillText(choiceInWords(choice), MARGIN.left, 32)
  pen.font = '12px Inter, sans-serif'
  pen.translate(MARGIN.left, MARGIN.top)
  const { from, to } = timesOf(chart)
  const times = ticks.map(({ at, text }) => ({ x: ((at - from) / (to - from)) * plane.width, text }))
  drawAxes(pen, plot, times, { line: colorOf('var(--line)'), text: colorOf('var(--ink-muted)') })
  drawSeries(pen, plot, colored)
  drawLegend(pen, plot, colored, { unit: unitOf(choice), ink })
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}

type Pen = CanvasRenderingContext2D

/** The colours of the theme by their custom properties; a colour of another kind stays. */
function themeColors(): (color: string) => string {
  const style = getComputedStyle(document.documentElement)
  return (color) => style.getPropertyValue(/--[\w-]+/.exec(color)?.[0] ?? '').trim() || color
}

function drawAxes(
  pen: Pen,
  plot: Plot,
  times: readonly { x: number; text: string }[],
  colors: { line: string; text: string },
) {
  for (const tick of plot.ticks) {
    pen.fillStyle = colors.text
    pen.textAlign = 'right'
    pen.fillText(axisText(tick), -8, plot.yOf(tick) + 4)
    pen.strokeStyle = colors.line
    pen.strokeRect(0, plot.yOf(tick), plot.width, 0)
  }
  pen.textAlign = 'center'
  for (const { x, text } of times) pen.fillText(text, x, plot.height + 20)
}

function drawSeries(pen: Pen, plot: Plot, series: readonly ShownSeries[]) {
  for (const [index, one] of series.entries()) {
    const shape = new Path2D(plot.shapes[index])
    pen.fillStyle = one.color
    takeLine(pen, one, 2)
    if (plot.isBars) pen.fill(shape)
    else pen.stroke(shape)
  }
  for (const { series: index, x, y } of plot.dots) {
    pen.fillStyle = series[index]?.color ?? ''
    pen.fillRect(x - 2, y - 2, 4, 4)
  }
}

function drawLegend(
  pen: Pen,
  { width, height }: Plot,
  series: readonly ShownSeries[],
  { unit, ink }: { unit: string; ink: string },
) {
  pen.textAlign = 'left'
  const column = width / LEGEND_COLUMNS
  for (const [index, one] of series.entries()) {
    const row = Math.floor(index / LEGEND_COLUMNS)
    const [x, y] = [(index % LEGEND_COLUMNS) * column, height + 44 + row * MARGIN.line]
    takeLine(pen, one, 3)
    pen.beginPath()
    pen.moveTo(x, y - 4)
    pen.lineTo(x + 18, y - 4)
    pen.stroke()
    pen.fillStyle = ink
    pen.fillText(`${one.name}  ${figureText(one.value, unit)}`, x + 26, y, column - 34)
  }
}

/** The colour and the dashes of a series. */
function takeLine(pen: Pen, { color, dash }: ShownSeries, width: number) {
  pen.strokeStyle = color
  pen.lineWidth = width
  pen.setLineDash(dash === '' ? [] : dash.split(' ').map(Number))
}
