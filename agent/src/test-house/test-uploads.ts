/** What the collector of the tests does with files: keeps them in memory, and believes who sends them. */
import { createHash } from 'node:crypto'
import type { Have, Offer, Piece } from '@murram/wire'

export interface TestUploads {
  readonly answer: (message: Offer | Piece) => Have
  /** By hash: what is whole. */
  readonly whole: () => ReadonlyMap<string, Uint8Array>
  /** Frames of files that were heard. */
  readonly heard: () => { readonly offers: number; readonly pieces: number; readonly bytes: number }
  /** Turns away what is offered from now on. */
  readonly refuse: (refuses: boolean) => void
  /** As after a restore. */
  readonly forget: () => void
}

export function createTestUploads(): TestUploads {
  const parts = new Map<string, Buffer>()
  const offers = new Map<number, Offer>()
  const count = { offers: 0, pieces: 0, bytes: 0 }
  let refuses = false
  const isWhole = (sha256: string): boolean =>
    createHash('sha256')
      .update(parts.get(sha256) ?? '')
      .digest('hex') === sha256
  const have = (offer: number, { sha256 }: Offer): Have => ({
    type: 'have',
    offer,
    haveBytes: parts.get(sha256)?.length ?? 0,
    complete: parts.has(sha256) && isWhole(sha256),
  })
  return {
    answer: message => {
      if (message.type === 'offer') {
        count.offers += 1
        offers.set(message.offer, message)
        const { offer } = message
        if (refuses) return { type: 'have', offer, haveBytes: 0, complete: false, fault: { fault: 'sync.not-awaited' } }
        parts.set(message.sha256, parts.get(message.sha256) ?? Buffer.alloc(0))
        return have(offer, message)
      }
      const offered = offers.get(message.offer)
      if (offered === undefined) throw new Error('a piece of nothing')
      count.pieces += 1
      count.bytes += message.bytes.length
      const part = parts.get(offered.sha256) ?? Buffer.alloc(0)
      if (part.length === message.offset) parts.set(offered.sha256, Buffer.concat([part, message.bytes]))
      return have(message.offer, offered)
    },
    whole: () => new Map([...parts].filter(([sha256]) => isWhole(sha256))),
    heard: () => ({ ...count }),
    refuse: next => {
      refuses = next
    },
    forget: () => parts.clear(),
  }
}
