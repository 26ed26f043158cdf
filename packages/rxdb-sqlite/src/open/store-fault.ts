/**
 * Why a store does not open. A plain value with the same keys as the catalogue of the house
 * that uses this package; `detail` is for the log, in English, and never holds a key.
 */
export type StoreFaultCode =
  | 'store.wrong-key'
  | 'store.damaged'
  | 'store.in-use'
  | 'store.directory-unreachable'
  | 'store.disk-full'

export interface StoreFault {
  readonly fault: StoreFaultCode
  readonly detail: string
}

export type StoreResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: StoreFault }

export const opened = <T>(value: T): StoreResult<T> => ({ ok: true, value })

export const refused = (fault: StoreFaultCode, detail: string): { readonly ok: false; readonly error: StoreFault } => ({
  ok: false,
  error: { fault, detail },
})

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** SQLite met bytes that it, or the cipher, cannot read. */
export const isUnreadable = (error: unknown): boolean =>
  /^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error)) || /^SQLITE_IOERR_(SHORT_READ|DATA|CORRUPTFS)/.test(codeOf(error))

/** The transaction was taken back: what was to be written is not there, everything else is. */
export const isDiskFull = (error: unknown): boolean =>
  codeOf(error).startsWith('SQLITE_FULL') || ['ENOSPC', 'EDQUOT'].includes(codeOf(error))

const isUnreachable = (error: unknown): boolean =>
  /^SQLITE_(CANTOPEN|READONLY|PERM)/.test(codeOf(error)) ||
  ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENAMETOOLONG'].includes(codeOf(error))

/**
 * The fault that an error of SQLite or of the file system stands for, or null where it is
 * none of them. Also for errors that reads and writes reject with later: a page that was
 * changed from outside is noticed when it is read.
 */
export function storeFaultOf(error: unknown): StoreFault | null {
  const detail = error instanceof Error ? `${codeOf(error)} ${error.message}`.trim() : String(error)
  if (isUnreadable(error)) return { fault: 'store.damaged', detail }
  if (/^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))) return { fault: 'store.in-use', detail }
  if (isDiskFull(error)) return { fault: 'store.disk-full', detail }
  if (isUnreachable(error)) return { fault: 'store.directory-unreachable', detail }
  return null
}
