export { AGENT_VERSION } from './agent-version.ts'
export { openAgent } from './open-agent.ts'
export type { Agent, AgentOptions } from './open-agent.ts'
export type { CarryNews } from './carry/carry-room.ts'
export { restoreCopy } from './copy/restore-copy.ts'
export { salvageStore } from './copy/salvage-store.ts'
export { enrolAgent } from './enrolment/enrol-agent.ts'
export type { EnrolOptions } from './enrolment/enrol-agent.ts'
export type { Enrolment } from './enrolment/enrolment-file.ts'
export type { Capture } from './capture/capture.ts'
export type { Saved } from './capture/finalise-interview.ts'
export type { OpenRequest } from './capture/interview-start.ts'
export { unwrapDataKey, wrapDataKey, WrapSchema } from './store/key-source.ts'
export type { KeySource, OperatingSystemSecrets } from './store/key-source.ts'
export { openDataKey, rewrapDataKey } from './store/key-file.ts'
export { rekeyStore } from './store/rekey-store.ts'
export { answerRecovery, askForRecovery, recoverStore } from './store/recovery.ts'
export type { OutboxCounts } from './queue/outbox-table.ts'
export type { Household } from './households/households.ts'
export type { SyncStatus } from './sync/sync-loop.ts'
export { readDiagnostics, writeDiagnostics } from './diagnostics/diagnostics-file.ts'
export { startLoopback } from './loopback/start-loopback.ts'
export type { LoopbackOptions } from './loopback/start-loopback.ts'
export type { Loopback } from './loopback/serve-page.ts'
export { startPreview } from './loopback/start-preview.ts'
export type { PreviewLoad } from './loopback/start-preview.ts'
export {
  headlessKey,
  diagnosticsHeadless,
  openHeadless,
  startHeadless,
  statusHeadless,
  syncHeadless,
} from './headless.ts'
export type { HeadlessOptions, RunningAgent } from './headless.ts'
export { diagnose } from './diagnostics/diagnose.ts'
export type { Diagnosis } from './diagnostics/diagnose.ts'
