/**
 * How far somebody has read a collection. `seq` rises with every write and nothing of it
 * comes from a clock: a laptop whose clock went back loses no document.
 */
export interface SeqCheckpoint {
  readonly seq: number
}
