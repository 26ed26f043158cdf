/** Why a fold failed: the database's trouble, which passes, or the submission's own. */
import { fault, type Fault } from '@murram/ground'

/**
 * The database's trouble and not the submission's: lost connection, a deadlock, a full disk, a
 * server that stops. Nothing is stored and nothing acked; the device sends it again.
 */
export function isPassing(thrown: unknown): boolean {
  const { code } = innermost(thrown) as { readonly code?: unknown }
  return typeof code === 'string' && /^(?:08|40|53|55|57|58)[0-9A-Z]{3}$|^E[A-Z]+$/.test(code)
}

/** Without the query: its parameters are answers, which do not belong into a log or an ack. */
export function heldReason(thrown: unknown): Fault {
  const cause = innermost(thrown)
  return fault('fold.held', cause instanceof Error ? cause.message : String(cause))
}

const innermost = (thrown: unknown): unknown =>
  thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
