/** Programs of forms as they are published: read in the bounded reader, written as JSON. */
import { unwrap } from '@murram/ground'
import { createFormReader } from '@murram/xlsform'
import { loadProgram } from '@murram/xform'

export async function readPrograms(sources: readonly string[]): Promise<readonly Uint8Array[]> {
  await using reader = createFormReader({ threads: 1 })
  const programs: Uint8Array[] = []
  for (const source of sources) {
    const read = unwrap(await reader.read(Buffer.from(source), { fileName: 'form.xml' }))
    programs.push(Buffer.from(JSON.stringify(unwrap(loadProgram(read.program)).program)))
  }
  return programs
}
