/** What the shell and the agent's process say to each other. */

export type FromHouse =
  | { readonly kind: 'page'; readonly url: string }
  | { readonly kind: 'fault'; readonly text: string }
  /** Wrap this secret with the system's store; answered by `answer`. */
  | { readonly kind: 'protect'; readonly id: number; readonly text: string }
  | { readonly kind: 'reveal'; readonly id: number; readonly text: string }

export type ToHouse =
  | { readonly kind: 'answer'; readonly id: number; readonly text: string }
  | { readonly kind: 'close' }
