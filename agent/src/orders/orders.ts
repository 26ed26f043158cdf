/**
 * What the centre orders this device to do with all it holds (wire's `device-order.ts` says which
 * orders there are), and how far it has come:
 *
 *   open ─leave─► leaving ─(all sent)─► gone
 *     ▲             │
 *     └────stay─────┘          destroy: from anywhere to gone, at once
 *
 * OR1 only an order that the project's root signed for this device moves anything; any other is
 *     ignored and reported
 * OR2 an order is kept before it is obeyed: a restarted agent is as locked as it was
 * OR3 leaving removes nothing while something is unsent; destroying asks nobody
 * OR4 the receipt is written before the key is destroyed, and the key before anything else
 *
 * Not here: who may still read while the device leaves (`openAgent` locks its rooms).
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { signDocument, type Signed, type SigningKey } from '@murram/seal'
import { DEVICE_RECEIPT_PURPOSE, verifyOrder, type DeviceOrder, type DeviceReceipt } from '@murram/wire'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { Log } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { OutboxCounts } from '../queue/outbox-table.ts'
import type { DeviceValues } from '../store/device-values.ts'
import { writeReceipt } from './receipt-file.ts'
import { destroyKeys } from './remove-folder.ts'

export type AccessState = 'open' | 'leaving' | 'gone'

export interface OrdersRoom {
  readonly state: () => AccessState
  readonly state$: Observable<AccessState>
  /** Of a session or of a file on a stick. @returns The state it leads to. */
  readonly hear: (order: Signed<DeviceOrder>) => Promise<Result<AccessState>>
  /** Everything was sent: a device that is leaving goes. */
  readonly sent: () => Promise<AccessState>
}

export interface OrdersDeps {
  readonly dataDir: string
  /** Of the key file that opens the store, where one does. */
  readonly keyPath: string | null
  readonly enrolment: EnrolmentFile
  readonly deviceKey: SigningKey
  readonly values: DeviceValues
  readonly counts: () => OutboxCounts
  readonly now: () => number
  readonly log: Log
}

const OBEYED = 'orders.obeyed'
const LEAVING = 'orders.leaving'

export function createOrdersRoom(deps: OrdersDeps): OrdersRoom {
  const { enrolment, values, log } = deps
  const { projectId, deviceId } = enrolment.certificate.body
  const obeyed = (): number => Number(values.get(OBEYED) ?? 0)
  const state$ = new BehaviorSubject<AccessState>((values.get(LEAVING) ?? '') === '' ? 'open' : 'leaving')

  /** OR4 */
  const go = async (kind: DeviceReceipt['kind'], orderCounter: number): Promise<AccessState> => {
    const receipt: DeviceReceipt = {
      projectId,
      deviceId,
      kind,
      orderCounter,
      atMs: deps.now(),
      unsent: deps.counts().waiting + deps.counts().refused,
    }
    await writeReceipt(deps.dataDir, {
      format: 1,
      collectorUrl: enrolment.collectorUrl,
      receipt: signDocument(deps.deviceKey, DEVICE_RECEIPT_PURPOSE, receipt),
      delivered: false,
    })
    await destroyKeys(deps.dataDir, deps.keyPath)
    state$.next('gone')
    return 'gone'
  }

  const obey = async ({ kind, counter }: DeviceOrder): Promise<AccessState> => {
    if (kind === 'destroy') return go('destroy', counter)
    // OR2
    values.set(OBEYED, String(counter))
    values.set(LEAVING, kind === 'leave' ? String(counter) : '')
    state$.next(kind === 'leave' ? 'leaving' : 'open')
    return state$.value
  }

  return {
    state: () => state$.value,
    state$: state$.asObservable(),
    hear: async order => {
      if (state$.value === 'gone') return ok('gone')
      const read = verifyOrder({ rootPublicKey: enrolment.rootPublicKey, projectId, deviceId, obeyed: obeyed() }, order)
      if (!read.ok) {
        report(log, read.error)
        return read
      }
      log.warn({ kind: read.value.kind, counter: read.value.counter }, 'an order of the central team')
      return ok(await obey(read.value))
    },
    sent: async () => {
      const leaving = Number(values.get(LEAVING) ?? '') || 0
      if (state$.value !== 'leaving' || leaving === 0 || deps.counts().waiting > 0) return state$.value
      return go('leave', leaving)
    },
  }
}

/** OR1. The same order comes with every session until it is fulfilled: that is no news. */
function report(log: Log, { fault, detail }: Fault): void {
  if (detail?.includes('obeyed already') !== true) log.warn({ fault, detail }, 'an order was ignored')
}
