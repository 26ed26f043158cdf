/**
 * Lengths and areas on a sphere of the Earth's mean equatorial radius, as JavaRosa computes
 * them; fences in the plane of latitude and longitude.
 *
 * A place is `latitude longitude altitude accuracy`; a geotrace or geoshape is places between
 * semicolons. Where one place cannot be read, the area is 0, the length NaN, and nothing is
 * inside: a figure from half of a plot would pass for the whole.
 */
import { numeric } from '../compiled.ts'
import type { FunctionTable } from '../evaluate.ts'
import { argsFrom, ofCall, ofTexts, textsOf } from './define.ts'

const RADIUS_M = 6_378_100
const radians = (degrees: number): number => (degrees * Math.PI) / 180
/** To the centimetre, as the field's engines give it. */
const toCentimetres = (metres: number): number => Math.round(metres * 100) / 100

interface Place {
  readonly latitude: number
  readonly longitude: number
}

function placeOf(text: string): Place | undefined {
  const numbers = text.split(/\s+/)
  if (numbers.length < 2 || numbers.length > 4) return undefined
  const [latitude, longitude] = numbers.map(Number)
  return Math.abs(latitude!) <= 90 && Math.abs(longitude!) <= 180
    ? { latitude: latitude!, longitude: longitude! }
    : undefined
}

/** Places of a geotrace or geoshape, or of several geopoints; `undefined` where one is none. */
function placesOf(texts: readonly string[]): readonly Place[] | undefined {
  const places: Place[] = []
  for (const text of texts)
    for (const part of text
      .trim()
      .replace(/[\s;]+$/, '')
      .split(';')) {
      const place = placeOf(part.trim())
      if (place === undefined) return undefined
      places.push(place)
    }
  return places
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

/** Crossings of a ray to the east with the fence (W. R. Franklin's test): odd is inside. */
function isInside(place: Place, fence: readonly Place[]): boolean {
  let inside = false
  for (const [i, a] of fence.entries()) {
    const b = fence[(i + 1) % fence.length]!
    if (a.latitude > place.latitude === b.latitude > place.latitude) continue
    const along = (place.latitude - a.latitude) / (b.latitude - a.latitude)
    if (place.longitude < a.longitude + along * (b.longitude - a.longitude)) inside = !inside
  }
  return inside
}

const isSame = (a: Place, b: Place): boolean => a.latitude === b.latitude && a.longitude === b.longitude

/** Which side of a→b the place is on: 1, -1, or 0 on the line. */
const sideOf = (a: Place, b: Place, place: Place): number =>
  Math.sign(
    (b.longitude - a.longitude) * (place.latitude - a.latitude) -
      (b.latitude - a.latitude) * (place.longitude - a.longitude),
  )

const isBetween = (a: Place, b: Place, place: Place): boolean =>
  place.latitude >= Math.min(a.latitude, b.latitude) &&
  place.latitude <= Math.max(a.latitude, b.latitude) &&
  place.longitude >= Math.min(a.longitude, b.longitude) &&
  place.longitude <= Math.max(a.longitude, b.longitude)

function doCross(a: Place, b: Place, c: Place, d: Place): boolean {
  const sides = [sideOf(a, b, c), sideOf(a, b, d), sideOf(c, d, a), sideOf(c, d, b)] as const
  if (sides[0] * sides[1] < 0 && sides[2] * sides[3] < 0) return true
  return (
    (sides[0] === 0 && isBetween(a, b, c)) ||
    (sides[1] === 0 && isBetween(a, b, d)) ||
    (sides[2] === 0 && isBetween(c, d, a)) ||
    (sides[3] === 0 && isBetween(c, d, b))
  )
}

/** Whether a trace or the outline of a shape crosses or touches itself, other than at its joints. */
function crossesItself(trace: readonly Place[]): boolean {
  const places = trace.filter((place, i) => i === 0 || !isSame(place, trace[i - 1]!))
  const lines = places.length - 1
  const isClosed = lines > 2 && isSame(places[0]!, places[lines]!)
  for (let i = 0; i < lines; i++)
    for (let j = i + 1; j < lines; j++) {
      const [a, b, c, d] = [places[i]!, places[i + 1]!, places[j]!, places[j + 1]!]
      if (j === i + 1) {
        // Neighbours share a joint; they only meet again where the second runs back over the first.
        if (sideOf(a, b, d) === 0 && (isBetween(a, b, d) || isBetween(c, d, a))) return true
      } else if (!(isClosed && i === 0 && j === lines - 1) && doCross(a, b, c, d)) return true
    }
  return false
}

const areaOf = ofCall('shape', ({ tree, arg }) => {
  const shape = arg(0)
  return numeric(context => toCentimetres(squareMetres(placesOf(textsOf(tree, shape, context)) ?? [])))
})

export const geoFunctions: FunctionTable = {
  distance: ofCall('place+', call => {
    const parts = argsFrom(call, 0)
    return numeric(context => {
      const places = placesOf(parts.flatMap(part => textsOf(call.tree, part, context)))
      if (places === undefined || places.length < 2) return Number.NaN
      return toCentimetres(places.slice(1).reduce((metres, place, i) => metres + metresBetween(places[i]!, place), 0))
    })
  }),
  area: areaOf,
  'enclosed-area': areaOf,
  geofence: ofTexts.truth('place, shape', (text, shape) => {
    const [place, fence] = [placeOf(text.trim()), placesOf([shape])]
    return place !== undefined && fence !== undefined && isInside(place, fence)
  }),
  intersects: ofTexts.truth('trace', text => crossesItself(placesOf([text]) ?? [])),
}
