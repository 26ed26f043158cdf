/** Resolves when the person or the system asks the program to end. */
export const untilAsked = (): Promise<void> =>
  new Promise(resolve => {
    const keep = setInterval(() => {}, 1 << 30)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(keep)
        resolve()
      })
    }
  })
