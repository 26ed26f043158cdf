/** A file on a stick, as bytes: whole streams in and out of it, for nobody pulls it out here. */
export type Stick = Uint8Array

export async function* readStick(stick: Stick): AsyncGenerator<Uint8Array> {
  yield stick
}

export async function writeStick(bytes: AsyncIterable<Uint8Array>): Promise<Stick> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}
