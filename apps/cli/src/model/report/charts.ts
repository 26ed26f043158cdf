/**
 * The charts of a report as SVG, drawn with nothing but their own numbers: a report is one
 * file that opens anywhere, without a network and without scripts.
 *
 * Both axes of the curves run from 0 to 1; the grey line is what a model that knows nothing
 * (ROC) or one that is right about itself (calibration) would draw.
 */
import type { Curves, ReliabilityBin } from '../curves.ts'
import type { Importance } from '../importance.ts'
import { escape, number } from './html.ts'

const SIDE = 260
const LEFT = 54
const TOP = 12
const COLOURS = ['#1f6f78', '#c7622b', '#5b4a9c', '#7a8b2a', '#a13d63', '#3d6fa1', '#8a6d3b', '#4c4c4c']

export const colourOf = (at: number): string => COLOURS[at % COLOURS.length]!

const x = (share: number): number => LEFT + share * SIDE
const y = (share: number): number => TOP + (1 - share) * SIDE
const at = (value: number): string => value.toFixed(1)

function frame(title: string, across: string, up: string, body: string): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    share =>
      `<line x1="${at(x(share))}" y1="${TOP}" x2="${at(x(share))}" y2="${TOP + SIDE}" class="grid"/>` +
      `<line x1="${LEFT}" y1="${at(y(share))}" x2="${LEFT + SIDE}" y2="${at(y(share))}" class="grid"/>` +
      `<text x="${at(x(share))}" y="${TOP + SIDE + 16}" text-anchor="middle">${share}</text>` +
      `<text x="${LEFT - 6}" y="${at(y(share) + 4)}" text-anchor="end">${share}</text>`,
  )
  return (
    `<svg viewBox="0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + 44}" role="img" aria-label="${escape(title)}">` +
    `${ticks.join('')}<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" class="even"/>${body}` +
    `<text x="${x(0.5)}" y="${TOP + SIDE + 36}" text-anchor="middle" class="axis">${escape(across)}</text>` +
    `<text transform="translate(12 ${y(0.5)}) rotate(-90)" text-anchor="middle" class="axis">${escape(up)}</text></svg>`
  )
}

export function rocChart(curves: readonly Curves[]): string {
  const lines = curves.map(
    ({ roc, name }, place) =>
      `<polyline points="${roc.map(point => `${at(x(point.falsePositives))},${at(y(point.truePositives))}`).join(' ')}" fill="none" stroke="${colourOf(place)}" stroke-width="2"><title>${escape(name)}</title></polyline>`,
  )
  return frame('ROC curve', 'share wrongly named', 'share rightly named', lines.join(''))
}

export function calibrationChart(curves: readonly Curves[]): string {
  const lines = curves.map(({ reliability, name }, place) => {
    const points = reliability.map(({ said, was }) => `${at(x(said))},${at(y(was))}`).join(' ')
    return (
      `<polyline points="${points}" fill="none" stroke="${colourOf(place)}" stroke-width="1.5"/>` +
      reliability.map(bin => interval(bin, colourOf(place), name)).join('')
    )
  })
  return frame('Calibration curve', 'probability that was said', 'share of rows where it was so', lines.join(''))
}

/** A bin as a dot, with the interval in which its share lies by chance (Wilson, 95 %). */
function interval({ rows, said, was }: ReliabilityBin, colour: string, name: string): string {
  const z = 1.96
  const centre = (was + (z * z) / (2 * rows)) / (1 + (z * z) / rows)
  const half = (z / (1 + (z * z) / rows)) * Math.sqrt((was * (1 - was)) / rows + (z * z) / (4 * rows * rows))
  const [low, high] = [Math.max(0, centre - half), Math.min(1, centre + half)]
  return (
    `<line x1="${at(x(said))}" y1="${at(y(low))}" x2="${at(x(said))}" y2="${at(y(high))}" stroke="${colour}" stroke-width="1" opacity="0.5"/>` +
    `<circle cx="${at(x(said))}" cy="${at(y(was))}" r="3.5" fill="${colour}"><title>${escape(name)}: said ${number(said)}, was ${number(was)} in ${rows} rows</title></circle>`
  )
}

const BAR = 22
const NAMES = 190
const WIDTH = 360

export function importanceChart(found: readonly Importance[]): string {
  const most = Math.max(...found.map(({ worse }) => worse), 1e-9)
  const bars = found.map(({ input, worse }, place) => {
    const width = Math.max(0, (worse / most) * WIDTH)
    const name = input.length > 28 ? `${input.slice(0, 27)}…` : input
    return (
      `<text x="${NAMES - 8}" y="${place * BAR + 15}" text-anchor="end">${escape(name)}<title>${escape(input)}</title></text>` +
      `<rect x="${NAMES}" y="${place * BAR + 3}" width="${at(width)}" height="${BAR - 6}" rx="2" fill="${colourOf(0)}"/>` +
      `<text x="${at(NAMES + width + 6)}" y="${place * BAR + 15}">${number(worse, 4)}</text>`
    )
  })
  return `<svg class="wide" viewBox="0 0 ${NAMES + WIDTH + 70} ${found.length * BAR + 4}" role="img" aria-label="What the model goes by">${bars.join('')}</svg>`
}

/** What was said against what was, for amounts; the line is where both are alike. */
export function amountChart(values: Float64Array, said: Float64Array): string {
  const step = Math.max(1, Math.ceil(values.length / 600))
  const picked = Array.from(values, (value, row) => [said[row]!, value] as const).filter((_, row) => row % step === 0)
  const all = picked.flat()
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const share = (value: number): number => (value - low) / Math.max(1e-12, high - low)
  const dots = picked.map(
    ([a, b]) => `<circle cx="${at(x(share(a)))}" cy="${at(y(share(b)))}" r="2" fill="${colourOf(0)}" opacity="0.5"/>`,
  )
  return (
    `<svg viewBox="0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + 44}" role="img" aria-label="Said and was">` +
    `<rect x="${LEFT}" y="${TOP}" width="${SIDE}" height="${SIDE}" class="box"/>` +
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" class="even"/>${dots.join('')}` +
    `<text x="${x(0)}" y="${TOP + SIDE + 16}">${escape(Number(low.toPrecision(4)).toString())}</text>` +
    `<text x="${x(1)}" y="${TOP + SIDE + 16}" text-anchor="end">${escape(Number(high.toPrecision(4)).toString())}</text>` +
    `<text x="${x(0.5)}" y="${TOP + SIDE + 36}" text-anchor="middle" class="axis">said</text>` +
    `<text transform="translate(12 ${y(0.5)}) rotate(-90)" text-anchor="middle" class="axis">was</text></svg>`
  )
}
