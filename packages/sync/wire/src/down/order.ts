/** `order`, collector → agent: what to do with all that the device holds. Since version 2. */
import { z } from 'zod'
import { SignedDeviceOrderSchema } from '../device-order.ts'

export const OrderSchema = z.strictObject({ type: z.literal('order'), order: SignedDeviceOrderSchema })
