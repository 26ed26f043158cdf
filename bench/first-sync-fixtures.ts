/** Households as a programme has them: a dozen properties, names that recur, numbers that do not. */
import { createHash } from 'node:crypto'
import type { EntityBody } from '@murram/wire'
import type { EntityId } from '@murram/ground'

const FIRST = ['Akello', 'Amina', 'Okello', 'Mugisha', 'Nakato', 'Babirye', 'Wanjiru', 'Otieno', 'Achieng', 'Kato']
const LAST = ['Okot', 'Ojok', 'Mukasa', 'Namutebi', 'Byaruhanga', 'Tumusiime', 'Kizza', 'Lutaaya', 'Opio', 'Aber']

export function householdRow(i: number): { kind: 'entity'; key: string; body: EntityBody } {
  const seed = createHash('sha256').update(`household ${i}`).digest()
  const at = (k: number): number => seed.readUInt16LE((k * 2) % 30)
  const pick = (words: readonly string[], k: number): string => words[at(k) % words.length] ?? ''
  const hex = seed.toString('hex')
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  const name = `${pick(FIRST, 1)} ${pick(LAST, 2)} ${i}`
  return {
    kind: 'entity',
    key: id,
    body: {
      entityId: id as EntityId,
      canonicalId: id as EntityId,
      dataset: 'households',
      label: name,
      properties: {
        name,
        village: `Village ${at(3) % 120}`,
        roof: pick(['iron', 'thatch', 'tile'], 4),
        walls: pick(['mud', 'brick', 'wood'], 5),
        members: String(1 + (at(6) % 11)),
        water_minutes: String(at(7) % 90),
        income: String((at(8) % 200) * 1_000),
        gps: `${(1 + at(9) / 65_536).toFixed(6)} ${(32 + at(10) / 65_536).toFixed(6)} 0 5`,
        phone: `07${String(at(11) * 1_000 + at(12)).padStart(8, '0')}`,
        last_visit: `2026-1${at(13) % 2}-${10 + (at(14) % 19)}`,
        programme: pick(['cash', 'food', 'none', 'seed'], 0),
        score: (at(1) / 65_536).toFixed(3),
      },
      conflicted: i % 100 === 0 ? ['roof'] : [],
    },
  }
}
