/**
 * One address before several collectors, as a load balancer is: each new connection goes to
 * the first one that answers.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Switch {
  readonly url: string
  /** The first one that answers gets what comes from now on; what is open is cut. */
  readonly setPorts: (ports: readonly number[]) => void
  readonly close: () => Promise<void>
}

export async function startSwitch(): Promise<Switch> {
  let ports: readonly number[] = []
  const open = new Set<Socket>()
  const server = createServer(near => {
    open.add(near)
    near.on('error', () => near.destroy())
    near.on('close', () => open.delete(near))
    near.pause()
    const dial = ([port, ...others]: readonly number[]): void => {
      if (port === undefined) return void near.destroy()
      const far = connect(port, '127.0.0.1')
      open.add(far)
      let isThrough = false
      far.on('connect', () => {
        isThrough = true
        near.pipe(far)
        far.pipe(near)
      })
      far.on('error', () => (isThrough ? near.destroy() : dial(others)))
      far.on('close', () => {
        open.delete(far)
        if (isThrough) near.destroy()
      })
    }
    dial(ports)
  })
  await new Promise<void>(settle => server.listen(0, '127.0.0.1', settle))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setPorts: given => {
      ports = given
      for (const socket of open) socket.destroy()
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise(settle => server.close(settle))
    },
  }
}
