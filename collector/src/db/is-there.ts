/**
 * Whether there is a row, asked of the index once for each row that asks.
 *
 * Why not `exists`: in a list of columns or behind an `or`, PostgreSQL may read the whole table into a
 * hash first. It weighs that by what it last heard of the table's size and heeds no setting, so after
 * a few busy days each visit to a household read the whole inbox.
 */
import { sql, type SQL } from 'drizzle-orm'

/** @param from `table alias where …`, of columns that have an index. */
export const isThere = (from: SQL): SQL => sql`coalesce((select true from ${from} limit 1), false)`
