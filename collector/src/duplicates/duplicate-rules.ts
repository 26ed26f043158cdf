/**
 * Which properties of a dataset tell two entities apart. Without rules of its own a dataset is
 * looked at by the names that such properties usually have.
 */
import { z } from 'zod'

const names = z.array(z.string().min(1).max(500)).max(10).default([])

export const DuplicateRulesSchema = z.strictObject({
  /** Names of people; the label is compared where there are none. */
  name: names,
  /** Village, ward or scope. */
  place: names,
  phone: names,
  /** ODK's geopoint: latitude, longitude, … */
  position: names,
  /** Age of the head, in years. */
  age: names,
  withinMetres: z.number().positive().max(100_000).default(60),
  /** What scores less is not shown. */
  threshold: z.number().min(0).max(1).default(0.55),
})
export type DuplicateRules = z.infer<typeof DuplicateRulesSchema>

export const USUAL_RULES: DuplicateRules = DuplicateRulesSchema.parse({
  name: ['name', 'head_name', 'hh_head', 'head', 'full_name'],
  place: ['village', 'parish', 'ward', 'settlement', 'community', 'scope'],
  phone: ['phone', 'phone_number', 'telephone', 'mobile'],
  position: ['gps', 'position', 'geopoint', 'location', 'geometry'],
  age: ['head_age', 'age_head', 'age'],
})
