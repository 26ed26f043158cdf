/**
 * What goes first when several messages wait for one line:
 *
 *   control and acks > submissions > deltas > attachments > models
 *
 * A message says it by its type alone; a piece of a file says what the file is for, because a
 * form that an officer waits for and a model of five megabytes are both pieces.
 *
 * Not here: the sending (`send-queue.ts`).
 */
import type { Down } from '../down.ts'
import type { Up } from '../up.ts'
import type { FileUse } from './file-use.ts'

export const PRIORITIES = ['control', 'submissions', 'deltas', 'attachments', 'models'] as const
export type Priority = (typeof PRIORITIES)[number]

/** What is small and asks or answers is `control`: it must not wait for what is large. */
const OF_TYPE: Readonly<Partial<Record<Up['type'] | Down['type'], Priority>>> = {
  push: 'submissions',
  void: 'submissions',
  page: 'deltas',
  chunk: 'models',
  piece: 'attachments',
}

const priorityOfUse: Readonly<Record<FileUse, Priority>> = {
  form: 'deltas',
  snapshot: 'deltas',
  list: 'attachments',
  attachment: 'attachments',
  model: 'models',
}

/** @param use Of the file that a `chunk` is a piece of. */
export function priorityOf(message: Pick<Up | Down, 'type'>, use?: FileUse): Priority {
  if (message.type === 'chunk' && use !== undefined) return priorityOfUse[use]
  return OF_TYPE[message.type] ?? 'control'
}
