export { mayFollow, runEvent, RunEventSchema } from './run-event.ts'
export type { LineageDataset, RunEvent, RunEventType, RunState } from './run-event.ts'
