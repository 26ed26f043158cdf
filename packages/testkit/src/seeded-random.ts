/** A stream of numbers in [0, 1) that is the same for the same seed, everywhere and for ever (sfc32). */
export function seededRandom(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, Math.trunc(seed / 2 ** 32) | 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // The first numbers of neighbouring seeds resemble each other.
  for (let i = 0; i < 12; i += 1) next()
  return next
}
