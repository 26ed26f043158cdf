/** Lengths and areas on a sphere of the Earth's mean equatorial radius, as JavaRosa computes them. */
import type { FunctionTable } from '../evaluate.ts'
import { ofValues, textsOf } from './define.ts'

const RADIUS_M = 6_378_100
const radians = (degrees: number): number => (degrees * Math.PI) / 180

interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** Points of a geoshape or geotrace (`lat lon alt acc; …`), or of several geopoints. */
function placesOf(texts: readonly string[]): readonly Place[] {
  return texts
    .flatMap(text => text.split(';'))
    .map(point => point.trim().split(/\s+/).map(Number))
    .filter(numbers => numbers.length >= 2 && numbers.every(n => !Number.isNaN(n)))
    .map(([latitude, longitude]) => ({ latitude: latitude!, longitude: longitude! }))
}

function metresBetween(a: Place, b: Place): number {
  const [φ1, φ2] = [radians(a.latitude), radians(b.latitude)]
  const half =
    Math.sin((φ2 - φ1) / 2) ** 2 + Math.cos(φ1) * Math.cos(φ2) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2
  return 2 * RADIUS_M * Math.asin(Math.sqrt(half))
}

function squareMetres(places: readonly Place[]): number {
  if (places.length < 3) return 0
  let total = 0
  for (const [i, a] of places.entries()) {
    const b = places[(i + 1) % places.length]!
    const [x, y] = [radians(b.longitude - a.longitude), Math.sin(radians(a.latitude)) + Math.sin(radians(b.latitude))]
    total += x * (2 + y)
  }
  return Math.abs((total * RADIUS_M ** 2) / 2)
}

export const geoFunctions: FunctionTable = {
  distance: ofValues(1, Infinity, ({ tree, count, value }) => {
    const places = placesOf(Array.from({ length: count }, (_, i) => textsOf(tree, value(i))).flat())
    return places.slice(1).reduce((metres, place, i) => metres + metresBetween(places[i]!, place), 0)
  }),
  area: ofValues(1, 1, ({ tree, value }) => squareMetres(placesOf(textsOf(tree, value(0))))),
}
