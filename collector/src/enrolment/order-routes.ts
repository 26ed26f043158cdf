/** Giving a device up, and what came of it, over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  DeviceIdSchema,
  InstanceIdSchema,
  type DeviceId,
  type Fault,
  type InstanceId,
  type Result,
} from '@murram/ground'
import type { Signed } from '@murram/seal'
import { SignedDeviceReceiptSchema, type DeviceOrder, type DeviceReceipt } from '@murram/wire'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'

export interface OrdersDoor {
  readonly order: (
    deviceId: DeviceId,
    asked: { readonly kind: DeviceOrder['kind']; readonly confirm?: string | undefined },
  ) => Promise<Result<Signed<DeviceOrder>, Fault>>
  readonly takeReceipt: (receipt: Signed<DeviceReceipt>) => Promise<Result<DeviceReceipt, Fault>>
  readonly accept: (
    which: { readonly deviceId: DeviceId } | { readonly instanceId: InstanceId },
  ) => Promise<{ readonly accepted: number; readonly applied: number }>
}

const Device = z.object({ deviceId: DeviceIdSchema })

/** Without the admin's token: the device that speaks has nothing left but this paper. */
export const receiptRoutes = ({ takeReceipt }: Pick<OrdersDoor, 'takeReceipt'>): OpenAPIHono => {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/device-receipts',
      security: [],
      summary: 'The signed last word of a device that was emptied',
      request: jsonBody(SignedDeviceReceiptSchema),
      responses: described('It was taken.'),
    }),
    async c => {
      const taken = await takeReceipt(c.req.valid('json'))
      return taken.ok ? c.json({ taken: true }, 200) : replyFault(c, taken.error)
    },
  )
  return routes
}

export const orderRoutes = (door: OrdersDoor): OpenAPIHono => {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/devices/{deviceId}/order',
      summary: 'Give a device up: `leave` takes its unsent work first, `destroy` does not, `stay` takes `leave` back',
      description:
        'The answer is the signed order. The device is told at its next contact; for a device without a link it may be carried on a stick.',
      request: {
        params: Device,
        ...jsonBody(
          z.object({
            kind: z.enum(['leave', 'stay', 'destroy']),
            confirm: z.string().max(249).optional().describe("The officer's name; `destroy` asks for it."),
          }),
        ),
      },
      responses: described('The signed order.', 201),
    }),
    async c => {
      const ordered = await door.order(c.req.valid('param').deviceId, c.req.valid('json'))
      return ordered.ok ? c.json({ order: ordered.value }, 201) : replyFault(c, ordered.error)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/devices/{deviceId}/accept-quarantined',
      summary: 'Fold what a device sent after it had left',
      request: { params: Device },
      responses: described('How many there were, and how many of them count now.'),
    }),
    async c => c.json(await door.accept(c.req.valid('param')), 200),
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/submissions/{instanceId}/accept-quarantined',
      summary: 'Fold one submission of a device that has left',
      request: { params: z.object({ instanceId: InstanceIdSchema }) },
      responses: described('Whether it was in quarantine, and whether it counts now.'),
    }),
    async c => c.json(await door.accept(c.req.valid('param')), 200),
  )
  return routes
}
