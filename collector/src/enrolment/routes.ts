/** Enrolment and devices over HTTP. A route translates; it decides nothing. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { DeviceIdSchema, fault, type DeviceId, type Fault, type Result } from '@murram/ground'
import type { Signed } from '@murram/seal'
import type { DeviceCertificate } from '@murram/wire'
import type { DeviceList, DeviceOrderRow, EnrolmentToken, EnrolReply } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import { described, jsonBody } from '../http/describe-route.ts'
import { replyFault } from '../http/reply.ts'
import type { DeviceSummary } from './device-repo.ts'
import type { NewToken } from './enrol.ts'
import type { OrderSummary } from './orders.ts'

export interface EnrolmentDoor {
  readonly enrol: (asked: {
    readonly token: string
    readonly publicKey: string
    readonly officer: string
  }) => Promise<Result<Signed<DeviceCertificate>, Fault>>
  readonly proveRecovery: (sealed: string) => Result<string, Fault>
  readonly makeToken: (asked: { readonly officer: string; readonly validForMs: number }) => Promise<NewToken>
  readonly devices: () => Promise<readonly DeviceSummary[]>
  readonly orders: () => Promise<readonly OrderSummary[]>
  readonly isConnected: (deviceId: string) => boolean
  readonly revoke: (deviceId: DeviceId) => Promise<boolean>
  readonly house: Omit<EnrolReply, 'certificate'>
}

const Officer = z.string().min(1).max(249)

export const enrolRoutes = ({ enrol, proveRecovery, house }: EnrolmentDoor): OpenAPIHono => {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/enrol',
      security: [],
      summary: "Bind a device's key to the project, with a token of the central team",
      request: jsonBody(z.object({ token: z.string().max(200), publicKey: z.string().max(100), officer: Officer })),
      responses: described('The certificate and the public keys of the project.'),
    }),
    async c => {
      const certificate = await enrol(c.req.valid('json'))
      if (!certificate.ok) return replyFault(c, certificate.error)
      return c.json({ certificate: certificate.value, ...house } satisfies EnrolReply, 200)
    },
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/recovery-probe',
      security: [],
      summary: 'Show that the project can open what a laptop seals to it, before the laptop relies on that',
      request: jsonBody(z.object({ sealed: z.string().max(500) })),
      responses: described('The SHA-256 of what was sealed.'),
    }),
    c => {
      const proof = proveRecovery(c.req.valid('json').sealed)
      return proof.ok ? c.json({ sha256: proof.value }, 200) : replyFault(c, proof.error)
    },
  )
  return routes
}

export const deviceRoutes = (door: EnrolmentDoor): OpenAPIHono => {
  const routes = apiRouter()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/enrolment-tokens',
      summary: 'Make a token for one device; it is shown once',
      request: jsonBody(z.object({ officer: Officer, validHours: z.number().positive().max(8_760).default(168) })),
      responses: described('The token.', 201),
    }),
    async c => {
      const { officer, validHours } = c.req.valid('json')
      const token = await door.makeToken({ officer, validForMs: validHours * 3_600_000 })
      return c.json(token satisfies EnrolmentToken, 201)
    },
  )
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/devices',
      summary: 'Every device that was ever enrolled',
      responses: described('Devices.'),
    }),
    async c => c.json((await listOf(door)) satisfies DeviceList, 200),
  )
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/devices/{deviceId}/revoke',
      summary: 'End the enrolment of a device; an open session is closed at once',
      request: { params: z.object({ deviceId: DeviceIdSchema }) },
      responses: described('Devices.'),
    }),
    async c => {
      const { deviceId } = c.req.valid('param')
      if (!(await door.revoke(deviceId))) return replyFault(c, fault('http.not-found', `device ${deviceId}`))
      return c.json((await listOf(door)) satisfies DeviceList, 200)
    },
  )
  return routes
}

const listOf = async ({ devices, orders, isConnected }: EnrolmentDoor): Promise<DeviceList> => {
  const newest = new Map((await orders()).map(order => [order.deviceId as string, order]))
  return {
    devices: (await devices()).map(({ publicKey: _key, certificate: _certificate, ...device }) => ({
      ...device,
      connected: isConnected(device.deviceId),
      order: orderRow(newest.get(device.deviceId)),
    })),
  }
}

const orderRow = (order: OrderSummary | undefined): DeviceOrderRow | null =>
  order === undefined
    ? null
    : {
        kind: order.kind,
        issuedAtMs: order.issuedAtMs,
        toldAtMs: order.toldAtMs,
        receipt: order.receipt === null ? null : { atMs: order.receipt.body.atMs, unsent: order.receipt.body.unsent },
      }
