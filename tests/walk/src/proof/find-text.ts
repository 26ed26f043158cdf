/**
 * Looks for a text in files as somebody would who found the laptop: in each coding in which a
 * program may have left it. A file that was deleted and is still open counts: its blocks are
 * on the disk (that is how SQLite and others keep temporary files).
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

const swapBytes = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()

/** As UTF-8, UTF-16 in both orders, and base64 in both alphabets at each of the three alignments. */
export function needlesOf(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].flatMap(shift => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    // Only the characters that depend on the text alone.
    const whole = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6))
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [bytes, Buffer.from(text, 'utf16le'), swapBytes(text), ...base64.map(form => Buffer.from(form))]
}

/** Files below the folders that hold the text, in whatever coding. */
export function filesWith(text: string, folders: readonly string[]): readonly string[] {
  const needles = needlesOf(text)
  return folders.flatMap(filesBelow).filter(path => holds(path, needles))
}

/** Files that a process has open, deleted or not, and that hold the text. Linux only: elsewhere none. */
export function openFilesWith(text: string, pid: number): readonly string[] {
  const needles = needlesOf(text)
  const folder = `/proc/${pid}/fd`
  return namesIn(folder)
    .map(name => join(folder, name))
    .filter(path => holds(path, needles))
    .map(path => readlinkSync(path))
}

export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(isFile)
}

/** A file may go while we look: then it is not there to be found. */
function holds(path: string, needles: readonly Buffer[]): boolean {
  if (!isFile(path)) return false
  try {
    const bytes = readFileSync(path)
    return needles.some(needle => bytes.includes(needle))
  } catch {
    return false
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
