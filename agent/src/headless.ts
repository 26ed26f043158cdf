/**
 * The agent without a window: what `murram agent enroll|start|sync|status` call.
 *
 * Not here: arguments, printing and exit codes (apps/cli).
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createCrashPoint, err, fault, ok, type Result } from '@murram/ground'
import { redact } from '@murram/seal'
import { createErrorStreamLog } from './diagnostics/log.ts'
import { diagnose, type Diagnosis } from './diagnostics/diagnose.ts'
import { writeDiagnostics } from './diagnostics/diagnostics-file.ts'
import type { Loopback } from './loopback/serve-page.ts'
import { startLoopback } from './loopback/start-loopback.ts'
import { openAgent, type Agent, type AgentOptions } from './open-agent.ts'
import type { KeySource } from './store/key-source.ts'
import type { SyncStatus } from './sync/sync-loop.ts'

export interface HeadlessOptions {
  readonly dataDir: string
  readonly key: KeySource
  readonly allowDemo: boolean
}

/**
 * A passphrase where one is given; else the key file, which is as safe as the disk it lies on.
 *
 * @param keyFile Better outside the data folder, on a medium that is kept apart.
 */
export const headlessKey = (dataDir: string, given: { passphrase?: string; keyFile?: string } = {}): KeySource =>
  given.passphrase === undefined
    ? { kind: 'key-file', path: given.keyFile ?? join(dataDir, 'user.key') }
    : { kind: 'passphrase', passphrase: redact(given.passphrase) }

/** With the machine's clock and randomness; codes of what goes wrong also on standard error. */
export async function openHeadless(options: HeadlessOptions): Promise<Result<Agent>> {
  // Looking does not make a folder: only enrolment does.
  if (!existsSync(options.dataDir)) return err(fault('sync.not-enrolled', options.dataDir))
  const machine: Omit<AgentOptions, keyof HeadlessOptions> = {
    now: Date.now,
    random: Math.random,
    uuid: randomUUID,
    log: createErrorStreamLog(),
    crashPoint: createCrashPoint(process.env),
  }
  return openAgent({ ...options, ...machine })
}

export interface RunningAgent {
  readonly agent: Agent
  readonly loopback: Loopback
  readonly close: () => Promise<void>
}

/** In touch with the collector, and with its page open to this machine. */
export async function startHeadless(
  options: HeadlessOptions & { readonly port: number; readonly fieldDir?: string; readonly collectorUrl?: string },
): Promise<Result<RunningAgent>> {
  const opened = await openHeadless(options)
  if (!opened.ok) return opened
  const agent = opened.value
  const { port, fieldDir, collectorUrl } = options
  const loopback = await startLoopback(agent, { port, now: Date.now, ...(fieldDir === undefined ? {} : { fieldDir }) })
  if (!loopback.ok) {
    await agent.close()
    return loopback
  }
  const close = async (): Promise<void> => {
    await loopback.value.close()
    await agent.close()
  }
  const started = agent.sync.start(collectorUrl)
  if (started.ok) return ok({ agent, loopback: loopback.value, close })
  await close()
  return started
}

/** Everything up and down once. */
export async function syncHeadless(
  options: HeadlessOptions & { readonly collectorUrl?: string; readonly deadlineMs?: number },
): Promise<Result<{ readonly sync: SyncStatus; readonly diagnosis: Diagnosis }>> {
  const opened = await openHeadless(options)
  if (!opened.ok) return opened
  const { collectorUrl: address, deadlineMs } = options
  try {
    const synced = await opened.value.sync.syncOnce({
      ...(address === undefined ? {} : { address }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    })
    if (synced.ok) await opened.value.carry.deliver(address)
    return synced.ok ? ok({ sync: synced.value, diagnosis: await diagnose(opened.value) }) : synced
  } finally {
    await opened.value.close()
  }
}

/** Writes the file for whoever helps, sealed to the project; answers its path. */
export async function diagnosticsHeadless(options: HeadlessOptions): Promise<Result<string>> {
  const opened = await openHeadless(options)
  if (!opened.ok) return opened
  try {
    return ok(await writeDiagnostics(opened.value, options.dataDir, Date.now()))
  } finally {
    await opened.value.close()
  }
}

/** Counts and versions; opens no answer. */
export async function statusHeadless(options: HeadlessOptions): Promise<Result<Diagnosis>> {
  const opened = await openHeadless(options)
  if (!opened.ok) return opened
  try {
    return ok(await diagnose(opened.value))
  } finally {
    await opened.value.close()
  }
}
