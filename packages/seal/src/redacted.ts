/**
 * A secret that does not print: a log line, an error message or a JSON dump that holds it
 * by accident says `<redacted>`. Only `reveal` gives it back, and that word can be searched.
 */
const inside = new WeakMap<object, unknown>()

export interface Redacted<T> {
  readonly __secret: T
  toString(): string
  toJSON(): string
}

const print = () => '<redacted>'

export function redact<T>(value: T): Redacted<T> {
  const shell = Object.freeze({
    toString: print,
    toJSON: print,
    [Symbol.for('nodejs.util.inspect.custom')]: print,
  })
  inside.set(shell, value)
  return shell as unknown as Redacted<T>
}

export function reveal<T>(secret: Redacted<T>): T {
  if (!inside.has(secret)) throw new Error('not a secret of this process')
  return inside.get(secret) as T
}
