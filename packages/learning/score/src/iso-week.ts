/** The week of a moment as ISO 8601 names it, in UTC: `2026-W47`. Its text sorts as time does. */
export function isoWeek(atMs: number): string {
  const day = Math.floor(atMs / DAY_MS)
  // 1970-01-01 was a Thursday, and a week belongs to the year of its Thursday.
  const thursday = Math.floor((day + 3) / 7) * 7
  const year = new Date(thursday * DAY_MS).getUTCFullYear()
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1
  return `${year}-W${String(week).padStart(2, '0')}`
}

const DAY_MS = 86_400_000
