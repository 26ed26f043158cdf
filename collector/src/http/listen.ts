/** Opens the port, and says so when another program has it. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

export const listen = (
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<Result<number, FaultOf<'house.port-occupied'>>> =>
  new Promise(settle => {
    server.once('error', error => settle(err(fault('house.port-occupied', `${host}:${port}: ${error.message}`))))
    server.listen(port, host, () => settle(ok((server.address() as AddressInfo).port)))
  })
