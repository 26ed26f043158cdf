/**
 * What RxDB's test suites import from packages that RxDB does not install for its users:
 * `wait` and `randomString` of `async-test-util`, and the default export of `clone`.
 * `rxdb-suites.test.ts` puts this file in their place.
 */
export const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export function randomString(length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  return Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join('')
}

// oxlint-disable-next-line import/no-default-export
export default structuredClone
