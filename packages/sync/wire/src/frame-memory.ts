/**
 * What both ends of a session still know of the last frames of a run. The names of a form's
 * questions and choices are most of a small batch, and every batch has them again: after the
 * first one they are a reference.
 *
 * It holds one session and one direction: frames come in order there, and a new link begins
 * with an empty memory. So nothing has to be agreed upon, and nothing outlives a cut.
 */
export interface FrameMemory {
  readonly recall: () => Uint8Array
  readonly keep: (body: Uint8Array) => void
  /** The next frame begins a run of its own. */
  readonly forget: () => void
}

/** As far back as deflate reaches. */
const REACH_BYTES = 32_000

export function createFrameMemory(): FrameMemory {
  let history = Buffer.alloc(0)
  return {
    recall: () => history,
    // The names stand at the head of a body, and what is near is cheap to refer to.
    keep: body => {
      history = Buffer.concat([history, body.subarray(0, REACH_BYTES)])
      history = Buffer.from(history.subarray(Math.max(0, history.length - REACH_BYTES)))
    },
    forget: () => {
      history = Buffer.alloc(0)
    },
  }
}
