/**
 * What a group of devices may see of the feed, by a name that changes when it changes. A device
 * whose view has another name than the one that its mirror was filled under reads from nought.
 */
import { sql, type SQL } from 'drizzle-orm'

export interface View {
  readonly name: string
  /** Names of scopes; `null`: everything. */
  readonly scopes: readonly string[] | null
}

export const WHOLE_VIEW: View = { name: '', scopes: null }

/** A condition on rows of the feed that are not for devices by name. */
export const seenIn = ({ scopes }: View): SQL => (scopes === null ? sql`true` : sql`false`)
