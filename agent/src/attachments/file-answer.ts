/**
 * A file as an answer, the way ODK does it: the answer is the name of a file, the time it was
 * taken in milliseconds, and what it is in its ending.
 */
import type { QuestionState } from '@murram/xform'
import { isAttachmentName } from '@murram/wire'

/** Endings that a browser or a phone gives, where the kind alone says it. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/svg+xml': 'svg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/webm': 'webm',
  'audio/amr': 'amr',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
  'video/3gpp': '3gp',
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'text/plain': 'txt',
}

/** @param fileName As it was called where it was chosen; its ending is kept. */
export function fileAnswer(nowMs: number, mediaType: string, fileName: string, taken: ReadonlySet<string>): string {
  const given = /\.([A-Za-z0-9]{1,10})$/.exec(fileName)?.[1]?.toLowerCase()
  const ending = given ?? ENDINGS[mediaType] ?? 'bin'
  for (let atMs = Math.floor(nowMs); ; atMs += 1) {
    const name = `${atMs}.${ending}`
    if (!taken.has(name) && isAttachmentName(name)) return name
  }
}

const ALONE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/

/** Without parameters, in small letters; what is no media type is just bytes. */
export function plainMediaType(given: string): string {
  const [type = ''] = given.toLowerCase().split(';')
  const plain = type.trim()
  return ALONE.test(plain) && plain.length <= 100 ? plain : 'application/octet-stream'
}

export const takesFile = ({ control, type }: Pick<QuestionState, 'control' | 'type'>): boolean =>
  control === 'upload' || type === 'binary'

/** `image/*` takes any image; a question for any file is written `application/*` by other tools. */
export function isAccepted(wanted: string | undefined, mediaType: string): boolean {
  const [kind = ''] = (wanted ?? '').split('/')
  if (kind === 'image' || kind === 'audio' || kind === 'video') return mediaType.startsWith(`${kind}/`)
  return true
}
