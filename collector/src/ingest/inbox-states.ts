/**
 * What has become of a submission that is stored. Its row and its body never go; the state says
 * whether it counts:
 *
 *   applied      folded: the only one that is live
 *   held         not folded, for the reason beside it; folded again when that is gone
 *   waiting      not folded: what it corrects or updates is not here yet
 *   returned     sent back by a reviewer; not folded until it is restored
 *   quarantined  from a device that has left; a person decides
 *   again        the same submission, sent from another store; the first copy counts
 *   void         a number whose content is lost; it stands for nothing
 */
export const INBOX_STATES = ['applied', 'held', 'again', 'void', 'returned', 'waiting', 'quarantined'] as const
export type InboxState = (typeof INBOX_STATES)[number]

/** Not replaced by a correction, that is another question: see the fold. */
export const isLive = (state: InboxState): boolean => state === 'applied'
